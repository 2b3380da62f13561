/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_slots.h"

#include "throttle/budget_slots.h"
#include "throttle/fair_turn.h"
#include "throttle/lease_math.h"
#include "throttle/throttle_budgets.h"
#include "throttle/throttle_lane.h"

void
throttle_slots_begin(struct throttle *t)
{
	struct budget *b;
	unsigned i;

	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		budget_slots_begin(b);
}

void
throttle_slots_end(struct throttle *t)
{
	struct budget *b;
	unsigned i;

	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		budget_slots_end(b);
}

void
throttle_slots_tick(struct throttle *t, uint64_t now)
{
	bool useful = has_use_for_slots(t, now);
	struct budget *b;
	unsigned i;

	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++) {
		/* those of a total are others' as well */
		if (!useful && b->block != NULL &&
		    (t->total == NULL || b != &t->total->budget))
			slots_account_yield(b->block, b->inflight);
		budget_slots_tick(b, now);
	}
}

/* Who waits */

static uint32_t
length(uint64_t n, const struct budget *b)
{
	return (uint32_t)lease_smaller(n, lease_less(b->concurrency,
	    b->inflight));
}

static uint64_t
waiting_in_part(struct throttle *t, const struct budget *part)
{
	struct budget *b[THROTTLE_INNER];
	uint64_t n = 0;
	unsigned lane, i;

	for (lane = 0; lane != FAIR_END; lane = fair_next_lane(t->queue,
	    lane)) {
		for (i = inner_budgets(t, pair_of(t, lane), b); i > 0; i--)
			if (b[i - 1] == part)
				n += fair_length_in(t->queue, lane);
	}
	return n;
}

/* Of all throttles: those that stand in line, and this one if that helps. */
static uint64_t
waiting_for_total(struct throttle *t, const struct budget *b, bool useful)
{
	uint64_t n = t->in_line || !useful ? 0 : fair_length(t->queue);
	const struct throttle *other;

	TAILQ_FOREACH(other, &t->total->line, line) {
		if (n >= b->concurrency)
			break;
		n += fair_length(other->queue);
	}
	return n;
}

/* How many wait for a slot of it, no more than there could be. */
static uint32_t
waiting(struct throttle *t, const struct budget *b, uint64_t now)
{
	bool useful = has_use_for_slots(t, now);

	if (fair_length(t->queue) == 0 && (t->total == NULL ||
	    b != &t->total->budget))
		return 0;
	if (b == &t->host)
		return useful ? length(fair_length(t->queue), b) : 0;
	if (t->total != NULL && b == &t->total->budget)
		return length(waiting_for_total(t, b, useful), b);
	return useful ? length(waiting_in_part(t, b), b) : 0;
}

/* Asking */

uint64_t
throttle_slots_at(struct throttle *t, unsigned n, uint64_t now)
{
	struct budget *b = throttle_budget_at(t, n, NULL);
	uint32_t wait;

	if (b->concurrency == 0)
		return THROTTLE_NEVER;
	wait = waiting(t, b, now);
	if (b->block != NULL)
		return slots_account_at(b->block, b->inflight, wait, now);
	return wait > 0 || b->inflight > 0 ? now : THROTTLE_NEVER;
}

/* Its account, made where it is missing; NULL: it needs none, or no memory. */
static struct slots_account *
account_of(struct budget *b, const struct lease_terms *terms, uint64_t *ids,
    uint64_t now)
{
	if (b->block == NULL)
		b->block = slots_account_new(++*ids, terms, now);
	else
		slots_account_set(b->block, terms, now);
	return b->block;
}

bool
throttle_slots_ask(struct throttle *t, unsigned n,
    const struct lease_terms *terms, uint64_t *ids, uint64_t now, bool tells,
    bool *freed)
{
	struct budget *b = throttle_budget_at(t, n, NULL);
	uint64_t at = throttle_slots_at(t, n, now);
	struct slots_account *a;

	if (at == THROTTLE_NEVER && b->block == NULL && (!tells ||
	    b->concurrency == 0))
		return false;
	if ((a = account_of(b, terms, ids, now)) == NULL)
		return false;
	budget_slots_tick(b, now);
	if (terms->source != LEASE_STORE) {
		*freed = *freed || budget_slot_free(b);
		return false;
	}
	if (throttle_slots_at(t, n, now) > now && (!tells || a->hold.asks))
		return false;
	slots_account_ask(a, b->concurrency, (uint32_t)fair_clients(t->queue),
	    b->inflight, waiting(t, b, now), now);
	budget_slots_tick(b, now);
	return true;
}

bool
throttle_slots_leave(struct throttle *t, unsigned n, uint64_t now)
{
	struct budget *b = throttle_budget_at(t, n, NULL);

	return b->block != NULL && slots_account_leave(b->block,
	    b->concurrency, b->inflight, now);
}

void
throttle_slots_take(struct throttle *t, unsigned n, uint64_t holder,
    const struct lease_slots_answer *answer, uint64_t received)
{
	struct budget *b = throttle_budget_at(t, n, NULL);

	if (b == NULL || b->block == NULL || b->block->id != holder)
		return;
	slots_account_take(b->block, answer, received);
	budget_slots_tick(b, received);
}

uint64_t
throttle_slots_lent(struct throttle *t)
{
	struct budget *b;
	uint64_t n = 0;
	unsigned i;

	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		if (b->block != NULL && b->block->terms.source == LEASE_STORE)
			n += b->slots;
	return n;
}

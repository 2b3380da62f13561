/* SPDX-License-Identifier: ISC */

/*
 * What the host has counted in the last period of each rate.
 *
 * A bucket that is full lets its burst and what it refills go within one
 * period, which a host that counts in windows refuses.  Where one has refused
 * and not said for how long, its rates are windows from then on: a request
 * occupies its cost from its admission until a period after its answer has
 * begun, for the host has counted it by then, and no more than the capacity (or
 * the burst, if that is more) is occupied.  So whatever the network does to the
 * order and the distances of requests, such a host has no cause to refuse.
 *
 * Verdicts are kept by the slot of time that they came in, and forgotten up to
 * one slot late.  A verdict does not say what its request cost: it is given the
 * mean of those that are on their way.  Costs are in thousands of micro cost
 * units here, rounded up.
 */

#include "throttle/budget_counted.h"

#include <string.h>

#include "base/wide.h"
#include "throttle/larger.h"

static uint64_t
slot_length(const struct budget_state *r)
{
	return r->limit.period / (BUDGET_SLOTS - 1) + 1;
}

/* Forgets what is older than the slots, which now end with that of now. */
static void
roll(struct budget_state *r, uint64_t now)
{
	uint64_t newest = now / slot_length(r);

	if (newest <= r->newest)
		return;
	if (newest - r->newest >= BUDGET_SLOTS)
		memset(r->slots, 0, sizeof r->slots);
	else
		while (r->newest < newest)
			r->slots[++r->newest % BUDGET_SLOTS] = 0;
	r->newest = newest;
}

static void
add(struct budget_state *r, uint64_t cost, uint64_t at)
{
	uint64_t slot = at / slot_length(r);
	uint32_t *sum;

	if (slot > r->newest)
		slot = r->newest;
	if (r->newest - slot >= BUDGET_SLOTS)
		return;
	sum = &r->slots[slot % BUDGET_SLOTS];
	*sum = cost > UINT32_MAX - *sum ? UINT32_MAX : *sum + (uint32_t)cost;
}

static uint64_t
thousands(uint64_t cost)
{
	return cost / 1000 + (cost % 1000 != 0);
}

static bool
is_full(const struct budget_state *r)
{
	uint64_t sum = r->flying;
	unsigned i;

	for (i = 0; i < BUDGET_SLOTS; i++)
		sum += r->slots[i];
	return sum >= thousands(larger(r->limit.capacity, r->limit.burst));
}

/* When the oldest of them is forgotten (ns). */
static uint64_t
next_forgotten(const struct budget_state *r)
{
	wide at;
	uint64_t i;

	for (i = 1; i <= BUDGET_SLOTS; i++)
		if (r->slots[(r->newest + i) % BUDGET_SLOTS] != 0)
			break;
	at = (wide)(r->newest + i) * slot_length(r);
	return i > BUDGET_SLOTS || at > BUDGET_NEVER ? BUDGET_NEVER :
	    (uint64_t)at;
}

void
budget_counted_sent(struct budget *b, uint64_t cost)
{
	unsigned i;

	for (i = 0; i < b->nrates; i++)
		b->rates[i].flying += thousands(cost);
}

void
budget_counted_verdict(struct budget *b, enum budget_verdict verdict,
    uint64_t now)
{
	struct budget_state *r;
	uint64_t cost;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		r = &b->rates[i];
		cost = r->flying / b->pending;
		r->flying -= cost;
		roll(r, now);
		if (verdict != BUDGET_THROTTLED)
			add(r, cost, now);
	}
}

bool
budget_counted_tick(struct budget *b, uint64_t patience, uint64_t now)
{
	bool full = !budget_counted_room(b), changed = false;
	struct budget_state *r;
	unsigned i;

	for (i = 0; i < b->nrates; i++) {
		r = &b->rates[i];
		roll(r, now);
		if (r->flying == 0 || now < patience)
			continue;
		add(r, r->flying, patience);
		r->flying = 0;
		changed = b->exact;
	}
	return changed || (full && budget_counted_room(b));
}

bool
budget_counted_room(const struct budget *b)
{
	unsigned i;

	for (i = 0; b->exact && i < b->nrates; i++)
		if (is_full(&b->rates[i]))
			return false;
	return true;
}

uint64_t
budget_counted_opens(const struct budget *b, uint64_t patience)
{
	const struct budget_state *r;
	uint64_t at = 0, next;
	unsigned i;

	for (i = 0; b->exact && i < b->nrates; i++) {
		r = &b->rates[i];
		if (!is_full(r))
			continue;
		next = next_forgotten(r);
		if (r->flying > 0 && patience < next)
			next = patience;
		at = larger(at, next);
	}
	return at;
}

void
budget_counted_inherit(struct budget_state *r, const struct budget_state *from,
    uint64_t now)
{
	struct budget_state old = *from;
	unsigned i;

	if (old.limit.period != r->limit.period)
		return;
	roll(&old, now);
	roll(r, now);
	for (i = 0; i < BUDGET_SLOTS; i++)
		if (old.slots[i] > r->slots[i])
			r->slots[i] = old.slots[i];
}

/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_store.h"

#include "throttle/budget_slots.h"
#include "throttle/fair_turn.h"
#include "throttle/lease.h"
#include "throttle/throttle.h"
#include "throttle/throttle_budgets.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_learn.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_slots.h"
#include "throttle/throttle_tick.h"

void
throttle_store(struct throttle *t)
{
	t->stored = true;
	throttle_lease(t);
	throttle_slots_begin(t);
}

void
throttle_store_end(struct throttle *t)
{
	struct budget *b;
	unsigned i;

	throttle_slots_end(t);
	throttle_learn_end(t);
	t->stored = t->leased = false;
	t->ordered = 0;
	t->untold = false;
	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++) {
		lease_close(b);
		lease_end(b);
	}
}

/* A round */

#define TRIPS	4	/* within which another answer has come, too */

/*
 * Who needs leases of several budgets needs them at the same time.  One for a
 * single request melts at once, so it lasts until the others are answered, too;
 * else each of them is asked for whenever another one comes, and none is there
 * when that does.
 */
static uint64_t
while_others_answer(const struct throttle *t, const struct lease_account *a)
{
	wide most = UINT64_MAX / 2, one;
	const struct gcra_rate *r;
	unsigned i;

	if (t->nparts == 0 && t->total == NULL && t->meters == NULL)
		return 0;
	for (i = 0; i < a->whole.nrates; i++) {
		r = &a->whole.rates[i];
		one = (wide)r->capacity * (TRIPS * a->trip) / r->period;
		most = one < most ? one : most;
	}
	return (uint64_t)most;
}

/* What all who wait want of a budget, were they all as the first. */
static uint64_t
demand_of(const struct throttle *t, const struct lease_account *a,
    uint64_t first)
{
	wide all = (wide)first * fair_length(t->queue) +
	    while_others_answer(t, a);

	return all > UINT64_MAX ? UINT64_MAX : (uint64_t)all;
}

/* Its account, made where it is missing; NULL: it needs none, or no memory. */
static struct lease_account *
account_of(struct budget *b, struct throttle_store_round *r, bool tells,
    uint64_t now)
{
	if (b->nrates == 0)
		return NULL;
	if (b->account == NULL) {
		if (b->lease.need == 0 && !tells)
			return NULL;
		lease_open(b, ++*r->ids);
	}
	/* without memory its leases are from nowhere, until the next round */
	if (b->account != NULL)
		(void)lease_account_set(b->account, &r->terms, now);
	return b->account;
}

/* Whether it asks now; its own part has answered then. */
static bool
asks(struct throttle *t, struct budget *b, struct throttle_store_round *r,
    uint64_t now)
{
	bool tells = b == &t->host && r->tells;
	struct lease_account *a = account_of(b, r, tells, now);
	uint64_t need = b->lease.need;

	if (a == NULL)
		return false;
	if (a->cut && a->terms.source == LEASE_OPEN)
		r->granted = true;
	if (lease_account_probe(a, now))
		return true;
	if (a->terms.source != LEASE_STORE && a->terms.source != LEASE_OWN)
		return false;
	if (lease_account_at(a, need, b->uncounted, now) > now &&
	    (!tells || a->asked != 0 || a->terms.source != LEASE_STORE))
		return false;
	lease_account_ask(a, need, demand_of(t, a, need), fair_clients(t->queue),
	    now);
	if (a->asked == 0)
		r->granted = true;
	return a->asked != 0;
}

static void
begin(struct throttle *t, struct throttle_store_round *r, uint64_t now)
{
	struct budget *b;
	unsigned i;

	r->began = true;
	throttle_tick(t, now);
	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		b->lease.need = 0;
	throttle_lease_note(t);
}

static bool
asks_for_slots(struct throttle *t, struct throttle_store_round *r,
    uint64_t now, struct throttle_store_question *q)
{
	struct throttle_budget which;
	struct budget *b;

	while ((b = throttle_budget_at(t, r->next_slots, &which)) != NULL) {
		q->budget = r->next_slots++;
		q->pauses = b == &t->host && b->nrates == 0;
		if (!throttle_slots_ask(t, q->budget, &r->terms, r->ids, now,
		    q->pauses && r->tells, &r->granted))
			continue;
		q->whose = which.whose;
		q->part = which.n;
		q->ask = NULL;
		q->slots = &b->block->question;
		q->learn = NULL;
		return true;
	}
	return false;
}

static bool
asks_what_is_learned(struct throttle *t, struct throttle_store_round *r,
    uint64_t now, struct throttle_store_question *q)
{
	if (r->learned)
		return false;
	r->learned = true;
	if (r->heard)
		throttle_learn_hear(t, now);
	if (!throttle_learn_ask(t, &r->terms, r->ids, r->text, now,
	    &r->granted))
		return false;
	*q = (struct throttle_store_question){
		.whose = THROTTLE_OF_HOST,
		.learn = &t->learner->question,
	};
	return true;
}

bool
throttle_store_ask(struct throttle *t, struct throttle_store_round *r,
    uint64_t now, struct throttle_store_question *q)
{
	struct throttle_budget which;
	struct budget *b;

	if (!r->began)
		begin(t, r, now);
	while ((b = throttle_budget_at(t, r->next, &which)) != NULL) {
		q->budget = r->next++;
		if (!asks(t, b, r, now))
			continue;
		q->whose = which.whose;
		q->part = which.n;
		q->number = b->account->number;
		q->limits = &b->account->hold.limits;
		q->ask = &b->account->question;
		q->slots = NULL;
		q->pauses = b == &t->host;
		q->learn = NULL;
		return true;
	}
	if (asks_for_slots(t, r, now, q) ||
	    asks_what_is_learned(t, r, now, q))
		return true;
	if (r->granted || r->terms.source == LEASE_OPEN)
		set_unblocked_at(t, now);
	return false;
}

static bool
leaves(struct throttle *t, enum throttle_store_what what, unsigned n,
    bool ends, uint64_t now, struct throttle_store_question *q)
{
	struct budget *b = throttle_budget_at(t, n, NULL);

	q->ask = NULL;
	q->slots = NULL;
	q->learn = NULL;
	if (what == THROTTLE_STORE_SLOTS) {
		if (!throttle_slots_leave(t, n, now))
			return false;
		q->slots = &b->block->question;
		return true;
	}
	if (b->account == NULL || !lease_account_leave(b->account,
	    b->uncounted, ends, now))
		return false;
	q->number = b->account->number;
	q->limits = &b->account->hold.limits;
	q->ask = &b->account->question;
	return true;
}

bool
throttle_store_leave(struct throttle *t, enum throttle_store_what what,
    unsigned *next, bool ends, char text[ESTIMATE_SAVED], uint64_t now,
    struct throttle_store_question *q)
{
	struct throttle_budget which;

	if (*next == 0)
		throttle_tick(t, now);
	if (what == THROTTLE_STORE_LEARNED) {
		if ((*next)++ > 0 || !throttle_learn_leave(t, ends, text, now))
			return false;
		*q = (struct throttle_store_question){
			.whose = THROTTLE_OF_HOST,
			.learn = &t->learner->question,
		};
		return true;
	}
	while (throttle_budget_at(t, *next, &which) != NULL) {
		q->budget = (*next)++;
		if (!leaves(t, what, q->budget, ends, now, q))
			continue;
		q->whose = which.whose;
		q->part = which.n;
		return true;
	}
	return false;
}

void
throttle_store_left(struct throttle *t, enum throttle_store_what what)
{
	struct budget *b;
	unsigned i;

	if (what == THROTTLE_STORE_LEARNED) {
		throttle_learn_end(t);
		return;
	}
	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		if (what == THROTTLE_STORE_SLOTS && b->block != NULL)
			budget_slots_leave(b);
		else if (what == THROTTLE_STORE_LEASES && b->account != NULL)
			lease_close(b);
}

/* Somebody may go who was held up by a budget until now. */
static void
unblock(struct throttle *t, enum throttle_whose whose, uint64_t now)
{
	if (whose == THROTTLE_OF_TOTAL || whose == THROTTLE_OF_TOTAL_METER)
		t->total->unblocked_at = larger(t->total->unblocked_at, now);
	else
		set_unblocked_at(t, now);
}

bool
throttle_store_take(struct throttle *t, unsigned budget, uint64_t number,
    const struct lease_answer *answer, uint64_t sent, uint64_t received)
{
	struct throttle_budget which;
	struct budget *b = throttle_budget_at(t, budget, &which);

	throttle_tick(t, received);
	if (b == NULL || b->account == NULL || !lease_account_take(b->account,
	    number, answer, sent, received))
		return false;
	unblock(t, which.whose, received);
	return true;
}

void
throttle_store_take_slots(struct throttle *t, unsigned budget, uint64_t holder,
    const struct lease_slots_answer *answer, uint64_t received)
{
	struct throttle_budget which;

	throttle_tick(t, received);
	if (throttle_budget_at(t, budget, &which) == NULL)
		return;
	throttle_slots_take(t, budget, holder, answer, received);
	unblock(t, which.whose, received);
}

void
throttle_store_take_learn(struct throttle *t, uint64_t holder,
    const struct lease_learn_answer *answer, uint64_t sent, uint64_t received)
{
	throttle_tick(t, received);
	throttle_learn_take(t, holder, answer, sent, received);
	set_unblocked_at(t, received);
}

uint64_t
throttle_store_due(struct throttle *t, uint64_t now)
{
	uint64_t at = THROTTLE_NEVER, one;
	struct budget *b;
	unsigned i;

	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++) {
		one = THROTTLE_NEVER;
		if (b->account != NULL)
			one = lease_account_at(b->account, b->lease.need,
			    b->uncounted, now);
		else if (b->lease.need > 0)
			one = now + LEASE_REPORT;	/* no memory */
		at = one < at ? one : at;
		one = throttle_slots_at(t, i, now);
		at = one < at ? one : at;
	}
	one = throttle_learn_at(t, now);
	at = one < at ? one : at;
	t->store_at = at;
	return at;
}

enum lease_news
throttle_store_news(struct throttle *t, unsigned budget,
    struct throttle_store_question *q)
{
	struct throttle_budget which;
	struct budget *b = throttle_budget_at(t, budget, &which);
	enum lease_news news;

	if (b == NULL || b->account == NULL)
		return LEASE_NO_NEWS;
	news = b->account->news;
	b->account->news = LEASE_NO_NEWS;
	q->whose = which.whose;
	q->part = which.n;
	return news;
}

struct throttle_store_count
throttle_store_count(struct throttle *t, uint64_t now)
{
	struct throttle_store_count n = {
		.slots = throttle_slots_lent(t),
		.melts = THROTTLE_NEVER,
	};
	const struct lease_account *a;
	struct budget *b;
	uint64_t ends;
	unsigned i;

	n.cut = t->learner != NULL && learn_account_is_cut(t->learner);
	n.learns = t->learner != NULL && t->learner->has &&
	    now < t->learner->ends;
	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++) {
		n.cut += b->block != NULL && slots_account_is_cut(b->block);
		if ((a = b->account) == NULL)
			continue;
		n.cut += a->cut;
		ends = lease_hold_ends(&a->hold);
		if (ends <= now)
			continue;
		n.leases++;
		n.melts = ends < n.melts ? ends : n.melts;
	}
	return n;
}

/* Pauses */

uint64_t
throttle_store_paused(const struct throttle *t)
{
	return learns(t) ? t->host.paused_until :
	    throttle_paused_until(t, THROTTLE_WHOLE);
}

void
throttle_store_probe(struct throttle *t, uint64_t now)
{
	if (!throttle_is_held_up(t, now))
		(void)throttle_pause(t, THROTTLE_WHOLE, now, now);
}

void
throttle_store_opened(struct throttle *t)
{
	if (t->host.account != NULL)
		t->host.account->again = 0;
	else if (t->host.block != NULL)
		t->host.block->hold.again = 0;
}

void
throttle_store_watch(struct throttle *t, bool watches)
{
	t->watches = watches;
}

void
throttle_store_order(struct throttle *t, bool renews, uint64_t now)
{
	if (!t->stored)
		return;
	t->ordered = now;
	throttle_learn_order(t, renews, now);
}

void
throttle_store_untold(struct throttle *t, bool untold)
{
	t->untold = untold;
}

uint64_t
throttle_store_ordered(struct throttle *t)
{
	uint64_t at = t->ordered;

	t->ordered = 0;
	/* what pauses are told with */
	return t->host.nrates != 0 || t->host.concurrency != 0 ? at : 0;
}

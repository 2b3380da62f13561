/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_lease.h"

#include "throttle/lease_spend.h"
#include "throttle/throttle.h"
#include "throttle/throttle_budgets.h"
#include "throttle/throttle_learn.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_slots.h"
#include "throttle/throttle_tick.h"

void
throttle_lease(struct throttle *t)
{
	struct budget *b;
	unsigned i;

	t->leased = true;
	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		lease_begin(b);
}

/* What the first of a lane needs, and whether a store has it wait. */
struct needs {
	uint64_t		 now;
	uint64_t		 again;		/* ns: no lease before; or 0 */
};

static void
add_again(const struct throttle_meter_want *want, void *arg)
{
	const struct budget *b = want->budget;
	struct needs *needs = arg;

	if (b->account != NULL && budget_due(b, want->amount) <= needs->now &&
	    lease_is_short(b, want->amount, needs->now))
		needs->again = larger(needs->again, b->account->again);
}

/* What is not had before then would have melted if it were asked for now. */
static void
add_need(const struct throttle_meter_want *want, void *arg)
{
	const struct needs *needs = arg;
	const struct lease_account *a = want->budget->account;

	if (a == NULL || needs->again <= needs->now ||
	    a->again == needs->again)
		lease_need(want->budget, want->amount, needs->now);
}

/* Of all budgets that have to have what the first one of a lane costs. */
static void
each_of(struct throttle *t, unsigned lane, const struct fair_waiter *w,
    void (*each)(const struct throttle_meter_want *, void *), void *arg)
{
	struct throttle_meter_want want = { .budget = &t->host,
		.amount = w->cost };
	struct budget *b[THROTTLE_INNER];
	unsigned n;

	each(&want, arg);
	for (n = inner_budgets(t, pair_of(t, lane), b); n > 0; n--) {
		want.budget = b[n - 1];
		each(&want, arg);
	}
	if (t->total != NULL) {
		want.budget = &t->total->budget;
		each(&want, arg);
	}
	throttle_meters_each(t->meters, w, each, arg);
	throttle_meters_each(meters_of_total(t), w, each, arg);
}

void
throttle_lease_note(struct throttle *t)
{
	const struct fair_waiter *w;
	struct needs needs;
	unsigned lane;

	for (lane = 0; lane != FAIR_END; lane = fair_next_lane(t->queue,
	    lane)) {
		if ((w = first_of(t, lane)) == NULL)
			continue;
		needs = (struct needs){ .now = t->now };
		each_of(t, lane, w, add_again, &needs);
		each_of(t, lane, w, add_need, &needs);
	}
}

/* Whether it has something to ask its store before that is looked at anyway. */
static bool
wants(const struct throttle *t, const struct budget *b, uint64_t now)
{
	if (b->account == NULL)
		return b->lease.need > 0;
	return lease_account_at(b->account, b->lease.need, b->uncounted,
	    now) < t->store_at;
}

static bool
wants_slots(struct throttle *t, unsigned n, uint64_t now)
{
	uint64_t at = throttle_slots_at(t, n, now);

	return at < t->store_at || (at <= now &&
	    throttle_budget_at(t, n, NULL)->block == NULL);
}

static bool
wants_to_learn(struct throttle *t, uint64_t now)
{
	uint64_t at = throttle_learn_at(t, now);

	return at < t->store_at || (at <= now && t->learner == NULL);
}

bool
throttle_lease_is_low(struct throttle *t, uint64_t now)
{
	struct budget *b;
	unsigned i;

	if (!t->leased)
		return false;
	if (fair_length(t->queue) > 0) {
		throttle_tick(t, now);
		throttle_lease_note(t);
	}
	if ((t->watches && throttle_has_opened(t, now)) || t->ordered != 0 ||
	    (t->stored && wants_to_learn(t, now)))
		return true;
	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		if (t->stored ? wants(t, b, now) || wants_slots(t, i, now) :
		    lease_is_low(b))
			return true;
	return false;
}

bool
throttle_lease_is_unused(struct throttle *t)
{
	struct budget *b;
	unsigned i;

	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		if (b->lease.used > 0 || b->lease.need > 0)
			return false;
	return true;
}

bool
throttle_lease_promise(struct throttle *t, const struct lease_ahead *ahead,
    uint64_t now)
{
	bool grows = false;
	struct budget *b;
	unsigned i;

	throttle_tick(t, now);
	if (fair_length(t->queue) > 0)
		throttle_lease_note(t);
	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		grows = lease_promise(b, ahead, now) || grows;
	return grows;
}

void
throttle_lease_grant(struct throttle *t, uint64_t now)
{
	struct budget *b;
	unsigned i;

	throttle_tick(t, now);
	lease_grant(&t->host);
	for (i = 1; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		lease_grant(b);
	set_unblocked_at(t, now);
}

void
throttle_lease_return(struct throttle *t)
{
	struct budget *b;
	unsigned i;

	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++)
		lease_return(b);
}

/* Who cannot wait */

/* Whether no rate, slot or pause holds one up, as a report has it. */
static bool
lets_go(const struct throttle *t, const struct throttle_report *r)
{
	return r->start <= t->now && (r->courtesy ||
	    r->what == BUDGET_SHORT_NONE);
}

bool
throttle_lease_is_all(const struct throttle *t,
    const struct throttle_report *r)
{
	return t->leased && lets_go(t, r);
}

void
throttle_lease_grace(struct throttle *t, struct throttle_waiter *w,
    const struct throttle_report *r)
{
	w->grace = 0;
	if ((r->courtesy || t->leased) && lets_go(t, r) &&
	    throttle_deadline(t, w) <= t->now)
		w->grace = t->graced_until = t->now + THROTTLE_LEASE_GRACE;
}

uint64_t
throttle_lease_deadline(struct throttle *t, struct throttle_waiter *w,
    uint64_t now)
{
	struct throttle_report r;

	if (w->grace == 0 && throttle_deadline(t, w) <= now) {
		throttle_report(t, w, now, &r);
		throttle_lease_grace(t, w, &r);
	}
	return throttle_deadline(t, w);
}

bool
throttle_lease_has_grace(const struct throttle *t, uint64_t now)
{
	return now < t->graced_until;
}

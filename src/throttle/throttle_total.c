/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_total.h"

#include "throttle/budget_rates.h"
#include "throttle/budget_slots.h"
#include "throttle/lease.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_meter_move.h"
#include "throttle/throttle_meters.h"

void
throttle_total_init(struct throttle_total *total,
    const struct budget_limits *limits, uint32_t serial)
{
	*total = (struct throttle_total){ .serial = serial };
	budget_init(&total->budget, limits, false, NULL);
	TAILQ_INIT(&total->line);
	LIST_INIT(&total->deposits);
}

/* What it is, and asks the store for, is of other limits from now on. */
static void
close_meters(struct throttle_total *total)
{
	unsigned i;

	for (i = 0; total->meters != NULL && i < total->meters->n; i++)
		if (total->meters->all[i].budget.account != NULL)
			lease_close(&total->meters->all[i].budget);
}

bool
throttle_total_meters(struct throttle_total *total,
    const struct throttle_limits *limits, uint64_t now)
{
	struct throttle_meters *meters;

	if (!throttle_meters_make(limits, THROTTLE_METERS_TOTAL, &meters))
		return false;
	close_meters(total);
	throttle_meters_set(&total->meters, meters, limits, now);
	total->unblocked_at = larger(total->unblocked_at, now);
	return true;
}

void
throttle_total_close(struct throttle_total *total)
{
	lease_close(&total->budget);
	budget_slots_end(&total->budget);
	close_meters(total);
	throttle_meters_free(&total->meters);
}

static void
spend_all(struct throttle_total *total)
{
	while (!LIST_EMPTY(&total->deposits))
		throttle_spend(LIST_FIRST(&total->deposits));
}

static void
tick(struct throttle_total *total, uint64_t now)
{
	if (budget_tick(&total->budget, now))
		total->unblocked_at = larger(total->unblocked_at, now);
}

void
throttle_total_limit(struct throttle_total *total,
    const struct budget_limits *limits, uint64_t now)
{
	tick(total, now);
	spend_all(total);
	/* it is of other limits, and is asked for anew */
	if (total->budget.account != NULL)
		lease_close(&total->budget);
	budget_limit(&total->budget, limits, false, NULL, now);
	total->unblocked_at = larger(total->unblocked_at, now);
}

void
throttle_total_inherit(struct throttle_total *total,
    const struct throttle_total *from, uint64_t now)
{
	tick(total, now);
	spend_all(total);
	budget_inherit(&total->budget, &from->budget, now);
	throttle_meters_inherit(total->meters, from->meters, now);
}

void
throttle_total_refill(struct throttle_total *total, uint64_t now)
{
	tick(total, now);
	spend_all(total);
	budget_refill(&total->budget);
	throttle_meters_refill(total->meters);
	total->unblocked_at = larger(total->unblocked_at, now);
}

bool
throttle_total_idle(struct throttle_total *total, uint64_t now)
{
	return budget_idle(&total->budget, now) &&
	    throttle_meters_idle(total->meters, now);
}

/* The line */

static void
leave_line(struct throttle *t)
{
	if (t->in_line) {
		TAILQ_REMOVE(&t->total->line, t, line);
		t->in_line = false;
	}
}

static void
join_line(struct throttle *t)
{
	if (!t->in_line) {
		TAILQ_INSERT_TAIL(&t->total->line, t, line);
		t->in_line = true;
	}
}

void
throttle_join(struct throttle *t, struct throttle_total *total, void *owner)
{
	leave_line(t);
	t->total = total;
	t->owner = owner;
}

void *
throttle_total_first(const struct throttle_total *total)
{
	const struct throttle *t = TAILQ_FIRST(&total->line);

	return t != NULL ? t->owner : NULL;
}

uint64_t
throttle_total_wake(struct throttle *t, const struct fair_waiter *w,
    uint64_t at, uint64_t now)
{
	const struct budget *b = &t->total->budget;

	if (w == NULL || at > now) {
		leave_line(t);
		return at;
	}
	join_line(t);
	if (TAILQ_FIRST(&t->total->line) != t)
		return THROTTLE_NEVER;
	at = larger(at, throttle_meters_due(t->total->meters, w, now));
	return larger(larger(at, budget_opens(b)),
	    lease_due(b, w->cost, now));
}

/* The budget */

bool
throttle_total_allows(const struct throttle *t, const struct fair_waiter *w,
    uint64_t now)
{
	const struct throttle *first = TAILQ_FIRST(&t->total->line);

	return (first == NULL || first == t) &&
	    budget_allows(&t->total->budget, w->cost, now) &&
	    throttle_meters_allow(t->total->meters, w, now);
}

void
throttle_total_take(struct throttle *t, struct throttle_waiter *w, uint64_t at,
    uint64_t now)
{
	struct throttle_total *total = t->total;
	struct throttle_deposit *d = w->deposit;

	w->total = total->serial;
	w->total_epoch = budget_take(&total->budget, w->fair.cost, at, now);
	leave_line(t);
	if (d == NULL || !d->listed)
		return;
	budget_paid(&total->budget, w->fair.cost, &d->total);
	LIST_INSERT_HEAD(&total->deposits, d, total_entry);
	d->in_total = true;
}

void
throttle_total_hold(struct throttle *t, struct throttle_waiter *w)
{
	w->total = t->total->serial;
	w->total_epoch = budget_hold(&t->total->budget, !w->settled, 0);
}

/* That the host refused one credential says nothing of all of them. */
void
throttle_total_verdict(struct throttle *t, struct throttle_waiter *w,
    enum budget_verdict verdict, uint64_t now)
{
	struct throttle_total *total = t->total;
	bool held;

	if (!is_of_total(t, w))
		return;
	tick(total, now);
	held = !budget_room(&total->budget);
	budget_verdict(&total->budget, w->total_epoch,
	    verdict == BUDGET_THROTTLED ? BUDGET_SUCCESS : verdict, now);
	if (held)
		total->unblocked_at = larger(total->unblocked_at, now);
}

/* Those who wait for a slot of it stand in line. */
bool
throttle_total_is_wanted(const struct throttle *t,
    const struct throttle_waiter *w)
{
	return is_of_total(t, w) && has_no_slot(&t->total->budget) &&
	    !TAILQ_EMPTY(&t->total->line);
}

void
throttle_total_release(struct throttle *t, const struct throttle_waiter *w,
    uint64_t now)
{
	struct throttle_total *total = t->total;

	if (!is_of_total(t, w))
		return;
	if (!budget_room(&total->budget))
		total->unblocked_at = larger(total->unblocked_at, now);
	budget_release(&total->budget);
}

void
throttle_total_refund(struct throttle *t, struct throttle_waiter *w,
    uint64_t now)
{
	struct throttle_total *total = t->total;
	wide sooner[BUDGET_RATES];
	struct throttle_deposit *d;

	if (!w->deposit->in_total || !is_of_total(t, w))
		return;
	tick(total, now);
	budget_refund(&total->budget, &w->deposit->total, now, sooner);
	LIST_FOREACH(d, &total->deposits, total_entry)
		budget_refunded(&total->budget, &w->deposit->total, sooner,
		    &d->total);
	total->unblocked_at = larger(total->unblocked_at, now);
}

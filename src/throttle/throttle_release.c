/* SPDX-License-Identifier: ISC */

/*
 * What those who were admitted give back: slots, what they paid, or their turn.
 */

#include "throttle/throttle.h"

#include <assert.h>

#include "throttle/budget_rates.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_start.h"
#include "throttle/throttle_tick.h"
#include "throttle/throttle_total.h"

void
throttle_release_slot(struct throttle *t, struct throttle_waiter *w,
    uint64_t now)
{
	struct budget *b[THROTTLE_INNER];
	unsigned n;

	assert(w->held);
	if (w->slotless)
		return;
	n = inner_budgets(t, pair_of_waiter(w), b);
	if (!has_room(t, w))
		set_unblocked_at(t, now);
	budget_release(&t->host);
	while (n > 0)
		budget_release(b[--n]);
	if (t->total != NULL)
		throttle_total_release(t, w, now);
	w->slotless = true;
}

static void
end_admission(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	bool slotless = w->slotless;

	throttle_spend(w->deposit);
	if (t->meters != NULL)
		throttle_meters_end(t, w, now);
	throttle_release_slot(t, w, now);
	leave_named(t, w->named);
	w->held = false;
	/* It may go on elsewhere, as it was. */
	w->slotless = slotless;
}

void
throttle_release(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	bool settled = w->settled, counted = w->counted;

	throttle_leave_behind(t, w, now);
	throttle_verdict(t, w, BUDGET_NEUTRAL, now);
	/* It may go on elsewhere, and have its verdict there. */
	w->settled = settled;
	w->counted = counted;
	end_admission(t, w, now);
}

void
throttle_refund(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	wide sooner[BUDGET_RATES];
	struct throttle_deposit *d;

	throttle_tick(t, now);
	throttle_meters_refund(t, w, now);
	if (w->deposit != NULL && w->deposit->listed) {
		budget_refund(&t->host, &w->deposit->paid, now, sooner);
		LIST_FOREACH(d, &t->deposits, entry)
			budget_refunded(&t->host, &w->deposit->paid, sooner,
			    &d->paid);
		if (t->total != NULL)
			throttle_total_refund(t, w, now);
		/* Whom it lets go now could not have gone before. */
		set_unblocked_at(t, now);
		throttle_drop(t, w);
	}
	throttle_release(t, w, now);
}

void
throttle_refill(struct throttle *t, uint64_t now)
{
	unsigned i;

	throttle_tick(t, now);
	throttle_spend_all(t);
	budget_refill(&t->host);
	for (i = 0; i < t->nparts; i++)
		budget_refill(&t->parts[i]);
	throttle_meters_refill(t->meters);
	/* Whom it lets go now could not have gone before. */
	set_unblocked_at(t, now);
}

enum throttle_answer
throttle_return(struct throttle *t, struct throttle_waiter *w, uint64_t now,
    struct throttle_report *r)
{
	unsigned lane;
	bool late;

	assert(w->held && w->settled);
	throttle_tick(t, now);
	lane = throttle_lane(t, t->queue, pair_of_waiter(w));
	if (lane == FAIR_END)
		return THROTTLE_NO_MEMORY;
	w->fair.lane = (uint16_t)lane;
	w->fair.returned = w->again_waits = true;
	w->since = now;
	w->grace = 0;
	throttle_start(t, &w->fair, now, r);
	late = r->start > throttle_deadline(t, w);
	if (late || !fair_add(t->queue, &w->fair, t->now)) {
		w->fair.returned = w->again_waits = false;
		return late ? THROTTLE_LATE_START : THROTTLE_NO_MEMORY;
	}
	join_named(t, w->named);
	end_admission(t, w, now);
	return THROTTLE_WAIT;
}

/* SPDX-License-Identifier: ISC */

/* What strict rates are told of those who were admitted. */

#include "throttle/throttle.h"

#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_tick.h"

void
throttle_sent(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	throttle_tick(t, now);
	if (!w->held || w->counted || !throttle_is_strict(t))
		return;
	throttle_add_sent(t, w, now);
}

void
throttle_unsent(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	throttle_tick(t, now);
	if (t->meters != NULL)
		throttle_meters_refund(t, w, now);
	if (!w->held || w->counted)
		return;
	throttle_drop(t, w);
	set_unblocked_at(t, now);
}

bool
throttle_is_strict(const struct throttle *t)
{
	return t->windows != NULL || (t->estimate != NULL &&
	    estimate_needs_counts(t->estimate)) ||
	    (t->learned != NULL && t->learned->nestimates > 0);
}

void
throttle_counted_within(struct throttle *t, uint64_t ns)
{
	t->within = ns;
}

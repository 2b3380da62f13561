/* SPDX-License-Identifier: ISC */

/* Who cannot start by its deadline any more. */

#include "throttle/throttle.h"

#include "throttle/fair_ahead.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_list.h"
#include "throttle/throttle_start.h"
#include "throttle/throttle_tick.h"

static wide
cost_ahead(struct throttle *t, const struct throttle_waiter *w)
{
	return fair_ahead(t->queue, &w->fair, FAIR_ALL, t->now);
}

void
throttle_hopeless(struct throttle *t, uint64_t now, struct throttle_queue *out)
{
	struct throttle_waiter *w;
	struct throttle_report r;

	throttle_tick(t, now);
	for (w = throttle_list(t, cost_ahead); w != NULL; w = w->next) {
		throttle_start(t, &w->fair, now, &r);
		throttle_lease_grace(t, w, &r);
		if (r.start <= throttle_deadline(t, w))
			continue;
		if (throttle_unqueue(t, w))
			set_unblocked_at(t, now);
		TAILQ_INSERT_TAIL(out, w, entry);
	}
}

/* SPDX-License-Identifier: ISC */
#include "throttle/throttle.h"

#include "throttle/fair_ahead.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_list.h"
#include "throttle/throttle_start.h"

void
throttle_hopeless(struct throttle *t, uint64_t now, struct throttle_queue *out)
{
	struct throttle_waiter *w, *list = NULL;
	struct throttle_report r;

	throttle_tick(t, now);
	fair_each(t->queue, throttle_list_one, &list);
	for (w = list; w != NULL; w = w->next)
		w->key = fair_ahead(t->queue, &w->fair, FAIR_ALL, t->now);
	list = throttle_list_sort(t->queue, list);
	for (w = list; w != NULL; w = w->next) {
		throttle_start(t, &w->fair, now, &r);
		if (r.start <= throttle_deadline(t, w))
			continue;
		if (throttle_unqueue(t, w))
			set_unblocked_at(t, now);
		TAILQ_INSERT_TAIL(out, w, entry);
	}
}

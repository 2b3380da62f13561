/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_lost.h"

#include <stddef.h>

#include "throttle/larger.h"

void
estimate_lost(struct estimate *e, uint64_t n, uint64_t now)
{
	struct estimate_window *w;
	uint64_t all, cost;
	int64_t room;
	unsigned i;

	for (i = 0; e->windows != NULL && i < ESTIMATE_WINDOWS; i++) {
		w = &e->windows[i];
		if (w->n == 0)
			continue;
		/* what there was no room for was refused */
		room = window_left(&w->window);
		cost = (n < w->n ? n : w->n) * ESTIMATE_UNIT;
		cost = room < 0 ? 0 : (uint64_t)room < cost ? (uint64_t)room :
		    cost;
		window_take(&w->window, cost);
		window_count(&w->window, cost, now);
	}
	if (!e->pace.on)
		return;
	all = larger(e->pace.burst, 1);
	gcra_take(&e->pace.gcra, (n < all ? n : all) * ESTIMATE_UNIT, now);
}

/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_room.h"

uint64_t
estimate_room_due(const struct estimate *e)
{
	const struct estimate_room *r = &e->room;

	/* those that are on their way will say */
	if (r->until == 0 || r->left > e->flying || e->flying == 0)
		return 0;
	return r->until < e->last + BUDGET_PATIENCE ? r->until :
	    e->last + BUDGET_PATIENCE;
}

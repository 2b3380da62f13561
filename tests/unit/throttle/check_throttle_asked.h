/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_THROTTLE_ASKED_H
#define SLUICE_CHECK_THROTTLE_ASKED_H

#include "throttle/throttle_ask.h"
#include "throttle/throttle_place.h"
#include "throttle/throttle_tick.h"
#include "throttle/throttle_why.h"

/*
 * Tells both of what would be asked for now; nothing is taken or queued.
 * Returns false without memory.
 */
static inline bool
why_asked(struct throttle *t, const struct throttle_request *q, uint64_t now,
    struct throttle_why *why, struct throttle_place *place)
{
	struct throttle_waiter w;

	throttle_tick(t, now);
	if (!throttle_fill_in(t, &w, q, now))
		return false;
	throttle_why(t, &w, now, why);
	throttle_place(t, &w, now, place);
	return true;
}

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_START_H
#define SLUICE_THROTTLE_START_H

#include "throttle/throttle_types.h"

/* Fills in the report of one that is queued, or about to be; see throttle.h. */
void		 throttle_start(struct throttle *, const struct fair_waiter *,
		    uint64_t now, struct throttle_report *);

/*
 * Returns the instant (ns) that the first waiter of a lane is accounted at when
 * it is fetched at now: when it could have gone, within THROTTLE_LATE; past now
 * when it is not due yet.
 */
uint64_t	 throttle_accounted(struct throttle *,
		    const struct throttle_waiter *, uint64_t now);

#endif

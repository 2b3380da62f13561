/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_START_H
#define SLUICE_THROTTLE_START_H

#include "base/wide.h"
#include "throttle/throttle_types.h"

/* What is queued ahead of one, and from when on that will be spent (ns). */
struct throttle_ahead {
	wide		 cost;
	uint64_t	 first;
};

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

/* Returns what is surely ahead of one on the host's budget, its part's. */
struct throttle_ahead throttle_ahead(struct throttle *,
		    const struct fair_waiter *, uint64_t now);
struct throttle_ahead throttle_ahead_in_part(struct throttle *,
		    const struct fair_waiter *, uint64_t now);

/* Returns what one that is not queued would be in the queue, came it now. */
struct fair_waiter throttle_newcomer(struct throttle *,
		    const struct throttle_waiter *, uint64_t now);

#endif

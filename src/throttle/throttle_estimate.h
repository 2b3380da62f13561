/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_ESTIMATE_H
#define SLUICE_THROTTLE_ESTIMATE_H

#include "throttle/estimate.h"
#include "throttle/throttle_types.h"

/*
 * What a throttle learns of its host's limits (estimate.h), and keeps beside
 * those that it was given.
 */

/*
 * Has it learn, or not: then what was learned is forgotten.  probes: whether
 * more than it knows may be tried.  Without memory it does not learn.
 */
void		 throttle_estimate(struct throttle *, bool on, bool probes);

/* Returns what is learned; NULL where nothing is to be. */
const struct estimate *throttle_estimated(const struct throttle *);

/*
 * The host refused, and named when it is open again (ns).  Returns until when
 * nobody goes (ns).  The verdict is given before.
 */
uint64_t	 throttle_estimate_named(struct throttle *, uint64_t until,
		    uint64_t now);

/* Returns until when nobody goes (ns), as far as is known; 0: some may. */
uint64_t	 throttle_estimate_shut(const struct throttle *);

/* The host says that it allows n requests in such a window (ns). */
void		 throttle_estimate_told(struct throttle *, uint64_t n,
		    uint64_t window, uint64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAIR_AHEAD_H
#define SLUICE_FAIR_AHEAD_H

#include <stdint.h>

#include "throttle/fair_waiter.h"

/*
 * The cost (micro cost units) that will be served before a waiter if nobody
 * else comes: of a lane, or of all lanes together (FAIR_ALL).  The waiter is
 * queued, or is not and has its "set" fields filled in.
 *
 * A lower bound, provided that its own lane and the lane asked for are not held
 * up (of its own lane: whatever the others do; of FAIR_ALL: that none is).
 * Those lanes may be added up by the caller in place of FAIR_ALL, which is
 * their sum.  It falls short of what is served by
 * - other clients' turns, which are counted by the part that fits, less than
 *   one waiter for each client;
 * - other clients' waiters in several lanes, of whom those in a lane count
 *   only as far as all those in other lanes may have gone before them;
 * - all other clients where urgency is trusted: what has aged when, and what a
 *   client will bring up next, makes no bound.
 */
#define FAIR_ALL	UINT16_MAX
fair_wide	 fair_ahead(struct fair *, const struct fair_waiter *,
		    unsigned lane, uint64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAIR_AHEAD_H
#define SLUICE_FAIR_AHEAD_H

#include <stdint.h>

#include "throttle/fair_waiter.h"

/*
 * Returns the cost (micro cost units) that will be served before a waiter if
 * nobody else comes: of one lane, or of all lanes together (FAIR_ALL), which is
 * the sum over them.  The waiter is queued, or is not and has its "set" fields
 * filled in.
 *
 * Never more than what will be served, provided that neither the waiter's own
 * lane nor the one asked for is held up: for its own lane it does not matter
 * what others do, for FAIR_ALL none may be held up.  It may be less, by
 * - what other clients' turns are beyond the parts of them that fit, less than
 *   one waiter of each client;
 * - waiters of other clients that wait in several lanes: those in a lane count
 *   only as far as all those in other lanes may have gone before them;
 * - all who were returned, of one that was not, and the other way round, since
 *   these may yield, or no more, at any time;
 * - all other clients where urgency is trusted: what has aged when, and what a
 *   client will bring up next, makes no bound.
 */
#define FAIR_ALL	UINT16_MAX
wide		 fair_ahead(struct fair *, const struct fair_waiter *,
		    unsigned lane, uint64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_TOLD_H
#define SLUICE_ESTIMATE_TOLD_H

#include "throttle/estimate.h"

/* What a host says of its limits, where they are estimated. */

/* The host says that it is open again at until (ns), with a refusal. */
void		 estimate_named(struct estimate *, uint64_t until);

/*
 * The host says that it allows n requests in a window of that length (ns).
 * Believed before any estimate.
 */
void		 estimate_told(struct estimate *, uint64_t n, uint64_t window,
		    uint64_t now);

/*
 * Returns whether a window of that limit is named, and as much of it is used as
 * has gone from here: nobody else seems to use it.
 */
bool		 estimate_is_own(const struct estimate *, uint64_t limit,
		    uint64_t left);

/*
 * Returns whether a window that is known well, or named, is used up by what went
 * here alone: it says better than a reset in whole seconds when more may go.
 */
bool		 estimate_is_spent(const struct estimate *, uint64_t now);

/*
 * One was answered, and maybe refused, and how much is left: from then on no
 * more are on their way than that.  Returns whether it is seen to here, without
 * a pause, that nobody goes who would be refused.
 */
bool		 estimate_left(struct estimate *, const struct estimate_mark *,
		    const struct estimate_room *, bool refused, uint64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_DOUBT_H
#define SLUICE_ESTIMATE_DOUBT_H

#include "throttle/estimate_types.h"

/*
 * Some requests are refused for what they are: a method, a route or a user agent
 * that the host answers with 429 however few there are.  Where the only one that
 * was ever refused is refused again, it may be such a one.  So the host is shut
 * in doubt: soon another one asks.  If that is admitted, all that was learned is
 * forgotten, since it came of this one; if it is refused, that was a refusal like
 * any other, from the first on.  Parts that a host names are not doubted: each
 * has its own kind of requests.
 */

/*
 * Returns whether one that was refused, while it was not shut, may be such, and
 * what is known may be due to it alone.
 */
bool	 estimate_may_doubt(const struct estimate *,
	    const struct estimate_mark *);
/*
 * Returns when the next one asks (ns), while it is shut in doubt: ever later
 * where only those ask that were refused before.
 */
uint64_t	 estimate_doubt_next(const struct estimate *, uint64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_PLACES_H
#define SLUICE_ESTIMATE_PLACES_H

#include "throttle/estimate_types.h"

/*
 * How many may be on their way until the host has counted them: few after a
 * refusal, and where the next one may be near, since each of them is refused
 * then.
 */

/* Returns when one more may go by that (ns); 0: now. */
uint64_t	 estimate_places_due(const struct estimate *, uint64_t now);

/*
 * Returns when it is no longer waited for a place, or for the answer to a
 * question (ns).
 */
uint64_t	 estimate_patience(const struct estimate *);

/*
 * Returns by when those that are on their way are back if they are refused (ns).
 * Who is not, such as a long poll, may stand for as long as it likes.
 */
uint64_t	 estimate_back_by(const struct estimate *);

#endif

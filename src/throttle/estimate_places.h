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

/* Returns when it is no longer waited for those that are on their way (ns). */
uint64_t	 estimate_patience(const struct estimate *);

#endif

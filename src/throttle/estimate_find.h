/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_FIND_H
#define SLUICE_ESTIMATE_FIND_H

#include "throttle/estimate_types.h"

/*
 * What an era says of the host's limits, when the host is open again.
 */

/*
 * The host is open again to one that was sent at an instant (ns) and answered
 * now: finds what it does from when it refused, and how many had gone.
 */
void	 estimate_find(struct estimate *, uint64_t sent, uint64_t now);

/*
 * Returns whether all of a window that lies over a pace was used when it was shut:
 * which of them refuses is known by how long it is.
 */
bool	 estimate_is_pace_in_doubt(const struct estimate *);

/* What was taken for a window opens at any time: it is a bucket. */
void		 estimate_find_bucket(struct estimate *, uint64_t now);

#endif

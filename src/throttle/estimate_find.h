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

/* What was taken for a window opens at any time: it is a bucket. */
void		 estimate_find_bucket(struct estimate *, uint64_t now);

#endif

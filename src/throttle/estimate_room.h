/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_ROOM_H
#define SLUICE_ESTIMATE_ROOM_H

#include "throttle/estimate_types.h"

/*
 * What a host says is left: no more go than that, whoever else uses it, before
 * it has said so again.
 */

/* Returns when one more may go by it (ns), or sooner by an answer; 0: now. */
uint64_t	 estimate_room_due(const struct estimate *);

#endif

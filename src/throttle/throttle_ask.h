/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_ASK_H
#define SLUICE_THROTTLE_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/throttle_types.h"

/*
 * Makes a waiter of what is asked for, as one that is not queued.  Returns
 * false without memory for a lane of its parts.
 */
bool		 throttle_fill_in(struct throttle *, struct throttle_waiter *,
		    const struct throttle_request *, uint64_t now);

/* Returns whether a newcomer, who has to start by a deadline, goes at once. */
bool		 throttle_goes(struct throttle *, const struct fair_waiter *,
		    uint64_t deadline, uint64_t now);

/*
 * Returns whether a newcomer is not refused by a full queue, since those in it
 * wait by courtesy only (estimate_is_open()).
 */
bool		 throttle_opens_more(struct throttle *,
		    const struct fair_waiter *, uint64_t now);

#endif

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

/*
 * Where another throttle has the word, in another process
 *
 * Queues what is asked for, whatever the limits and the queue's length say.
 * Returns false without memory.
 */
bool		 throttle_queue(struct throttle *, struct throttle_waiter *,
		    const struct throttle_request *, uint64_t now)
		    __attribute__((warn_unused_result));

/* Admits one that is queued, whoever is before it: it pays what it costs. */
void		 throttle_admit(struct throttle *, struct throttle_waiter *,
		    uint64_t now);

/*
 * Makes a waiter of what another process has admitted, as throttle_hold() does:
 * it takes its slots, and pays nothing.  Of the waiter slotless, settled and
 * counted are set before.  Returns false without memory.
 */
bool		 throttle_hold_asked(struct throttle *,
		    struct throttle_waiter *, const struct throttle_request *,
		    uint64_t now) __attribute__((warn_unused_result));

#endif

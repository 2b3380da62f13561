/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_LIST_H
#define SLUICE_THROTTLE_LIST_H

#include "throttle/throttle_types.h"

/*
 * Returns all waiters in the queue, linked by their next, in the order of what
 * key() returns for each, and of their turns where that is the same.
 */
struct throttle_waiter *throttle_list(struct throttle *,
		    wide (*key)(struct throttle *,
		    const struct throttle_waiter *));

/*
 * Returns the same in the order in which they will go if nobody else comes and
 * nobody is held up.
 */
struct throttle_waiter *throttle_list_turns(struct throttle *);

#endif

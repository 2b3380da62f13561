/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAIR_TURN_H
#define SLUICE_FAIR_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/fair_waiter.h"

/*
 * The turns of those who wait, as they will be taken if nobody else comes and
 * nobody is held up: for who looks at a queue.  A turn is the virtual time at
 * which it comes.  Where urgency is trusted only the first is sure: the others
 * age, and those who are passed over are moved up.
 */

/*
 * Returns the turn of a waiter that is queued, or that it would have if it came
 * now, with its "set" fields filled in.  O(waiters of its client).
 */
wide		 fair_turn(struct fair *, const struct fair_waiter *,
		    uint64_t now);

/*
 * Returns whether a, whose turn is at_a, goes before b, whose turn is at_b.  One
 * of them need not be queued.
 */
bool		 fair_turn_before(const struct fair *,
		    const struct fair_waiter *a, wide at_a,
		    const struct fair_waiter *b, wide at_b);

/* Tells the turns of all who wait, in no order; each() changes nothing. */
void		 fair_turns(struct fair *, uint64_t now,
		    void (*each)(struct fair_waiter *, wide at, void *),
		    void *arg);

/* Returns how many wait in a lane. */
size_t		 fair_length_in(const struct fair *, unsigned lane);
/* Returns how many clients have somebody waiting. */
size_t		 fair_clients(const struct fair *);

#endif

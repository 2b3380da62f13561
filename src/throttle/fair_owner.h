/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAIR_OWNER_H
#define SLUICE_FAIR_OWNER_H

#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/tree.h>

#include "throttle/fair_waiter.h"

/*
 * Whose the places in a queue are.  Clients that take turns may be made up
 * (fair_by: header); an owner is who is behind them for sure.  Where there is no
 * room, who has the most places gives one to who has fewer, so that nobody
 * can keep others out by coming first.
 *
 * Those who were returned are nobody's: they have had their turn, and stay.
 */

RB_HEAD(fair_owner_ids, fair_owner);
RB_HEAD(fair_owner_lengths, fair_owner);

/* Of a queue; begins as zero. */
struct fair_owners {
	struct fair_owner_ids		 ids;
	struct fair_owner_lengths	 lengths;
};

/* Notes a waiter as its owner's last.  Returns false without memory. */
bool		 fair_owner_add(struct fair_owners *, struct fair_waiter *)
		    __attribute__((warn_unused_result));
/* Does nothing to one that is nobody's. */
void		 fair_owner_remove(struct fair_owners *, struct fair_waiter *);

/*
 * Returns the last to come of who has the most places, where these are at least
 * two more than that owner has: then it is fairer when a newcomer of that owner
 * has its place.  NULL: it is not.
 */
struct fair_waiter *fair_owner_yields(const struct fair_owners *,
		    uint64_t owner);

#endif

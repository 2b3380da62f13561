/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_LEASE_H
#define SLUICE_THROTTLE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/lease.h"
#include "throttle/throttle_types.h"

/* The leases (lease.h) of all of a throttle's budgets that have rates. */

/*
 * Nobody goes without one from now on; also called when budgets came that have
 * none.
 */
void		 throttle_lease(struct throttle *);

/* Those who are first in their lanes say what they need of each. */
void		 throttle_lease_note(struct throttle *);

/* Returns whether one of them should be asked for. */
bool		 throttle_lease_is_low(struct throttle *, uint64_t now);

/* Returns whether nothing was spent since the last promise, nor is wanted. */
bool		 throttle_lease_is_unused(struct throttle *);

/* See lease_promise(), lease_grant() and lease_return(). */
bool		 throttle_lease_promise(struct throttle *,
		    const struct lease_ahead *, uint64_t now)
		    __attribute__((warn_unused_result));
void		 throttle_lease_grant(struct throttle *, uint64_t now);
void		 throttle_lease_return(struct throttle *);

/*
 * Who cannot wait
 *
 * A deadline is for how long one waits until others have left it something.
 * Where nothing of that is missing but that it is written down, the deadline
 * does not count: one with none at all would be refused by an idle host.  From
 * when it has come there is a grace, which begins anew with each lease that
 * does not reach for all, and ends as soon as a rate, a slot or a pause is what
 * it waits for.  The same where it waits by a courtesy (estimate_is_open()),
 * which is shown to nobody as long as one has a grace.
 */
#define THROTTLE_LEASE_GRACE	1000000000ULL	/* ns: a disk is stuck then */

/*
 * Returns whether all that one waits for, as a report has it, are leases, or a
 * courtesy that is over when they are there.
 */
bool		 throttle_lease_is_all(const struct throttle *,
		    const struct throttle_report *);

/*
 * Gives a grace to one in the queue whose deadline has come, or takes it back,
 * with its report as of now.
 */
void		 throttle_lease_grace(struct throttle *,
		    struct throttle_waiter *, const struct throttle_report *);

/* As throttle_deadline(); with a grace, once, if the deadline has come. */
uint64_t	 throttle_lease_deadline(struct throttle *,
		    struct throttle_waiter *, uint64_t now);

/*
 * Returns whether somebody may have a grace: whoever has granted a lease then
 * asks throttle_hopeless() for those who wait for something else by now.
 */
bool		 throttle_lease_has_grace(const struct throttle *,
		    uint64_t now);

#endif

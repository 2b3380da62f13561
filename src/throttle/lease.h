/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_H
#define SLUICE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/lease_spend.h"

/*
 * What a budget may spend ahead of what is written down of it.  Whoever writes
 * (the grantor) notes what is consumed and, on top of it, a lease: so much may
 * be spent until it is written again.  So what is read back after a crash is
 * never less than what was spent, and more by what is left of a lease at most.
 *
 * A lease is a tenth of what the rates have left; where that is little, what
 * they give within a horizon; and never less than what the first one who waits
 * needs.  A new one is asked for when half of it is spent.  It is promised when
 * it goes into what is to be written, and granted when that is safe.
 *
 * What a crash loses of a bucket comes back as it fills; of an exact window it
 * is lost for all of a period, and so is the time between when something was
 * counted and when it is taken to be.  So of an exact window's lease only a
 * little may be spent before it is written anew, at once (a hundredth of the
 * window, or what it gives within a shorter horizon); the rest is kept, and is
 * what it gives within a longer one, so that few writes have to be safe.  The
 * others need only be done: a process that is killed leaves what it
 * has written, and where the machine stops all of the lease counts as spent,
 * for which there is a safe line.  It is also written anew when half of what
 * was unsure (on its way, or leased) is counted.
 *
 * Costs are in micro cost units, times in ns.  Calls nobody, allocates nothing.
 */

/* A budget that has rates needs a lease from now on, and has none yet. */
void		 lease_begin(struct budget *);

/* It needs none any more. */
void		 lease_end(struct budget *);

/*
 * Where leases are a store's: makes the account, with an id, after which the
 * store alone decides (without memory nothing goes); and frees it, after which
 * nothing goes.
 */
void		 lease_open(struct budget *, uint64_t id);
void		 lease_close(struct budget *);

/*
 * Returns when a cost may go (ns), as budget_due(); BUDGET_NEVER where that is
 * so by now and the lease alone is short.
 */
uint64_t	 lease_due(const struct budget *, uint64_t cost, uint64_t now);

/* One who is first, and may go now, wants such a cost. */
void		 lease_need(struct budget *, uint64_t cost, uint64_t now);

/* Returns whether another one should be asked for. */
bool		 lease_is_low(const struct budget *);

/* How far ahead leases reach at least (ns). */
struct lease_ahead {
	uint64_t	 safe;		/* what has to be safe */
	uint64_t	 written;	/* what has to be written */
};

/*
 * Promises what is needed on top of what is left; what was promised before, to
 * others of the same budget, stays.  What nobody has used since the last time
 * is cut to a tenth of what the rates have left.  Returns whether what is
 * written now has to be safe before it is granted; else that it is written is
 * enough.
 */
bool		 lease_promise(struct budget *, const struct lease_ahead *,
		    uint64_t now) __attribute__((warn_unused_result));

/* What was promised is written down. */
void		 lease_grant(struct budget *);

/* Gives back what is left: nothing may be spent any more. */
void		 lease_return(struct budget *);

#endif

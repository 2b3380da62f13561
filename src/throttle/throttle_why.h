/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_WHY_H
#define SLUICE_THROTTLE_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/throttle.h"

/*
 * Why one waits: each limit that it is under, with the next instant at which
 * that would let it go; its turn among those who wait; and which of these
 * decides.
 */

/*
 * Of the host, the parts, the named one, the total and named budgets; and that
 * another proxy has what is learned.
 */
#define THROTTLE_REASONS	(1 + (4 + THROTTLE_ALSO) * BUDGET_REASONS + \
				    THROTTLE_METERS_OF * THROTTLE_METERS * \
				    (BUDGET_RATES + 1))

struct throttle_reason {
	enum throttle_whose	 whose;
	unsigned		 part;		/* which, when it is a part's, or
						   a named budget's */
	enum budget_short	 what;
	unsigned		 rate;		/* which, when it is a rate */
	struct gcra_rate	 limit;		/* ... and what that is now */
	uint32_t		 concurrency;	/* the slots, when it is those */
	/*
	 * ns, behind those who go before; not after now: it allows it now.
	 * THROTTLE_NEVER: when a slot or a verdict comes, which cannot be
	 * known.
	 */
	uint64_t		 at;
	bool			 decides;	/* one of them, where it waits */
};

struct throttle_why {
	struct throttle_reason	 reasons[THROTTLE_REASONS];
	unsigned		 n;
	/* The one that is short, if one is: for those before it, or for it. */
	const struct throttle_reason *short_of;	/* of reasons; or NULL */
	uint64_t		 start;		/* as throttle_report.start */
	bool			 goes;		/* it would go at once */
	bool			 full;		/* the queue is: refused */
	uint32_t		 waiting;	/* in all */
	uint32_t		 clients;	/* ... of how many */
	/*
	 * ns: when those before it have gone, at the earliest; not after now:
	 * nobody surely goes before it.
	 */
	uint64_t		 turn;
	bool			 turn_decides;	/* it waits for others only */
};

/*
 * Tells why a waiter waits: one that is queued in its place, any other as if it
 * came now (as throttle_report() has it).  O(log n) of those who wait.
 */
void		 throttle_why(struct throttle *,
		    const struct throttle_waiter *, uint64_t now,
		    struct throttle_why *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_WHY_H
#define SLUICE_THROTTLE_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/throttle.h"

/*
 * Why one waits: each budget that it needs, with the next instant at which that
 * would let it go, its place among those who wait, and which of these decides.
 */

#define THROTTLE_REASONS	(3 * (BUDGET_RATES + 4))

/* Whose budget. */
enum throttle_whose {
	THROTTLE_OF_HOST,
	THROTTLE_OF_PART,
	THROTTLE_OF_NAMED,
};

struct throttle_reason {
	enum throttle_whose	 whose;
	enum budget_short	 what;
	unsigned		 rate;		/* which, when it is a rate */
	/*
	 * ns; not after now: it allows it now.  THROTTLE_NEVER: when a slot or
	 * a verdict comes, which cannot be known.
	 */
	uint64_t		 at;
	bool			 decides;	/* one of them, where it waits */
};

struct throttle_why {
	struct throttle_reason	 reasons[THROTTLE_REASONS];
	unsigned		 n;
	/* ns; not after now: it would go at once. As throttle_report.start. */
	uint64_t		 start;
	bool			 certain;	/* it goes then, if nothing new
						   comes: no slot or verdict is
						   needed before */
	bool			 full;		/* the queue is: refused */
	/* The turn. */
	uint32_t		 waiting;	/* in all */
	uint32_t		 clients;	/* ... of how many */
	uint32_t		 ahead;		/* go before it */
	uint32_t		 own_ahead;	/* ... of its own client */
	uint64_t		 cost_ahead;	/* micro cost units, of all */
	bool			 turn_decides;	/* it waits for others only */
};

/* Why one in the queue waits. */
void		 throttle_why(struct throttle *,
		    const struct throttle_waiter *, uint64_t now,
		    struct throttle_why *);
/* The same of one that would be asked for now; nothing is taken or queued. */
void		 throttle_why_asked(struct throttle *,
		    const struct throttle_request *, uint64_t now,
		    struct throttle_why *);

#endif

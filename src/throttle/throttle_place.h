/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_PLACE_H
#define SLUICE_THROTTLE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct throttle;
struct throttle_waiter;

/* Where one stands in the queue. */
struct throttle_place {
	uint32_t		 ahead;		/* go before it (fair_turn.h) */
	uint32_t		 own_ahead;	/* ... of its own client */
	uint64_t		 cost_ahead;	/* micro cost units, of all */
	/*
	 * It goes at its start, or a nanosecond later for each one before it,
	 * if nobody comes, nothing is answered and no limit changes.  False
	 * where there is no memory to find that out.
	 */
	bool			 certain;
};

/*
 * Tells where a waiter stands: one that is queued, or any other as if it came
 * now.  O(n log n) of those who wait.
 */
void		 throttle_place(struct throttle *,
		    const struct throttle_waiter *, uint64_t now,
		    struct throttle_place *);

#endif

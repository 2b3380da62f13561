/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_GCRA_H
#define SLUICE_GCRA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wide.h"

/*
 * A rate with a burst: the generic cell rate algorithm (ITU-T I.371, the
 * virtual scheduling form), which is the token bucket kept as one number: tat,
 * the theoretical arrival time.  Costs are in micro cost units, times in ns of
 * a monotonic clock which the caller reads and passes in.
 *
 * Allocates nothing, calls nobody.
 */

/* One rate: capacity per period, with a burst. */
struct gcra_rate {
	uint64_t capacity;	/* micro cost units per period, not 0 */
	uint64_t period;	/* ns, not 0 */
	uint64_t burst;		/* micro cost units, not 0 */
	/*
	 * No window of one period sees more than capacity: there is one
	 * (window.h) beside the bucket, and that is for the burst alone.
	 */
	bool	 strict;
};

/* A rate with what is consumed of it; the fields are its own. */
struct gcra {
	struct gcra_rate	 limit;
	wide			 tat;		/* 1/capacity ns; see gcra.c */
};

/* Makes a rate whose bucket is full. */
void		 gcra_init(struct gcra *, const struct gcra_rate *);

/* Returns whether a cost may be spent at now. */
bool		 gcra_conforms(const struct gcra *, uint64_t cost,
		    uint64_t now);

/*
 * Returns when a cost conforms (ns), rounded up; UINT64_MAX when that cannot be
 * told.
 */
uint64_t	 gcra_due(const struct gcra *, uint64_t cost);

/*
 * Returns the same for a cost that goes behind others, which cost so much ahead
 * and begin to spend at first (ns).
 */
uint64_t	 gcra_due_behind(const struct gcra *, wide ahead,
		    uint64_t first, uint64_t cost);

/* Spends a cost at an instant (ns), whether it conforms or not: moves tat. */
void		 gcra_take(struct gcra *, uint64_t cost, uint64_t at);

/*
 * Gives back a cost, after which tat was end, as far as time has not done so by
 * now.  Returns by how much (1/capacity ns) the rate is done sooner with what was
 * spent after it.
 */
wide		 gcra_refund(struct gcra *, uint64_t cost, wide end,
		    uint64_t now);

/*
 * Gives a rate what another has consumed at now, if that is more: exactly where
 * their periods are equal, else rounded up by less than one unit of cost.
 */
void		 gcra_inherit(struct gcra *, const struct gcra *,
		    uint64_t now);

/*
 * Returns what is left in the bucket at now (micro cost units), rounded down;
 * below 0 is a debt.
 */
int64_t		 gcra_left(const struct gcra *, uint64_t now);

/* Returns when the bucket is full again (ns), rounded up. */
uint64_t	 gcra_full_at(const struct gcra *);

/* Returns whether the bucket is full: nothing is consumed at now. */
bool		 gcra_is_full(const struct gcra *, uint64_t now);

#endif

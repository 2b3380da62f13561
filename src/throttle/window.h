/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_WINDOW_H
#define SLUICE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wide.h"

/*
 * An exact window: however the network delays requests, no period of the host's
 * sees more than the capacity, wherever it begins, and all of it can be used.
 * A cost occupies its place from its admission until a period after the host
 * has counted it.  When that was is told by the caller, who may be late with
 * it; never earlier than now.
 *
 * What was counted is kept by slots of time.  A slot is forgotten when its last
 * instant is a period ago, so a place is free again up to a slot (period / 255)
 * late, never early.
 *
 * A cost above the capacity waits until nothing is occupied.  What is beyond
 * the capacity is a debt: it occupies the periods that follow.
 *
 * Costs are in micro cost units, times in ns of a monotonic clock which the
 * caller reads and passes in.  Allocates nothing, calls nobody.
 */

#define WINDOW_SLOTS	256

/* Lives in the caller's memory; the fields are the window's. */
struct window {
	uint64_t	 capacity;	/* micro cost units, not 0 */
	uint64_t	 period;	/* ns, not 0 */
	wide		 flying;	/* admitted, not counted yet */
	uint64_t	 counted;	/* in all slots */
	uint64_t	 debt;		/* to be counted when there is room */
	uint64_t	 newest;	/* the last slot of time */
	uint64_t	 oldest;	/* nothing is in those before it */
	uint64_t	 slots[WINDOW_SLOTS];
};

/* Makes one in which nothing is occupied. */
void		 window_init(struct window *, uint64_t capacity,
		    uint64_t period);

/*
 * Lets time pass until now: frees what was counted more than a period ago.  To
 * be called before the calls below.
 */
void		 window_tick(struct window *, uint64_t now);

/* Returns whether there is a place for a cost. */
bool		 window_has_room(const struct window *, uint64_t cost);

/*
 * Returns when there is a place for a cost (ns) by the passing of time alone: 0
 * where there is now, UINT64_MAX where the host has to count something first.
 */
uint64_t	 window_due(const struct window *, uint64_t cost);

/*
 * Returns before when (ns) there cannot be a place for a cost that goes behind
 * others, which cost so much ahead, and begin at first: as if the host counted
 * at now all that is on its way, and each other as soon as it goes.
 */
uint64_t	 window_due_behind(const struct window *, wide ahead,
		    uint64_t first, uint64_t cost, uint64_t now);

/* A cost is admitted, whether there was a place for it or not. */
void		 window_take(struct window *, wide cost);

/* The host has counted a cost that was admitted, at an instant (ns). */
void		 window_count(struct window *, uint64_t cost, uint64_t at);

/* The host will not see a cost that was admitted, and not counted. */
void		 window_drop(struct window *, uint64_t cost);

/*
 * Gives a window what another has occupied, where that is more; what is on its
 * way (flying) is the caller's to move.  Both were told of now.  Periods may
 * differ: what the shorter one has forgotten is not known to the longer one.
 */
void		 window_inherit(struct window *, const struct window *,
		    uint64_t now);

/*
 * Returns what was counted in the slot that was begun so many slots before the
 * newest, and sets *last to its last instant (ns).
 */
uint64_t	 window_slot(const struct window *, unsigned back,
		    uint64_t *last);

/* Returns what may be spent at once; below 0 is a debt. */
int64_t		 window_left(const struct window *);

/*
 * Returns when nothing is occupied any more (ns) by the passing of time alone;
 * UINT64_MAX as window_due().
 */
uint64_t	 window_empty_at(const struct window *);

/*
 * Returns when the first of what was counted is free again (ns); UINT64_MAX where
 * nothing is.
 */
uint64_t	 window_frees_at(const struct window *);

/* Returns whether nothing is occupied. */
bool		 window_is_empty(const struct window *);

#endif

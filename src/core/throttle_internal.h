/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_INTERNAL_H
#define SLUICE_THROTTLE_INTERNAL_H

#include <assert.h>
#include <stddef.h>

#include "core/throttle.h"

/*
 * What the files of the throttle share: throttle.c asks and admits,
 * throttle_start.c computes starts, throttle_move.c changes limits and moves
 * waiters.
 */

struct throttle {
	struct budget		 host;
	struct budget		*parts;
	unsigned		 nparts;
	bool			 trust;
	uint32_t		 queue_length;
	struct fair		*queue;
	LIST_HEAD(, throttle_deposit) deposits;	/* what may be refunded */
	uint64_t		 now;		/* ns: the latest heard of */
	/*
	 * When something other than a rate, a pause or a shape last stopped
	 * being in the way (ns): no waiter is accounted before it.  Who comes
	 * to the head because another was cancelled was held up by that one,
	 * until the next call that says what time it is.
	 */
	uint64_t		 cleared;
	bool			 head_changed;	/* since throttle_next() */
};

static inline uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline struct throttle_waiter *
waiter_of(struct fair_waiter *f)
{
	return (struct throttle_waiter *)(void *)((char *)f -
	    offsetof(struct throttle_waiter, fair));
}

static inline const struct throttle_waiter *
const_waiter_of(const struct fair_waiter *f)
{
	return (const struct throttle_waiter *)(const void *)
	    ((const char *)f - offsetof(struct throttle_waiter, fair));
}

static inline uint16_t
lane_of(unsigned part)
{
	return part == THROTTLE_WHOLE ? 0 : (uint16_t)(part + 1);
}

/* A part's budget; NULL for the whole. */
static inline struct budget *
part_budget(struct throttle *t, unsigned part)
{
	if (part == THROTTLE_WHOLE)
		return NULL;
	assert(part < t->nparts);
	return &t->parts[part];
}

static inline struct budget *
lane_budget(struct throttle *t, unsigned lane)
{
	return lane == 0 ? NULL : &t->parts[lane - 1];
}

static inline unsigned
moved_part(const unsigned *moved, unsigned part, unsigned nparts)
{
	if (part == THROTTLE_WHOLE || moved == NULL || moved[part] >= nparts)
		return THROTTLE_WHOLE;
	return moved[part];
}

static inline void
clear(struct throttle *t, uint64_t now)
{
	t->cleared = later(t->cleared, now);
}

static inline struct fair_waiter *
first_of(struct throttle *t, unsigned lane)
{
	return fair_first(t->queue, lane, t->now);
}

static inline bool
has_room(struct throttle *t, unsigned part)
{
	const struct budget *b = part_budget(t, part);

	return budget_room(&t->host) && (b == NULL || budget_room(b));
}

static inline bool
part_allows(struct throttle *t, unsigned lane, uint64_t cost, uint64_t now)
{
	const struct budget *b = lane_budget(t, lane);

	return b == NULL || budget_allows(b, cost, now);
}

/* Time has come to this. */
void		 throttle_tick(struct throttle *, uint64_t now);

/* Makes the parts' budgets; false without memory, with none made. */
bool		 throttle_set_parts(struct throttle *,
		    const struct throttle_limits *);

/* Nothing that was paid so far can be refunded any more. */
void		 throttle_spend_all(struct throttle *);

/* Takes a waiter out; true when others may go sooner for it. */
bool		 throttle_unqueue(struct throttle *, struct throttle_waiter *);

/*
 * The instant that a waiter at the head is accounted at when it is fetched at
 * now: when it could have gone, within THROTTLE_LATE.  Past now when it is not
 * due yet.
 */
uint64_t	 throttle_accounted(struct throttle *,
		    const struct throttle_waiter *, uint64_t now);

/* Fills in the report of one that is queued, or is about to be. */
void		 throttle_start(struct throttle *, const struct fair_waiter *,
		    uint64_t now, struct throttle_report *);

/* All waiters, by their next, in the order in which they were queued. */
struct throttle_waiter *throttle_list(struct throttle *);

#endif

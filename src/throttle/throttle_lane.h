/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_LANE_H
#define SLUICE_THROTTLE_LANE_H

#include <assert.h>
#include <stddef.h>

#include "throttle/budget.h"
#include "throttle/fair.h"
#include "throttle/larger.h"
#include "throttle/throttle_types.h"

/*
 * What a throttle is made of: the budgets of the host, its parts and its
 * buckets; and the lanes of its queue, one for those who are under the same of
 * these budgets.  For the files of the throttle; nobody else looks into one.
 */

#define THROTTLE_PAIRS	FAIR_MORE
_Static_assert(THROTTLE_PARTS + 1 == FAIR_LANES, "a lane for each part");

struct bucket {
	struct throttle_key	 key;
	char			 name[THROTTLE_NAME];
	uint32_t		 members;	/* that wait or were admitted */
	struct budget		 budget;
};

/* A lane for those of a part (or none) that are in a bucket, too. */
struct pair {
	unsigned		 part;
	unsigned		 bucket;
};

/* What a host has made known: made with the first of it. */
struct learned {
	struct bucket		*buckets[THROTTLE_BUCKETS]; /* owned; NULL */
	struct pair		 pairs[THROTTLE_PAIRS];
	unsigned		 npairs;
};

struct throttle {
	struct budget		 host;
	struct budget		*parts;
	unsigned		 nparts;
	struct learned		*learned;	/* owned; NULL: nothing */
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
	uint64_t		 unblocked_at;
	bool			 head_changed;	/* since throttle_next() */
};

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

static inline unsigned
lane_of(unsigned part)
{
	return part == THROTTLE_WHOLE ? 0 : part + 1;
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

/* A bucket's budget; NULL for none. */
static inline struct budget *
bucket_budget(struct throttle *t, unsigned bucket)
{
	if (bucket == 0)
		return NULL;
	assert(t->learned != NULL && bucket <= THROTTLE_BUCKETS &&
	    t->learned->buckets[bucket - 1] != NULL);
	return &t->learned->buckets[bucket - 1]->budget;
}

/* A waiter comes to its bucket, or leaves it. */
static inline void
join_bucket(struct throttle *t, unsigned bucket)
{
	if (bucket != 0)
		t->learned->buckets[bucket - 1]->members++;
}

static inline void
leave_bucket(struct throttle *t, unsigned bucket)
{
	if (bucket != 0)
		t->learned->buckets[bucket - 1]->members--;
}

/* Whom a lane is for. */
static inline struct pair
pair_of(const struct throttle *t, unsigned lane)
{
	if (lane >= FAIR_LANES)
		return t->learned->pairs[lane - FAIR_LANES];
	return (struct pair){ lane == 0 ? THROTTLE_WHOLE : lane - 1, 0 };
}

/* The budgets on top of the host's, up to two; how many. */
static inline unsigned
inner_budgets(struct throttle *t, struct pair p, struct budget *b[2])
{
	unsigned n = 0;

	if ((b[n] = part_budget(t, p.part)) != NULL)
		n++;
	if ((b[n] = bucket_budget(t, p.bucket)) != NULL)
		n++;
	return n;
}

static inline struct pair
pair_of_waiter(const struct throttle_waiter *w)
{
	return (struct pair){ w->part, w->bucket };
}

static inline unsigned
moved_part(const unsigned *moved, unsigned part, unsigned nparts)
{
	if (part == THROTTLE_WHOLE || moved == NULL || moved[part] >= nparts)
		return THROTTLE_WHOLE;
	return moved[part];
}

static inline void
set_unblocked_at(struct throttle *t, uint64_t now)
{
	t->unblocked_at = larger(t->unblocked_at, now);
}

static inline struct fair_waiter *
first_of(struct throttle *t, unsigned lane)
{
	return fair_first(t->queue, lane, t->now);
}

static inline bool
has_room(struct throttle *t, const struct throttle_waiter *w)
{
	struct budget *b[2];
	unsigned n = inner_budgets(t, pair_of_waiter(w), b);

	while (n > 0)
		if (!budget_room(b[--n]))
			return false;
	return budget_room(&t->host);
}

static inline bool
inner_allow(struct throttle *t, unsigned lane, uint64_t cost, uint64_t now)
{
	struct budget *b[2];
	unsigned n = inner_budgets(t, pair_of(t, lane), b);

	while (n > 0)
		if (!budget_allows(b[--n], cost, now))
			return false;
	return true;
}

/* Time has come to this. */
void		 throttle_tick(struct throttle *, uint64_t now);

/* The budget that a part's name stands for. */
struct budget	*throttle_budget_of(struct throttle *, unsigned part);

/* Makes the parts' budgets; false without memory, with none made. */
bool		 throttle_set_parts(struct throttle *,
		    const struct throttle_limits *);

/*
 * The lane of those in a part and a bucket, in a queue; FAIR_END without
 * memory.
 */
unsigned	 throttle_lane(struct throttle *, struct fair *, struct pair);

/* A copy that stands in for a waiter in a queue. */
void		 throttle_stand_in(const struct throttle_waiter *,
		    struct fair_waiter *, unsigned lane);

/* Takes a waiter out; true when others may go sooner for it. */
bool		 throttle_unqueue(struct throttle *, struct throttle_waiter *);

/* What was paid stays spent. */
void		 throttle_spend(struct throttle_deposit *);

/* Nothing that was paid so far can be refunded any more. */
void		 throttle_spend_all(struct throttle *);

#endif

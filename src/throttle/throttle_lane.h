/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_LANE_H
#define SLUICE_THROTTLE_LANE_H

#include <assert.h>
#include <stddef.h>

#include "throttle/budget.h"
#include "throttle/estimate.h"
#include "throttle/learn_account.h"
#include "throttle/fair.h"
#include "throttle/larger.h"
#include "throttle/throttle_types.h"

/*
 * What a throttle is made of: the budgets of the host, its parts and its
 * named parts; and the lanes of its queue, one for those who are under the same
 * of these budgets.  For the files of the throttle; nobody else looks into one.
 */

#define THROTTLE_PAIRS	FAIR_MORE
/* What a lane's own budgets are at most: those of parts and of a named one. */
#define THROTTLE_INNER	(1 + THROTTLE_ALSO + 1)
_Static_assert(THROTTLE_PARTS + 1 == FAIR_LANES, "a lane for each part");

struct named_part {
	struct throttle_key	 key;
	char			 name[THROTTLE_NAME];
	uint32_t		 members;	/* that wait or were admitted */
	struct budget		 budget;
	struct estimate		*estimate;	/* owned; NULL: see */
						/* throttle_part.h */
};

/*
 * A lane for those of a part (or none) that are in other parts, or a named one,
 * too.
 */
struct pair {
	unsigned		 part;
	unsigned		 named;
	struct throttle_also	 also;
};

/* What is known as requests and answers come: made with the first of it. */
struct learned {
	struct named_part	*named[THROTTLE_NAMED_PARTS]; /* owned; NULL */
	unsigned		 nestimates;	/* that these have */
	struct pair		 pairs[THROTTLE_PAIRS];
	unsigned		 npairs;
};

struct throttle {
	struct budget		 host;
	struct budget		*parts;		/* owned; NULL: none */
	unsigned		 nparts;
	struct learned		*learned;	/* owned; NULL: nothing */
	bool			 trust;		/* as in throttle_limits */
	uint32_t		 queue_length;	/* as in throttle_limits */
	bool			 leased;	/* see throttle_lease() */
	bool			 stored;	/* ... by throttle_store() */
	uint64_t		 store_at;	/* ns: its next round, by time */
	bool			 watches;	/* throttle_store_watch() */
	uint64_t		 ordered;	/* ns: by throttle_store_order(),
						   not taken yet; or 0 */
	bool			 untold;	/* ... or not told yet */
	uint64_t		 orders;	/* ns: the same, where there is
						   no learner yet, */
	bool			 renews;	/* ... to forget all */
	uint64_t		 graced_until;	/* ns; the last grace's end */
	struct fair		*queue;		/* owned */
	uint8_t			 turn;	/* counts refusals, but of who
						   went before the last one */
	bool			 open;	/* one was served that went since */
	uint8_t			 served;	/* in a row; or enough */
	LIST_HEAD(, throttle_deposit) deposits;	/* what may be refunded */
	struct throttle_queue	 sent;		/* by count_at */
	uint64_t		 within;	/* ns: after that it is so */
	struct window		*windows;	/* owned; of all strict rates */
	struct estimate		*estimate;	/* owned; NULL: none is made */
	struct learn_account	*learner;	/* owned; with a store */
	struct throttle_total	*total;		/* or NULL; its owner's */
	struct throttle_meters	*meters;	/* owned; NULL: none */
	TAILQ_ENTRY(throttle)	 line;		/* of the total, while */
	bool			 in_line;	/* ... it waits for that */
	void			*owner;		/* for who goes along it */
	uint64_t		 now;		/* ns: the latest heard of */
	uint64_t		 unblocked_at;	/* ns; see throttle.c */
	/*
	 * A first one was cancelled: those it held up are unblocked as of the
	 * next throttle_next(), which says what time it is.
	 */
	bool			 head_changed;
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

/* Returns a part's budget; NULL for the whole. */
static inline struct budget *
part_budget(struct throttle *t, unsigned part)
{
	if (part == THROTTLE_WHOLE)
		return NULL;
	assert(part < t->nparts);
	return &t->parts[part];
}

/* Whether there is a named part of that number. */
static inline bool
has_named(const struct throttle *t, unsigned named)
{
	return t->learned != NULL && named > 0 &&
	    named <= THROTTLE_NAMED_PARTS &&
	    t->learned->named[named - 1] != NULL;
}

/* Returns a named part's budget; NULL for none. */
static inline struct budget *
named_budget(struct throttle *t, unsigned named)
{
	if (named == 0)
		return NULL;
	assert(t->learned != NULL && named <= THROTTLE_NAMED_PARTS &&
	    t->learned->named[named - 1] != NULL);
	return &t->learned->named[named - 1]->budget;
}

/* Returns what is learned of a named part; NULL: nothing is, or it is none. */
static inline struct estimate *
part_estimate(const struct throttle *t, unsigned named)
{
	return has_named(t, named) ? t->learned->named[named - 1]->estimate :
	    NULL;
}

/* Returns when it lets the next one go (ns); see estimate_due(). */
static inline uint64_t
part_estimate_due(const struct throttle *t, unsigned named, uint64_t now)
{
	const struct estimate *e = part_estimate(t, named);

	return e == NULL ? 0 : estimate_due(e, now);
}

/* Returns until when nobody goes (ns), by what is learned; 0: some may. */
static inline uint64_t
shut_until(const struct estimate *e)
{
	return e != NULL && e->phase == ESTIMATE_SHUT ? e->next : 0;
}

static inline uint64_t
part_estimate_shut(const struct throttle *t, unsigned named)
{
	return shut_until(part_estimate(t, named));
}

/* A waiter comes to its named part, or leaves it. */
static inline void
join_named(struct throttle *t, unsigned named)
{
	if (named != 0)
		t->learned->named[named - 1]->members++;
}

static inline void
leave_named(struct throttle *t, unsigned named)
{
	if (named != 0)
		t->learned->named[named - 1]->members--;
}

/* Returns whom a lane is for. */
static inline struct pair
pair_of(const struct throttle *t, unsigned lane)
{
	if (lane >= FAIR_LANES)
		return t->learned->pairs[lane - FAIR_LANES];
	return (struct pair){ .part = lane == 0 ? THROTTLE_WHOLE : lane - 1 };
}

/*
 * Sets b to the budgets on top of the host's: of its part, the other parts, and
 * the named one, which comes last; returns how many.
 */
static inline unsigned
inner_budgets(struct throttle *t, struct pair p,
    struct budget *b[THROTTLE_INNER])
{
	unsigned i, n = 0;

	/* who is in no part is in no other one */
	if (p.part != THROTTLE_WHOLE) {
		b[n++] = part_budget(t, p.part);
		for (i = 0; i < p.also.n; i++)
			b[n++] = part_budget(t, p.also.parts[i]);
	}
	if (p.named != 0)
		b[n++] = named_budget(t, p.named);
	return n;
}

static inline struct pair
pair_of_waiter(const struct throttle_waiter *w)
{
	return (struct pair){ w->part, w->named, w->also };
}

/* Returns what a part is after a move, as throttle_limit() describes it. */
static inline unsigned
moved_part(const unsigned *moved, unsigned part, unsigned nparts)
{
	if (part == THROTTLE_WHOLE || moved == NULL || moved[part] >= nparts)
		return THROTTLE_WHOLE;
	return moved[part];
}

/* Somebody may go who was held up until now. */
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
has_no_slot(const struct budget *b)
{
	return b->inflight >= b->slots;
}

/* Returns whether a slot and a place are free in each budget of a waiter. */
static inline bool
has_room(struct throttle *t, const struct throttle_waiter *w)
{
	struct budget *b[THROTTLE_INNER];
	unsigned n = inner_budgets(t, pair_of_waiter(w), b);

	while (n > 0)
		if (!budget_room(b[--n]))
			return false;
	return budget_room(&t->host) &&
	    (t->total == NULL || budget_room(&t->total->budget));
}

/* Returns whether limits are learned, and not only kept as named. */
static inline bool
learns(const struct throttle *t)
{
	return t->estimate != NULL && !t->estimate->told_only;
}

/* Returns whether it may go by its estimate, which it may share (lease_learn.h). */
static inline bool
estimate_is_ours(const struct throttle *t, uint64_t now)
{
	return !learns(t) || !t->stored ||
	    (t->learner != NULL && learn_account_may(t->learner, now));
}

/*
 * Returns whether it may go by its estimate, or will as soon as it has asked:
 * else it has no use for slots that others wait for.
 */
static inline bool
has_use_for_slots(const struct throttle *t, uint64_t now)
{
	return !learns(t) || !t->stored || t->learner == NULL ||
	    learn_account_has_turn(t->learner, now);
}

/* Returns whether another proxy has it, as far as is known. */
static inline bool
estimate_is_abroad(const struct throttle *t, uint64_t now)
{
	return !estimate_is_ours(t, now) && t->learner != NULL &&
	    !learn_account_is_new(t->learner, now);
}

/* Returns when the estimate lets the next one go (ns); see estimate_due(). */
static inline uint64_t
estimate_of(const struct throttle *t, uint64_t now)
{
	if (t->estimate == NULL)
		return 0;
	return estimate_is_ours(t, now) ? estimate_due(t->estimate, now) :
	    THROTTLE_NEVER;
}

/* Returns the named budgets that it shares with others; NULL: none. */
static inline struct throttle_meters *
meters_of_total(const struct throttle *t)
{
	return t->total != NULL ? t->total->meters : NULL;
}

/*
 * Returns whether one was admitted by the total that there is, and not by
 * another one before a reload.
 */
static inline bool
is_of_total(const struct throttle *t, const struct throttle_waiter *w)
{
	return t->total != NULL && w->total == t->total->serial;
}

/* Returns whether what is on top of the host's allows a cost of a lane. */
static inline bool
inner_allow(struct throttle *t, unsigned lane, uint64_t cost, uint64_t now)
{
	struct budget *b[THROTTLE_INNER];
	unsigned n = inner_budgets(t, pair_of(t, lane), b);

	while (n > 0)
		if (!budget_allows(b[--n], cost, now))
			return false;
	return part_estimate_due(t, pair_of(t, lane).named, now) <= now;
}

/*
 * Returns the budget that a part's number stands for: the host's for
 * THROTTLE_WHOLE, a named part's for THROTTLE_NAMED_PART().
 */
struct budget	*throttle_budget_of(struct throttle *, unsigned part);

/*
 * Makes the parts' budgets, with full buckets, and the windows of all budgets,
 * the host's first.  Returns false without memory: none is made then.
 */
bool		 throttle_set_parts(struct throttle *,
		    const struct throttle_limits *);

/* Returns a part's windows among those of the throttle; NULL: there are none. */
struct window	*throttle_windows_of(struct throttle *,
		    const struct throttle_limits *, unsigned part);

/*
 * Returns the lane of those in the same parts and named one, in a queue, made
 * where it is missing; FAIR_END without memory, or when all are in use.
 */
unsigned	 throttle_lane(struct throttle *, struct fair *, struct pair);

/*
 * Makes a copy that stands in for a waiter in a queue: the waiter's client is
 * there then, so that queueing the waiter itself needs no memory.
 */
void		 throttle_stand_in(const struct throttle_waiter *,
		    struct fair_waiter *, unsigned lane);

/*
 * Takes a waiter out of the queue and its named part.  Returns whether it was
 * the first of its lane, so that others may go sooner.
 */
bool		 throttle_unqueue(struct throttle *, struct throttle_waiter *);

/* What was paid stays spent: by one, or by all so far.  NULL is allowed. */
void		 throttle_spend(struct throttle_deposit *);
void		 throttle_spend_all(struct throttle *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAIR_FLOW_H
#define SLUICE_FAIR_FLOW_H

#include <stddef.h>

#include <bsd/sys/queue.h>

#include "base/sum.h"
#include "base/wide.h"
#include "throttle/fair_owner.h"
#include "throttle/fair_waiter.h"

/*
 * What a fair queue is made of: clients, their flows, the groups and lanes that
 * these are in.  For the files of fair; nobody else looks into a queue.
 */

RB_HEAD(fair_waiters, fair_waiter);
RB_HEAD(fair_order, fair_flow);
RB_HEAD(fair_starts, fair_flow);
RB_HEAD(fair_ends, fair_flow);
RB_HEAD(fair_dues, fair_flow);
RB_HEAD(fair_clients, fair_client);
RB_HEAD(fair_owing, fair_client);

struct fair_group {
	struct fair_order	 order;
	LIST_ENTRY(fair_group)	 entry;		/* while it has flows */
	wide			 moved;		/* tags are relative to it */
};

struct fair_lane {
	struct fair_group	 groups[FAIR_URGENCIES];
	struct fair_starts	 starts;
	struct fair_ends	 ends;
	struct fair_waiters	 returned;
	size_t			 length;	/* waiters, returned ones too */
};

/* Of a chart; relative to the group's moved. */
struct fair_bar {
	wide			 start;
	wide			 end;
	wide			 cost;
	uint64_t		 weight;	/* 0: not in the chart */
};

struct fair_flow {
	struct fair_client	*client;
	LIST_ENTRY(fair_flow)	 of_client;
	struct fair_waiters	 waiters;
	size_t			 length;
	wide			 cost;		/* of its waiters */
	unsigned		 lane;

	RB_ENTRY(fair_flow)	 entry;
	struct fair_group	*group;
	wide			 tag;		/* relative to group->moved */
	RB_ENTRY(fair_flow)	 by_due;
	uint64_t		 due;		/* ns, of a better level */

	struct fair_bar		 bar;
	RB_ENTRY(fair_flow)	 by_start;
	uint64_t		 start_weight;	/* sums of the subtree */
	wide			 start_area;
	RB_ENTRY(fair_flow)	 by_end;
	uint64_t		 end_weight;
	wide			 end_area;
};

struct fair_client {
	RB_ENTRY(fair_client)	 entry;
	uint64_t		 id;
	uint64_t		 seq;		/* decides between equal tags */
	wide			 vt;
	uint32_t		 weight;
	size_t			 length;	/* waiters, returned ones too */
	size_t			 tiny;		/* of them, below FAIR_TURN */
	wide			 cost;		/* of those in flows */
	LIST_HEAD(, fair_flow)	 flows;
	RB_ENTRY(fair_client)	 by_vt;		/* while it only owes */
	bool			 owes;
};

struct fair {
	bool			 trust;
	bool			 returned_last;	/* else they are first */
	unsigned		 nlanes;
	size_t			 length;
	size_t			 nclients;
	size_t			 nowing;	/* of them, without waiters */
	uint64_t		 seq;
	uint64_t		 now;		/* ns, the latest seen */
	wide			 vt;
	struct fair_clients	 clients;
	struct fair_owners	 owners;
	struct fair_owing	 owing;
	struct fair_dues	 dues;
	LIST_HEAD(, fair_group)	 groups;	/* that have flows */
	struct fair_lane	**more;		/* from FAIR_LANES; or NULL */
	struct fair_lane	 lanes[];
};

static inline bool
fair_has_lane(const struct fair *q, unsigned lane)
{
	if (lane < FAIR_LANES)
		return lane < q->nlanes;
	return lane < FAIR_END && q->more != NULL &&
	    q->more[lane - FAIR_LANES] != NULL;
}

static inline struct fair_lane *
fair_lane_at(struct fair *q, unsigned lane)
{
	return lane < FAIR_LANES ? &q->lanes[lane] :
	    q->more[lane - FAIR_LANES];
}

static inline const struct fair_lane *
fair_const_lane_at(const struct fair *q, unsigned lane)
{
	return lane < FAIR_LANES ? &q->lanes[lane] :
	    q->more[lane - FAIR_LANES];
}

/* The virtual time that a cost takes, rounded down. */
static inline wide
fair_span(wide cost, uint64_t weight)
{
	if (cost > WIDE_MAX / FAIR_WEIGHT)
		return WIDE_MAX;
	return cost * FAIR_WEIGHT / weight;
}

/*
 * The virtual time of a turn.  What costs little or nothing takes a turn, too,
 * and a slot: many of those would keep others from theirs.
 */
static inline wide
fair_turn_span(uint64_t cost, uint64_t weight)
{
	return fair_span(wide_larger(cost, FAIR_TURN), weight);
}

/*
 * What a client's waiters are ordered by: a step of urgency weighs as much as
 * FAIR_AGE of waiting, at any time.
 */
static inline uint64_t
fair_rank(const struct fair_waiter *w)
{
	uint64_t step = w->returned ? 0 : w->urgency * FAIR_AGE;

	return sum(w->arrived, step);
}

static inline int
fair_compare(wide a, wide b, uint64_t tie_a, uint64_t tie_b)
{
	if (a != b)
		return a < b ? -1 : 1;
	return tie_a < tie_b ? -1 : tie_a > tie_b;
}

static inline int
fair_waiter_cmp(const struct fair_waiter *a, const struct fair_waiter *b)
{
	return fair_compare(fair_rank(a), fair_rank(b), a->seq, b->seq);
}

static inline int
fair_client_cmp(const struct fair_client *a, const struct fair_client *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

/* The urgency that waiting has made of a rank by now. */
static inline unsigned
fair_level(const struct fair *q, uint64_t at)
{
	uint64_t steps;

	if (!q->trust || at <= q->now)
		return 0;
	steps = (at - q->now - 1) / FAIR_AGE + 1;
	return steps < FAIR_URGENCIES ? (unsigned)steps : FAIR_URGENCIES - 1;
}

static inline wide
fair_tag(const struct fair_flow *f)
{
	return wide_sum(f->tag, f->group->moved);
}

static inline struct fair_client *
fair_client(const struct fair *q, uint64_t id)
{
	struct fair_client *c = RB_ROOT(&q->clients);

	while (c != NULL && c->id != id)
		c = id < c->id ? RB_LEFT(c, entry) : RB_RIGHT(c, entry);
	return c;
}

static inline struct fair_flow *
fair_flow_of(const struct fair_client *c, unsigned lane)
{
	struct fair_flow *f;

	LIST_FOREACH (f, &c->flows, of_client)
		if (f->lane == lane)
			break;
	return f;
}

#endif

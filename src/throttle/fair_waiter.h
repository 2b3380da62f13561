/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAIR_WAITER_H
#define SLUICE_FAIR_WAITER_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "base/wide.h"

/* Who waits in a fair queue; fair.h says how. */

#define FAIR_WEIGHT	1000000U	/* a weight of 1 */
#define FAIR_TURN	100000ULL	/* cost that a turn counts at least */
#define FAIR_URGENCIES	8
#define FAIR_URGENCY	3		/* of those who say nothing */
#define FAIR_AGE	5000000000ULL	/* ns that make up for one step */
#define FAIR_LANES	33
#define FAIR_MORE	64		/* lanes that are made later, behind */
#define FAIR_END	(FAIR_LANES + FAIR_MORE)
#define FAIR_REMEMBERED	1024		/* clients that wait no more */

/* The functions of a tree, each as far as it is used. */
#define FAIR_TREE(name, type, field, cmp) \
	RB_GENERATE_INTERNAL(name, type, field, cmp, \
	    __attribute__((unused)) static)

struct fair;
struct fair_flow;
struct fair_owner;
struct throttle_wants;

/*
 * Lives in the caller's memory, zeroed before its first use; "set" fields by
 * the caller before fair_add, and not changed while it is queued.
 */
struct fair_waiter {
	uint64_t		 client;	/* set: who takes turns */
	uint64_t		 owner;		/* set: whose place it is */
	uint64_t		 cost;		/* set: micro cost units */
	/* set: what its turn counts; 0: what it costs */
	uint64_t		 turn;
	uint64_t		 arrived;	/* set: ns */
	uint32_t		 weight;	/* set: of the client, not 0 */
	uint8_t			 urgency;	/* set: below FAIR_URGENCIES */
	bool			 returned;	/* set: see fair_add() */
	uint16_t		 lane;		/* set: one that there is */
	/* the queue's: */
	uint64_t		 seq;
	struct fair_flow	*flow;		/* NULL: not queued */
	RB_ENTRY(fair_waiter)	 entry;
	struct fair_owner	*owned;		/* NULL: it is nobody's */
	TAILQ_ENTRY(fair_waiter) of_owner;
	wide			 sum;		/* costs of its subtree */
	struct throttle_wants	*wants;		/* its owner's; or NULL */
};

/* What the turn of one counts, in whatever all of them are compared by. */
static inline uint64_t
fair_turn_of(const struct fair_waiter *w)
{
	return w->turn != 0 ? w->turn : w->cost;
}

#endif

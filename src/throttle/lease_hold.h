/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_HOLD_H
#define SLUICE_LEASE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/budget_types.h"
#include "throttle/lease_grant.h"

/*
 * Who holds a lease of a budget that several proxies share (lease_grant.h), and
 * spends it.  Calls nobody, allocates nothing.
 */

struct lease_hold {
	struct budget_limits	 limits;
	uint64_t		 serial;	/* 0: there is none */
	uint64_t		 tat[BUDGET_RATES];	/* own clock */
	uint64_t		 ends[BUDGET_RATES];	/* own clock */
	uint64_t		 left;		/* of the amount */
	uint64_t		 from;		/* own clock: places begin */
	uint64_t		 until;		/* own clock: places end */
	uint64_t		 guard;
	uint64_t		 first;		/* what it was asked for with */
	/* The grantor's time, which was told between these two of its own. */
	uint64_t		 theirs;
	uint64_t		 sent;
	uint64_t		 received;
	/* The answer by which their clock can be ahead the least. */
	uint64_t		 least_theirs;
	uint64_t		 least_sent;
	/* What the next question says; see there. */
	uint64_t		 last;
	uint64_t		 stepped;
	uint64_t		 gained;
	uint64_t		 counted;
	uint64_t		 unused;
	uint64_t		 foreign;	/* on its way from before */
	uint64_t		 kept;		/* of what is dropped next */
};

void		 lease_hold_init(struct lease_hold *,
		    const struct budget_limits *);

/*
 * Returns the guard to ask with, where a round trip (ns) is as long: for twice
 * that, as far as it is answered.
 */
uint64_t	 lease_hold_guard(const struct lease_hold *, uint64_t trip,
		    uint64_t horizon);

/* Has a question say what it has had, and what became of that. */
void		 lease_hold_ask(const struct lease_hold *,
		    struct lease_question *);

/*
 * Takes an answer to what was asked at sent and came at received (own clock).
 * Returns false where that took longer than it was asked with, or where the
 * grantor's clock has gone forward: there is no lease then.  Where it is but a
 * bit too fast the lease is as much later.
 */
bool		 lease_hold_take(struct lease_hold *,
		    const struct lease_answer *, const struct lease_question *,
		    uint64_t sent, uint64_t received);

/* Returns until when something of its lease may go (ns); 0: it has none. */
uint64_t	 lease_hold_ends(const struct lease_hold *);

/* Returns how much of its lease may still go, by then (ns). */
uint64_t	 lease_hold_left(const struct lease_hold *, uint64_t now);

/* Returns whether a cost may go now (own clock). */
bool		 lease_hold_allows(const struct lease_hold *, uint64_t cost,
		    uint64_t now);
/*
 * Returns when it may (ns), within this lease; BUDGET_NEVER where another one
 * is needed.
 */
uint64_t	 lease_hold_due(const struct lease_hold *, uint64_t cost,
		    uint64_t now);
/* Spends a cost that was allowed at an instant, whenever that is noticed. */
void		 lease_hold_spend(struct lease_hold *, uint64_t cost,
		    uint64_t at);

/*
 * The host has counted a cost of exact windows, or never will.  What was on its
 * way before there were leases is taken to be what comes first.
 */
void		 lease_hold_count(struct lease_hold *, uint64_t cost);
void		 lease_hold_drop(struct lease_hold *, uint64_t cost);

/* So much of what is dropped next is counted after all. */
void		 lease_hold_keep(struct lease_hold *, uint64_t cost);

/* It has spent without leases, as of the last time that it was told. */
void		 lease_hold_tell_spent(struct lease_hold *);

/* Ends the lease: fills in what is given back of it. */
void		 lease_hold_return(struct lease_hold *, uint64_t now,
		    struct lease_question *);

#endif

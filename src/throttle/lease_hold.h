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
	uint64_t		 guard;
	uint64_t		 first;		/* what it was asked for with */
	/* The grantor's time, which was told between these two of its own. */
	uint64_t		 theirs;
	uint64_t		 sent;
	uint64_t		 received;
};

void		 lease_hold_init(struct lease_hold *,
		    const struct budget_limits *);

/* Returns the guard to ask with, where that round trip (ns) is long. */
uint64_t	 lease_hold_guard(const struct lease_hold *, uint64_t trip,
		    uint64_t horizon);

/*
 * Takes an answer to what was asked at sent and came at received (own clock).
 * Returns false where that took longer than it was asked with: there is no
 * lease then.
 */
bool		 lease_hold_take(struct lease_hold *,
		    const struct lease_answer *, const struct lease_question *,
		    uint64_t sent, uint64_t received);

/* Returns whether a cost may go now (own clock). */
bool		 lease_hold_allows(const struct lease_hold *, uint64_t cost,
		    uint64_t now);
/*
 * Returns when it may (ns), within this lease; BUDGET_NEVER where another one
 * is needed.
 */
uint64_t	 lease_hold_due(const struct lease_hold *, uint64_t cost,
		    uint64_t now);
void		 lease_hold_spend(struct lease_hold *, uint64_t cost,
		    uint64_t now);

/* Ends the lease: fills in what is given back of it. */
void		 lease_hold_return(struct lease_hold *, uint64_t now,
		    struct lease_question *);

#endif

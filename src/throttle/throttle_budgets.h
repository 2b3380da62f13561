/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_BUDGETS_H
#define SLUICE_THROTTLE_BUDGETS_H

#include "throttle/throttle_types.h"

struct budget;

/* All of a throttle's budgets that may have rates. */

/* Which one it is. */
struct throttle_budget {
	enum throttle_whose	 whose;
	unsigned		 n;	/* of those, if there are several */
};

/*
 * Returns the nth of them: the host's, those of its parts, the total's, the
 * named ones and the total's named ones; NULL behind the last.  Sets *which
 * (unless that is NULL) to which that is.
 */
struct budget	*throttle_budget_at(struct throttle *, unsigned n,
		    struct throttle_budget *which);

/* Returns the one that is meant; NULL where there is none. */
struct budget	*throttle_budget_one(struct throttle *,
		    struct throttle_budget);

/*
 * Frees what its own have with a store: their limits change, or go.  Nothing
 * goes then that has no lease.  A total's is that of others, too.
 */
void		 throttle_budgets_close(struct throttle *);

#endif

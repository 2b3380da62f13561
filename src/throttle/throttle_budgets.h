/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_BUDGETS_H
#define SLUICE_THROTTLE_BUDGETS_H

#include "throttle/throttle_types.h"

struct budget;

/* All of a throttle's budgets that may have rates. */

/*
 * Returns the nth of them: the host's, those of its parts, the total's and the
 * named ones; NULL behind the last.
 */
struct budget	*throttle_budget_at(struct throttle *, unsigned n);

/*
 * Frees what they have with a store: their limits change, or go.  Nothing goes
 * then that has no lease.
 */
void		 throttle_budgets_close(struct throttle *);

#endif

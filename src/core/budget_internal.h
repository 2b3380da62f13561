/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_INTERNAL_H
#define SLUICE_BUDGET_INTERNAL_H

#include "core/budget.h"

/*
 * What the files of the budget share: budget.c spends, budget_recovery.c knows
 * what refusals have taught.
 */

static inline uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A new epoch, with a window of 1. */
void		 budget_half_open(struct budget *);

/* The limits alone hold. */
void		 budget_make_whole(struct budget *);

/* Makes recovery and backoff those of a new one. */
void		 budget_forget(struct budget *);

/* Whether anything is known of how the host refuses. */
bool		 budget_remembers(const struct budget *);

/* How many may be without a verdict, while it is half open. */
uint32_t	 budget_places(const struct budget *);

/*
 * One of the present epoch succeeded, or was refused (ns); it is not counted
 * among those without a verdict any more.
 */
void		 budget_succeeded(struct budget *);
void		 budget_was_refused(struct budget *, uint64_t now);

/* Takes over what another knows of refusals, where nothing is known. */
void		 budget_inherit_refusals(struct budget *,
		    const struct budget *);

#endif

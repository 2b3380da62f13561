/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_RECOVERY_H
#define SLUICE_BUDGET_RECOVERY_H

#include "throttle/budget_types.h"

/* What refusals teach a budget: recovery and backoff (see budget.h). */

/*
 * Returns how long (ns) to pause for a refusal that names no time, got by a
 * request of that epoch: base, or about as long as the host was shut last time;
 * longer each time the first probe after the pause is refused, too; at most
 * max.  Returns 0 for one of an earlier epoch while paused or half open: the
 * refusals of one burst count once, as one.  The request's verdict is given
 * before, and budget_pause() called with the sum of this and now.
 */
uint64_t	 budget_backoff(struct budget *, uint32_t epoch, uint64_t base,
		    uint64_t max, uint64_t now);

/*
 * Returns whether to believe a refusal, got by a request of that epoch, that
 * names "now" or sooner than BUDGET_NOW as the time to come back: once, until a
 * success; after that it is taken for one that names no time.  The first makes
 * the budget half open at once, as after a pause.  One of an earlier epoch is
 * believed, and changes nothing.
 */
bool		 budget_at_once(struct budget *, uint32_t epoch, uint64_t now);

/* For budget.c */

/* A new epoch, with a window of 1. */
void		 budget_half_open(struct budget *);

/* The limits alone hold. */
void		 budget_make_whole(struct budget *);

/* Makes recovery and backoff those of a new one. */
void		 budget_forget(struct budget *);

/* Returns whether anything is known of how the host refuses. */
bool		 budget_remembers(const struct budget *);

/* Returns how many may be without a verdict, while it is half open. */
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

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_INTERNAL_H
#define SLUICE_BUDGET_INTERNAL_H

#include "throttle/budget.h"

/*
 * What the files of the budget share: budget.c spends, budget_recovery.c knows
 * what refusals have taught, budget_counted.c what the host has counted.
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

/* A request has gone; the verdict of one is there, which is pending yet. */
void		 budget_counted_sent(struct budget *, uint64_t cost);
void		 budget_counted_verdict(struct budget *, enum budget_verdict,
		    uint64_t now);

/*
 * Forgets what is older than a period, and takes for counted when patience ends
 * (ns) what has no verdict then.  True when a window has moved by that.
 */
bool		 budget_counted_tick(struct budget *, uint64_t patience,
		    uint64_t now);

/* Whether the windows have room; when they may have (ns; 0: they have). */
bool		 budget_counted_room(const struct budget *);
uint64_t	 budget_counted_opens(const struct budget *, uint64_t patience);

/* Takes over verdicts of another rate of that period, if those are more. */
void		 budget_counted_inherit(struct budget_state *,
		    const struct budget_state *, uint64_t now);

/* Takes over what another knows of refusals, where nothing is known. */
void		 budget_inherit_refusals(struct budget *,
		    const struct budget *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_COUNTED_H
#define SLUICE_BUDGET_COUNTED_H

#include "throttle/budget_types.h"

/* What the host has counted: a budget's rates as windows; for budget.c. */

/* A request has gone; the verdict of one is there, which is pending yet. */
void		 budget_counted_sent(struct budget *, uint64_t cost);
void		 budget_counted_verdict(struct budget *, enum budget_verdict,
		    uint64_t now);

/*
 * Lets time pass until now: forgets what is older than a period, and takes what
 * has no verdict when patience ends (ns) for counted then.  Returns whether a
 * window that is in force has moved by that.
 */
bool		 budget_counted_tick(struct budget *, uint64_t patience,
		    uint64_t now);

/* Returns whether the windows have room; where none count, they have. */
bool		 budget_counted_room(const struct budget *);
/* Returns when they may have without a verdict (ns); 0 when they have. */
uint64_t	 budget_counted_opens(const struct budget *, uint64_t patience);

/* Takes over the verdicts of another rate of the same period (ns), if more. */
void		 budget_counted_inherit(struct budget_counted *,
		    const struct budget_counted *, uint64_t period,
		    uint64_t now);

#endif

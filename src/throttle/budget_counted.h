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

#endif

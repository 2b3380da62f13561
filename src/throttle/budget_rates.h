/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_RATES_H
#define SLUICE_BUDGET_RATES_H

#include "throttle/budget_types.h"

/* A budget's rates: each a bucket, a strict one a window besides. */

/* Returns how many windows such limits need: one for each strict rate. */
unsigned	 budget_windows(const struct budget_limits *);

/* Fills the buckets again; all else stays. */
void		 budget_refill(struct budget *);

/*
 * Notes in *paid where what was just taken stands, for budget_refund().  Once
 * the budget's limits have changed it means nothing before budget_paid_move().
 */
void		 budget_paid(const struct budget *, uint64_t cost,
		    struct budget_paid *);

/*
 * Gives back what was paid, as far as time has not done so by now.  From then
 * on all is as if less had been asked for at that time; what is admitted
 * besides it keeps within the limits in any interval.  Sets in sooner[] by how
 * much (1/capacity ns) each rate is done sooner with what was asked of it
 * afterwards, for budget_refunded().
 */
void		 budget_refund(struct budget *, struct budget_paid *,
		    uint64_t now, wide sooner[BUDGET_RATES]);

/*
 * Moves what was paid to where it stands in a budget that has taken over from
 * that one, at now.  A rate that has consumed something else knows nothing of
 * it, and gives nothing back.
 */
void		 budget_paid_move(const struct budget *,
		    const struct budget *from, struct budget_paid *,
		    uint64_t now);

/* Moves what was paid after something else that was refunded just now. */
void		 budget_refunded(const struct budget *,
		    const struct budget_paid *refund,
		    const wide sooner[BUDGET_RATES],
		    struct budget_paid *);

/*
 * What was taken (amount), and stands at *paid, turns out to have been actual:
 * what was taken comes back, as budget_refund() has it, and that is taken now,
 * whether it conforms or not.  More than was taken is a debt, which those who
 * come later wait for.  A host whose bucket was full until the end of an answer
 * has it full no sooner than we do.  Where *paid is void (its cost is 0) only
 * such a debt is taken.
 * counted: strict rates have counted it already; else the host has done so
 * now.
 */
void		 budget_settle(struct budget *, struct budget_paid *,
		    uint64_t amount, uint64_t actual, bool counted,
		    uint64_t now, wide sooner[BUDGET_RATES]);

/*
 * What was taken is in the host's own count since an instant (ns), or will
 * never be: once for each that was taken.
 */
void		 budget_count(struct budget *, uint64_t cost, uint64_t at);
void		 budget_drop(struct budget *, uint64_t cost);

/* For budget.c */

/* Makes them full, with windows of that memory. */
void		 budget_rates_set(struct budget *,
		    const struct budget_limits *, struct window *);

/* Pairs them with another's, and takes over what those have consumed. */
void		 budget_rates_inherit(struct budget *, const struct budget *,
		    uint64_t now);

/* Those on their way are the same, where only limits are new. */
void		 budget_rates_keep_flying(struct budget *,
		    const struct budget *old);

/* Returns whether a window has places free that were occupied. */
bool		 budget_rates_tick(struct budget *, uint64_t now);

/* As budget_due() and budget_due_at_best(), for these alone (ns). */
uint64_t	 budget_rates_due(const struct budget *, uint64_t cost);
uint64_t	 budget_rates_due_at_best(const struct budget *,
		    uint64_t cost, uint64_t now);

bool		 budget_rates_allow(const struct budget *, uint64_t cost,
		    uint64_t now);

/*
 * Returns when one of them allows a cost (ns) that waits behind others, which
 * cost so much ahead and begin to spend at first.
 */
uint64_t	 budget_rate_due(const struct budget *, unsigned rate,
		    wide ahead, uint64_t cost, uint64_t first, uint64_t now);

/* Pays; see budget_take(). */
void		 budget_rates_take(struct budget *, uint64_t cost,
		    uint64_t at, uint64_t now);

/* The windows have a place for what was admitted elsewhere. */
void		 budget_rates_hold(struct budget *, wide cost);

/* Returns whether nothing is consumed at now. */
bool		 budget_rates_are_full(const struct budget *, uint64_t now);

#endif

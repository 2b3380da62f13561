/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_TOTAL_H
#define SLUICE_THROTTLE_TOTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/budget.h"
#include "throttle/throttle_types.h"

/*
 * A budget that several throttles spend from, on top of their own: what all
 * credentials of a host may have together.  Whoever is admitted by one of
 * these throttles pays to it, too, all or nothing.
 *
 * Throttles for which it is short stand in a line, and one of each goes in
 * turn: a throttle comes into the line when it has somebody who could go but
 * for this budget (throttle_wake() finds that out), to its end each time that
 * one has gone, and out of it when it has nobody any more.  Only the first of
 * the line may take, and knows when; so whoever has called throttle_wake() for
 * one of them goes on with the first of the line, as long as that changes.
 *
 * It has no pauses and no recovery: what a host says is said to one credential.
 * Nor are its rates strict: when a host has counted is known to one throttle.
 * It may have named budgets, too (throttle_meter.h), for names that its
 * throttles have.
 * All throttles of one total have one lock, which the caller holds.  A total
 * lives in the caller's memory; the fields are the throttle's.
 */

/* Makes one with full buckets; serial: not 0, another one for each. */
void		 throttle_total_init(struct throttle_total *,
		    const struct budget_limits *, uint32_t serial);

/*
 * Gives it the named budgets of limits, which have no other use here, with what
 * those of the same names have consumed.  Returns false without memory: the old
 * ones stay.
 */
bool		 throttle_total_meters(struct throttle_total *,
		    const struct throttle_limits *, uint64_t now)
		    __attribute__((warn_unused_result));

/* Frees what it has with a store, and its named budgets. */
void		 throttle_total_close(struct throttle_total *);

/* Sets new limits; what was consumed stays consumed. */
void		 throttle_total_limit(struct throttle_total *,
		    const struct budget_limits *, uint64_t now);

/* Takes over what another one has consumed. */
void		 throttle_total_inherit(struct throttle_total *,
		    const struct throttle_total *, uint64_t now);

/* Fills its buckets, because all that was paid so far came to nothing. */
void		 throttle_total_refill(struct throttle_total *, uint64_t now);

/* Returns whether it equals a new one: it may be dropped without loss. */
bool		 throttle_total_idle(struct throttle_total *, uint64_t now);

/*
 * Has a throttle spend from a total (NULL: from none) from now on; the owner is
 * what throttle_total_first() returns.  Those who were admitted before hold no
 * slot of it.
 */
void		 throttle_join(struct throttle *, struct throttle_total *,
		    void *owner);

/* Returns the owner of the first throttle in line; NULL where none is. */
void		*throttle_total_first(const struct throttle_total *);

/*
 * Finds out whether a throttle has to stand in line, given who of it could go
 * next but for the total (NULL: nobody) and when (ns).  Returns when it should
 * be asked for the next one.  For throttle_wake().
 */
uint64_t	 throttle_total_wake(struct throttle *,
		    const struct fair_waiter *, uint64_t at, uint64_t now);

/* For the files of the throttle: the same as of budgets, if there is one. */
bool		 throttle_total_allows(const struct throttle *,
		    const struct fair_waiter *, uint64_t now);
void		 throttle_total_take(struct throttle *,
		    struct throttle_waiter *, uint64_t at, uint64_t now);
void		 throttle_total_hold(struct throttle *,
		    struct throttle_waiter *);
void		 throttle_total_verdict(struct throttle *,
		    struct throttle_waiter *, enum budget_verdict,
		    uint64_t now);
void		 throttle_total_release(struct throttle *,
		    const struct throttle_waiter *, uint64_t now);
void		 throttle_total_refund(struct throttle *,
		    struct throttle_waiter *, uint64_t now);
bool		 throttle_total_is_wanted(const struct throttle *,
		    const struct throttle_waiter *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_METER_H
#define SLUICE_THROTTLE_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/throttle_types.h"

/*
 * Named budgets of a throttle, of which each request wants an amount of its own
 * (tokens, points, bytes), besides what it costs.  They are on top of the host's
 * budget for all of its requests: who is admitted takes from each, all or
 * nothing, and one that is short of them is not overtaken.
 *
 * What is taken is an estimate.  What it really was may be told until the
 * waiter is released (throttle_settle()); then it is as if that had been taken.
 * Strict rates of budgets that are settled hold the amount from its admission
 * until a period after that, for only the end of an answer tells when the host
 * has counted the last of it.
 *
 * Where there are named budgets, turns count what part of the scarcest budget
 * one takes: the longest time in which a rate gives as much.
 *
 * A total (throttle_total.h) may have some of the same names: what one takes of
 * a throttle's it then takes of these, too, all or nothing.
 *
 * They have no slots, no pauses and no recovery.
 */

struct fair_waiter;
struct meter;
struct throttle;
struct throttle_meters;

/* What one wants of one of them. */
struct throttle_meter_want {
	struct budget		*budget;
	uint64_t		 amount;	/* micro units, more than 0 */
	enum throttle_meters_of	 of;
	unsigned		 meter;		/* its number there */
};

/*
 * Tells what an admitted one really took of each amount that it wants (micro
 * units; THROTTLE_NEVER: not known, what was taken stands), once.  Does nothing
 * where it has taken nothing.
 */
void		 throttle_settle(struct throttle *, struct throttle_waiter *,
		    const uint64_t *actual, uint64_t now);

/*
 * Takes the host's word that left (micro units) of a named budget was there at
 * an instant (ns), in the rate of its shortest period: what others have taken of
 * that is taken here, too.  It never gives anything back.
 */
void		 throttle_meter_left(struct throttle *, const char *name,
		    uint64_t left, uint64_t at, uint64_t now);

/* For the files of the throttle */

/* Returns one by its name, or by the one it had before; or NULL. */
struct meter	*throttle_meter_find(const struct throttle_meters *,
		    const char *name);

/* Returns the one of a serial, or NULL: of 0, too. */
struct meter	*throttle_meter_by_serial(const struct throttle_meters *,
		    uint32_t serial);

/*
 * Sets *made to the memory of the named budgets of these limits; NULL where
 * there are none.  Returns false without memory.
 */
bool		 throttle_meters_make(const struct throttle_limits *,
		    enum throttle_meters_of, struct throttle_meters **made)
		    __attribute__((warn_unused_result));
/* Frees what was not given to any.  NULL is allowed, here and below. */
void		 throttle_meters_drop(struct throttle_meters *);
void		 throttle_meters_tick(struct throttle *, uint64_t now);
void		 throttle_meters_refill(struct throttle_meters *);
bool		 throttle_meters_idle(const struct throttle_meters *,
		    uint64_t now);

/*
 * The same as of budgets, of all that one wants of these, if it wants anything;
 * now is the latest that was heard of.
 */
bool		 throttle_meters_allow(const struct throttle_meters *,
		    const struct fair_waiter *, uint64_t now);
uint64_t	 throttle_meters_due(const struct throttle_meters *,
		    const struct fair_waiter *, uint64_t now);
uint64_t	 throttle_meters_due_at_best(const struct throttle_meters *,
		    const struct fair_waiter *, uint64_t now);

/* A throttle's own, and those of its total. */
void		 throttle_meters_take(struct throttle *,
		    struct throttle_waiter *, uint64_t at, uint64_t now);
/* The host has counted what is not settled. */
void		 throttle_meters_count(struct throttle *,
		    struct throttle_waiter *, uint64_t at);
/* What it has taken comes back, as far as time has not given it back. */
void		 throttle_meters_refund(struct throttle *,
		    struct throttle_waiter *, uint64_t now);
/* What it has taken, and nobody has settled, stands. */
void		 throttle_meters_end(struct throttle *,
		    struct throttle_waiter *, uint64_t now);

/*
 * Returns the budget of that number, and sets *name (unless that is NULL) to its
 * name; NULL where there is none.
 */
struct budget	*throttle_meter(const struct throttle *,
		    enum throttle_meters_of, unsigned meter,
		    const char **name);

/* What the turn of one with such a cost counts; 0: what it costs. */
uint64_t	 throttle_meters_turn(const struct throttle *,
		    const struct throttle_wants *, uint64_t cost);

/* Calls each() with each amount that one wants of these. */
void		 throttle_meters_each(const struct throttle_meters *,
		    const struct fair_waiter *,
		    void (*each)(const struct throttle_meter_want *, void *),
		    void *arg);

#endif

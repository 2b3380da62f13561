/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_METER_MOVE_H
#define SLUICE_THROTTLE_METER_MOVE_H

#include <stdint.h>

struct throttle;
struct throttle_limits;
struct throttle_meters;
struct throttle_waiter;

/* Named budgets (throttle_meter.h) at a reload. */

/*
 * Puts those that were made in the place of old ones (NULL: there are none),
 * with what these have consumed that had the same names, or counted the same by
 * a name that is gone.  What waiters have taken is settled as before.
 */
void		 throttle_meters_set(struct throttle_meters **,
		    struct throttle_meters *, const struct throttle_limits *,
		    uint64_t now);
/* Frees them; what waiters have taken of them is not settled any more. */
void		 throttle_meters_free(struct throttle_meters **);

/* Takes over what others of the same names have consumed. */
void		 throttle_meters_inherit(struct throttle_meters *,
		    const struct throttle_meters *, uint64_t now);

/*
 * An admitted one goes on at another throttle, which if it is new has taken
 * over what the first one has consumed, and so has its total: to be called
 * before it is released there, while that has the budgets.  throttle_hold()
 * calls the other one.
 */
void		 throttle_meters_carry(struct throttle *, struct throttle *to,
		    struct throttle_waiter *, uint64_t now);
void		 throttle_meters_hold(struct throttle *,
		    struct throttle_waiter *);

#endif

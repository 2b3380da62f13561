/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_PART_H
#define SLUICE_THROTTLE_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/budget_types.h"

/*
 * What is learned of a part that the host names, where limits are learned: an
 * estimate of its own (estimate.h), made with the first refusal that names it.
 * A part that has refused nothing is not held back, and has none.  For the files
 * of the throttle, which let time pass before; throttle_lane.h says what it lets
 * go.
 */

struct estimate;
struct throttle;
struct throttle_waiter;

/*
 * Makes that of a named part, where it is missing and limits are learned here.
 * NULL: they are not, or there is no memory.
 */
struct estimate	*throttle_part_learn(struct throttle *, unsigned named);

/* Frees that of a part, or those of all. */
void		 throttle_part_forget(struct throttle *, unsigned named);
void		 throttle_parts_forget(struct throttle *);

/* Whether they may try one more than they know. */
void		 throttle_parts_probe(struct throttle *, bool probes);

/* A waiter is admitted: at an instant (ns) that may lie before now. */
void		 throttle_part_take(struct throttle *,
		    struct throttle_waiter *, uint64_t at, uint64_t now);

/*
 * An admitted one comes to its part from elsewhere, or leaves it.  Where its
 * verdict was given before, the host has counted it, and that is all.
 */
void		 throttle_part_join(struct throttle *,
		    struct throttle_waiter *, uint64_t now);
void		 throttle_part_leave(struct throttle *,
		    struct throttle_waiter *, uint64_t now);

/* The host has counted one at an instant (ns); or it never will. */
void		 throttle_part_counted(struct throttle *,
		    struct throttle_waiter *, uint64_t at);
void		 throttle_part_dropped(struct throttle *,
		    struct throttle_waiter *);

/* What became of one; it was counted, or dropped, before. */
void		 throttle_part_answered(struct throttle *,
		    struct throttle_waiter *, enum budget_verdict,
		    uint64_t now);

#endif

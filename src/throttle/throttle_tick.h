/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_TICK_H
#define SLUICE_THROTTLE_TICK_H

#include "throttle/throttle_types.h"

/*
 * What time does to a throttle: pauses and shapes end, and hosts have counted
 * those who were admitted, which is what strict rates have to know (window.h):
 * with their verdict, or a time after they were sent whole.  Who goes before
 * that leaves a stand-in behind, which is gone then.
 */

/* Lets time pass until now, for all budgets. */
void		 throttle_tick(struct throttle *, uint64_t now);

/* An admitted one was sent whole at now; once more counts anew. */
void		 throttle_add_sent(struct throttle *,
		    struct throttle_waiter *, uint64_t now);

/*
 * The host has counted an admitted one at an instant (ns), or never will; does
 * nothing the second time.
 */
void		 throttle_count(struct throttle *, struct throttle_waiter *,
		    uint64_t at);
void		 throttle_drop(struct throttle *, struct throttle_waiter *);

/*
 * An admitted one goes, and the host may count it yet, or nobody knows whether
 * it has: its place stays occupied until it must have.
 */
void		 throttle_leave_behind(struct throttle *,
		    struct throttle_waiter *, uint64_t now);

/* Forgets all that are left behind. */
void		 throttle_forget_behind(struct throttle *);

#endif

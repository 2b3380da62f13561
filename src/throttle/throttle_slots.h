/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_SLOTS_H
#define SLUICE_THROTTLE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/slots_account.h"
#include "throttle/throttle_types.h"

/*
 * The slots (slots_account.h) of all of a throttle's budgets that have a
 * concurrency, where those are a store's.  For the files of the throttle, which
 * let time pass before.
 */

/* Nobody has one but what a store lends, from now on; or as before it. */
void		 throttle_slots_begin(struct throttle *);
void		 throttle_slots_end(struct throttle *);

/* Lets time pass until now. */
void		 throttle_slots_tick(struct throttle *, uint64_t now);

/*
 * Returns when the nth budget has something to ask of its slots (ns), or one
 * has to look; THROTTLE_NEVER: not by time.
 */
uint64_t	 throttle_slots_at(struct throttle *, unsigned n, uint64_t now);

/*
 * Returns whether the nth budget asks now, or at once where it has something to
 * tell; its account has the question then.
 * Sets *freed where a slot is free without the store.
 */
bool		 throttle_slots_ask(struct throttle *, unsigned n,
		    const struct lease_terms *, uint64_t *ids, uint64_t now,
		    bool tells, bool *freed);

/* Returns whether the nth budget has a last question; its account has it. */
bool		 throttle_slots_leave(struct throttle *, unsigned n,
		    uint64_t now);

/*
 * Takes what the store says (NULL: nothing) to what a holder has asked of the
 * nth budget.
 */
void		 throttle_slots_take(struct throttle *, unsigned n,
		    uint64_t holder, const struct lease_slots_answer *,
		    uint64_t received);

/* Returns how many there are that a store has lent. */
uint64_t	 throttle_slots_lent(struct throttle *);

#endif

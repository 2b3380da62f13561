/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_LEARN_H
#define SLUICE_THROTTLE_LEARN_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/learn_account.h"
#include "throttle/throttle_types.h"

/*
 * What a throttle learns, where a store lends that (learn_account.h).  For the
 * files of the throttle, which let time pass before.
 */

/* It is its own again. */
void		 throttle_learn_end(struct throttle *);

/* Somebody has changed by order what is known here: all are to know it so. */
void		 throttle_learn_order(struct throttle *, bool renews,
		    uint64_t now);
/* Returns whether there is such an order that they have not been told of. */
bool		 throttle_learn_has_order(const struct throttle *);
/* The others have told the store something. */
void		 throttle_learn_hear(struct throttle *, uint64_t now);

/*
 * Returns when there is something to ask (ns), or one has to look;
 * THROTTLE_NEVER: not by time.
 */
uint64_t	 throttle_learn_at(struct throttle *, uint64_t now);

/*
 * Returns whether it asks now; its account has the question then, and the
 * caller's text what it tells.  Sets *granted where somebody may go without the
 * store.
 */
bool		 throttle_learn_ask(struct throttle *,
		    const struct lease_terms *, uint64_t *ids,
		    char text[ESTIMATE_SAVED], uint64_t now, bool *granted);

/* Returns whether it has a last question, as throttle_learn_ask() has them. */
bool		 throttle_learn_leave(struct throttle *, bool ends,
		    char text[ESTIMATE_SAVED], uint64_t now);

/* Takes what the store says (NULL: nothing) to what a holder has asked. */
void		 throttle_learn_take(struct throttle *, uint64_t holder,
		    const struct lease_learn_answer *, uint64_t sent,
		    uint64_t received);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_PAUSE_H
#define SLUICE_STORE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/lease_pause.h"

/*
 * Pauses of a host are shared with its own budget: what one proxy learns is
 * told with a question, at once, and others hear it with their next lease.  So
 * is that the host is open again, after which nobody has to ask it, and that an
 * operator has ended all pauses.  A pause that he orders holds here.  All with the
 * host's lock held.
 */

struct host;
struct store_answer;

struct store_pause {
	struct lease_pause	 pause;
	struct lease_clock	 clock;		/* of the store's last word */
};

/* Notes how it stands; returns whether there is something to tell at once. */
bool		 store_pause_note(struct store_pause *, struct host *,
		    uint64_t now);
/*
 * Returns what a question of the host's own budget is to tell of it, be that of
 * leases or, where it has no rates, of slots (lease_grant.h).
 */
struct lease_turn_news store_pause_tell(struct store_pause *, uint64_t now);
/*
 * The host pauses as an answer to one of leases, or of slots, says, or it has
 * the turn to ask whether it is open.
 */
void		 store_pause_hear(struct store_pause *, struct host *,
		    const struct store_answer *, bool of_slots);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_PAUSE_H
#define SLUICE_STORE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/lease_pause.h"

/*
 * Pauses of a host are shared with its own budget: what one proxy learns is
 * told with a question, at once, and others hear it with their next lease.  So
 * is that the host is open again, or that an operator has said so, after which
 * nobody has to ask the host.  A pause that he orders holds here.  All with the
 * host's lock held.
 */

struct host;
struct store_answer;

struct store_pause {
	struct lease_pause	 pause;
	struct lease_clock	 clock;		/* of the store's last word */
};

struct store_pause_told {
	uint64_t		 pause;		/* store's */
	uint64_t		 opened;	/* store's */
	uint64_t		 longest;	/* ns */
};

/* Notes how it stands; returns whether there is something to tell at once. */
bool		 store_pause_note(struct store_pause *, const struct host *,
		    uint64_t now);
/*
 * Returns what a question of the host's own budget is to tell of it, be that of
 * leases or, where it has no rates, of slots (lease_grant.h).
 */
struct store_pause_told store_pause_tell(struct store_pause *,
		    const struct host *);
/*
 * The host pauses as an answer to one of leases, or of slots, says, or it has
 * the turn to ask whether it is open.
 */
void		 store_pause_hear(struct store_pause *, struct host *,
		    const struct store_answer *, bool of_slots);

#endif

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
struct lease_question;
struct store_answer;

struct store_pause {
	struct lease_pause	 pause;
	struct lease_clock	 clock;		/* of the store's last word */
};

/* Notes how it stands; returns whether there is something to tell at once. */
bool		 store_pause_note(struct store_pause *, const struct host *,
		    uint64_t now);
/* Has a question of the host's own budget tell it. */
void		 store_pause_tell(struct store_pause *, const struct host *,
		    struct lease_question *);
/* The host pauses as an answer says, or it has the turn to ask whether it is
   open. */
void		 store_pause_hear(struct store_pause *, struct host *,
		    const struct store_answer *);

#endif

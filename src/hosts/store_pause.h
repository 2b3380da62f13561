/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_PAUSE_H
#define SLUICE_STORE_PAUSE_H

#include "throttle/lease_pause.h"

/*
 * Pauses of a host are shared with its own budget: what one proxy learns is
 * told with a question, at once, and others hear it with their next answer.
 */

struct host;
struct store_answer;

struct store_pause {
	struct lease_pause	 pause;
	struct lease_clock	 clock;		/* of the store's last word */
};

/*
 * Returns what is to be told of a host's pause (store's clock, us), or 0; with
 * its lock held.  What an operator has ordered here holds here.
 */
uint64_t	 store_pause_tell(struct store_pause *, const struct host *,
		    uint64_t now);
/* The host pauses for as long as an answer says, and that says so. */
void		 store_pause_hear(struct store_pause *, struct host *,
		    const struct store_answer *);

#endif

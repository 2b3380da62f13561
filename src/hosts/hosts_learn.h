/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_LEARN_H
#define SLUICE_HOSTS_LEARN_H

#include <stdbool.h>
#include <stdint.h>

#include "hosts/hosts.h"
#include "policy/lesson.h"

/*
 * Takes what an answer to an admitted ticket teaches, for everybody; once for
 * each admission, else its verdict does not count.  Waiters whose start now
 * lies past their deadline are refused.  Returns for how long (ns) the host is
 * paused by it; 0 where that is nothing new.  The ticket's unheld says that it
 * was refused for a part for which there is no place: nobody waits for that.
 */
uint64_t	 hosts_learn(struct hosts *, struct ticket *,
		    const struct lesson *, uint64_t now);

/* Returns whether the ticket's host has named another part than that. */
bool		 hosts_names_other(struct hosts *, struct ticket *,
		    const struct throttle_key *part);

#endif

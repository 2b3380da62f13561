/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_LEARN_H
#define SLUICE_HOSTS_LEARN_H

#include <stdbool.h>
#include <stdint.h>

#include "hosts/hosts.h"
#include "policy/lesson.h"

/*
 * Takes what an answer to an admitted ticket tells, for everybody; once for
 * each admission, else its verdict does not count.  For how long (ns) the host
 * is paused by it, and waiters whose start now lies past their deadline were
 * refused; 0 where that is nothing new.
 */
uint64_t	 hosts_learn(struct hosts *, struct ticket *,
		    const struct lesson *, uint64_t now);

/* Whether the ticket's host has named another part of itself than that. */
bool		 hosts_names_other(struct hosts *, struct ticket *,
		    const struct throttle_key *part);

#endif

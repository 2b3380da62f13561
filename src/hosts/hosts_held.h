/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_HELD_H
#define SLUICE_HOSTS_HELD_H

#include "hosts/hosts.h"

/* What is to be told of requests that are held for long. */

struct hosts_held {
	char		 budget[HOSTS_BUDGET];	/* what it waits for */
	/* ns; the earliest, as things stand; not after now: when a slot or an
	   answer comes */
	uint64_t	 start;
	uint32_t	 waiting;		/* at its host, itself too */
	uint64_t	 oldest;		/* ns: one waits since then */
};

/*
 * Returns whether it is to be told that a ticket waits, and fills in what: once
 * in every ns for each host, since the others there wait for the same.
 */
bool		 hosts_held(struct hosts *, struct ticket *, uint64_t every,
		    uint64_t now, struct hosts_held *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_TOTALS_H
#define SLUICE_ADMIN_TOTALS_H

#include <stddef.h>
#include <stdint.h>

/* What all hosts, and all requests, come to. */

struct hosts;

struct admin_totals {
	size_t		 hosts;
	uint64_t	 waiting;
	uint64_t	 oldest;	/* ns: waits since then; 0: nobody */
	uint64_t	 in_flight;
	size_t		 paused;	/* hosts */
};

/* Adds up how all hosts stand. */
void		 admin_totals_of_hosts(struct hosts *, uint64_t now,
		    struct admin_totals *);

/* Returns how many requests there were, and were refused for a limit. */
uint64_t	 admin_totals_requests(uint64_t *refused);

#endif

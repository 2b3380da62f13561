/* SPDX-License-Identifier: ISC */
#ifndef BENCH_SHARED_EVENTS_H
#define BENCH_SHARED_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens when, on the simulation's clock: a heap of instants. */

struct event {
	uint64_t	 at;		/* ns, true */
	uint64_t	 order;		/* of those at one instant */
	uint32_t	 kind;
	uint32_t	 of;		/* whose it is */
};

/* Puts one in; the process ends without memory. */
void		 event_put(uint64_t at, uint32_t kind, uint32_t of);

/* Takes out the first of all; returns false where there is none. */
bool		 event_next(struct event *);

#endif

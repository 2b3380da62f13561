/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAULT_H
#define SLUICE_FAULT_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * What whoever injects and whoever is injected share: a file, mapped by both.
 * tests/fault/faults.py has the same members in the same order.
 */

#define FAULT_FRAMES	32		/* of a stack, most */
#define FAULT_CALLS	65536		/* that are written down, most */
#define FAULT_CHILD	1		/* the site of all in a forked child */

/*
 * A loop that hangs before it waits; the first that sees it does, and that has
 * last accepted at port, where there is one.
 */
enum fault_hang {
	FAULT_TURNS,
	FAULT_HANG,		/* one is to hang */
	FAULT_HANGS,		/* until it is FAULT_TURNS again */
};

struct fault {
	/* What is to fail; call is written last, and 0 ends it. */
	_Atomic uint32_t	 call;		/* its place in calls.h, from 1 */
	_Atomic uint32_t	 error;		/* errno; 0: cut short */
	_Atomic uint32_t	 nth;		/* 1: the next; 0: none */
	_Atomic uint32_t	 many;		/* in a row, from there on */
	_Atomic uint32_t	 port;		/* of the peer; 0: any */
	_Atomic uint32_t	 depth;		/* 1: the sites are wanted */
	_Atomic uint64_t	 site;		/* of those only; 0: any */
	_Atomic int64_t		 shift;		/* ns, of the wall clock */
	_Atomic uint32_t	 hang;		/* enum fault_hang */

	/* What has happened since. */
	_Atomic uint32_t	 seen;		/* calls of it, from the site */
	_Atomic uint32_t	 fired;		/* those that failed */
	_Atomic uint64_t	 at;		/* the site of the first */
	_Atomic uint32_t	 frames;
	_Atomic uint32_t	 written;	/* calls written down */
	uint64_t		 stack[FAULT_FRAMES];	/* of the first */
	uint64_t		 sites[FAULT_CALLS];	/* of calls, in order */
};

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LIB_TYPES_H
#define SLUICE_LIB_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include <sluice/throttle.h>

#include "throttle/throttle.h"

/* What the library's handles are; its callers see none of it. */

struct sluice_limits {
	struct budget_limits	 budget;
	uint32_t		 queue_length;
	bool			 careful;
};

LIST_HEAD(sluice_waiters, sluice_waiter);

struct sluice_throttle {
	struct throttle		*throttle;
	bool			 careful;	/* half open after pauses */
	uint64_t		 now;	/* ns: the latest that it was told */
	struct sluice_waiters	 waiters;	/* all of its own */
	/* taken out of the queue, to be told by sluice_late() */
	struct throttle_queue	 late;
};

struct sluice_waiter {
	struct throttle_waiter	 waiter;	/* first: see lib_waiter_of() */
	struct throttle_deposit	 deposit;
	struct sluice_throttle	*owner;		/* NULL: that one is freed */
	LIST_ENTRY(sluice_waiter) entry;	/* of its owner's */
	bool			 late;		/* it is in that list */
	void			*data;		/* the caller's */
	/* how it asks: */
	uint64_t		 client;
	uint64_t		 deadline;	/* ns */
	uint32_t		 weight;
	uint8_t			 urgency;
};

/* Returns whose that is; NULL for NULL. */
static inline struct sluice_waiter *
lib_waiter_of(struct throttle_waiter *w)
{
	return (struct sluice_waiter *)(void *)w;
}

#endif

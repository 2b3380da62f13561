/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_TOTAL_H
#define SLUICE_HOSTS_TOTAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "http/http1.h"
#include "policy/rule.h"
#include "throttle/throttle_total.h"

/*
 * What all credentials of a host may spend together (per_total), whose entries
 * have throttles of their own.  A total lives as long as one of these entries:
 * the last one stays in the table for as long as the total has something to
 * remember.
 */

struct host_total {
	UT_hash_handle		 hh;
	char			*key;	/* of the host, without a credential */
	/* In place of its entries' locks, guards them and what follows. */
	pthread_mutex_t		 lock;
	struct throttle_total	 total;
	/* Admissions that may have reached the host, of all entries. */
	uint64_t		 reached;
	/* With the table locked for writing: */
	unsigned		 entries;
	uint32_t		 reload;	/* its limits are from */
};

/* Those of a table; begins as zero. */
struct hosts_totals {
	struct host_total	*table;
	uint32_t		 serial;
	uint32_t		 reload;	/* the number of the last */
};

/* Returns the one that is there for a host of that rule; NULL: none is. */
struct host_total *hosts_total_find(const struct hosts_totals *,
		    const struct rule *, const struct http1_host *);

/*
 * Has a throttle, whose owner is an entry for that host, spend from the host's
 * total, made where it is missing; with the table locked for writing.  Returns
 * the total; NULL without memory.
 */
struct host_total *hosts_total_join(struct hosts_totals *,
		    const struct rule *, const struct http1_host *,
		    struct throttle *, void *owner);
/* The same back. */
void		 hosts_total_leave(struct hosts_totals *, struct host_total *,
		    struct throttle *);

/*
 * Gives one the limits that the rule has now, once in a reload.  Returns false
 * without memory: those of named budgets stay what they were.
 */
bool		 hosts_total_limit(struct hosts_totals *, struct host_total *,
		    const struct rule *, uint64_t now);

/* Returns whether an entry may go, or is the last that keeps what it knows. */
bool		 hosts_total_lets_go(struct host_total *, uint64_t now);

#endif

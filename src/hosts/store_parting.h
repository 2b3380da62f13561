/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_PARTING_H
#define SLUICE_STORE_PARTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "throttle/lease_grant.h"
#include "throttle/lease_learn.h"
#include "throttle/lease_slots.h"
#include "throttle/throttle_store.h"

/*
 * The last word of hosts to a store: what they give back.  It waits in a list,
 * for whoever asks the store; if nobody does, all that melts, or comes back as
 * of one that is silent.
 */

struct host;
struct host_leases;

struct store_parting {
	TAILQ_ENTRY(store_parting) entry;
	struct budget_limits	 limits;
	struct lease_question	 ask;
	bool			 of_slots;	/* then this is asked: */
	struct lease_slots_question slots;
	bool			 of_learn;	/* or this */
	struct lease_learn_question learn;	/* its text is behind the name */
	size_t			 len;
	char			 name[];	/* of the budget, there */
};

/*
 * A host, locked, that gets these from the list's store gives them back, and gets
 * others if it wants some.  ends: nothing that went goes on.
 */
void		 store_parting_add(struct host *, enum throttle_store_what,
		    bool ends, uint64_t now);
/* Returns the next one, which is the caller's to free; NULL: there is none. */
struct store_parting *store_parting_next(struct host_leases *);
/* Frees those that are left. */
void		 store_parting_free(struct host_leases *);

#endif

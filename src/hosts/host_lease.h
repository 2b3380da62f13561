/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOST_LEASE_H
#define SLUICE_HOST_LEASE_H

#include "hosts/host_types.h"

/*
 * Which hosts want a lease of what they may spend (throttle/lease.h), and have
 * got one.  A host is in one of four states:
 *
 *   NONE	nothing is asked for.
 *   WANTS	somebody waits for one, or will soon: host_lease_look(), on any
 *		thread.
 *   PROMISED	it is in what is being written: by whoever writes.
 *   GRANTED	that is written, and those who wait may go: by whoever writes;
 *		hosts_lease_admit() has them go, on a loop.
 *
 * Where leases are a store's (store_desk.h), it only WANTS something, or does
 * not: all else is known to the throttle.
 */

/*
 * Makes the lists.  Whoever writes is rung, on any thread, when there is one
 * that wants a lease and was none before.
 */
void		 host_leases_init(struct host_leases *, void (*ring)(void *),
		    void *arg);
void		 host_leases_destroy(struct host_leases *);
/* Returns the first in a state, or NULL; with the table locked. */
struct host	*host_leases_first(struct host_leases *, enum host_lease);

/*
 * A host that is new, or has another rule, gets its leases from who writes, or
 * from a store, as far as there are such; with its lock held, as for the rest.
 */
void		 host_lease_begin(struct host *, struct host_leases *written,
		    struct host_leases *shared, uint64_t now);
/* What it remembers is to be written soon. */
void		 host_lease_note(struct host *);
/* It may want one. */
void		 host_lease_look(struct host *, uint64_t now);
/* It is in that state now. */
void		 host_lease_put(struct host *, enum host_lease);

#endif

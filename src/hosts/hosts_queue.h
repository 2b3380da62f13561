/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_QUEUE_H
#define SLUICE_HOSTS_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/events.h"
#include "hosts/hosts.h"
#include "throttle/throttle_view.h"

/* Who waits at a host, and who uses it, for people. */

#define HOSTS_CLIENT	128	/* bytes of a client's name, with its end */

/*
 * One that waits.  Its client is an address, or what the rule's fair_by tells
 * clients apart by: a user, a field's value.  A field that may hold a
 * credential is not shown, but the digits of a hash.
 */
struct hosts_waiter {
	char		 client[HOSTS_CLIENT];
	char		 method[32];
	char		 path[128];		/* without its query */
	char		 part[EVENTS_TEXT];	/* or "" */
	struct waiter_view waiter;		/* its pointer is NULL */
};

/*
 * Those who wait at a key, the next first, at most max.  Returns how many; *all
 * is how many there are, of how many *clients; all 0 without such a host.
 */
size_t		 hosts_view_queue(struct hosts *, const char *key,
		    uint64_t now, struct hosts_waiter *, size_t max,
		    size_t *all, size_t *clients);

/* One that uses a host. */
struct hosts_user {
	char		 client[HOSTS_CLIENT];
	uint64_t	 id;
	size_t		 waiting;
	size_t		 inflight;
};

/*
 * Those with something waiting or in flight at a key, the most first, at most
 * max.  Returns how many.
 */
size_t		 hosts_view_users(struct hosts *, const char *key,
		    struct hosts_user *, size_t max);

#endif

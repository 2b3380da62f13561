/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_QUEUE_H
#define SLUICE_HOSTS_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/events.h"
#include "hosts/hosts.h"
#include "hosts/ticket_say.h"
#include "throttle/throttle_view.h"

/* Who waits at a host, and who uses it, for people. */

/* One that waits. */
struct hosts_waiter {
	struct ticket_said said;
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
	char		 client[TICKET_CLIENT];
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

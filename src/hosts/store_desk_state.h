/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_DESK_STATE_H
#define SLUICE_STORE_DESK_STATE_H

#include <stddef.h>

#include "hosts/hosts_table.h"
#include "hosts/store_pause.h"
#include "net/loop.h"
#include "throttle/lease_flow.h"
#include "throttle/throttle_store.h"

/* What a desk (store_desk.h) is made of; for its files. */

struct client_hasher;
struct dialer;
struct store_desk;
struct store_listener;
struct store_peers;
struct store_redis;

struct store_entry {
	struct wake		 wake;
	struct store_desk	*desk;
	UT_hash_handle		 hh;
	uint64_t		 serial;	/* of the host */
	unsigned		 asked;		/* without an answer */
	struct throttle_store_count count;	/* of its budgets */
	bool			 visited;	/* its host was there */
	struct store_pause	 pause;		/* of the host's */
	uint64_t		 name;		/* its own budget's; or 0 */
	bool			 tells_parts;	/* it has learned of some */
	bool			 heard;		/* of a pause: it asks */
};

struct store_desk {
	struct hosts		*hosts;
	struct loop		*loop;
	const struct dialer	*dialer;
	struct store_redis	*redis;		/* or NULL: no memory */
	struct store_listener	*listener;	/* the same */
	struct lease_flow	 flow;		/* of questions to it */
	char			*name;		/* of the store, for people */
	bool			 connected;
	bool			 told;		/* ... which was said */
	uint64_t		 ids;		/* the last that was given */
	struct store_peers	*peers;
	struct client_hasher	*hasher;	/* made when it is needed */
	struct store_entry	*entries;
	unsigned		 parting;	/* last words, not heard yet */
	bool			 handed;	/* another process asks now */
	void			(*done)(void *);	/* it leaves; or NULL */
	void			*done_arg;
	bool			 closing;
};

/* A host, locked within the table; NULL, with nothing locked. */
static inline struct host *
store_desk_enter(struct store_desk *d, uint64_t serial)
{
	struct host *h;

	pthread_rwlock_rdlock(&d->hosts->lock);
	h = hosts_find_from(d->hosts, serial);
	if (h != NULL && h->serial == serial &&
	    h->leases == &d->hosts->shared) {
		host_lock(h);
		return h;
	}
	pthread_rwlock_unlock(&d->hosts->lock);
	return NULL;
}

#endif

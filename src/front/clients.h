/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CLIENTS_H
#define SLUICE_CLIENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "base/memory.h"

/*
 * Who connects, to whatever thread, so that nobody takes what others need.  A
 * client is an address (of IPv6 its /64, since each machine has that many), who
 * opened a Unix socket, or a user, where they have to say who they are.
 *
 * One is known as long as somebody refers to it, and until its rate has
 * recovered.  References are taken and given back with a lock, once for each
 * connection; what is counted of a client needs none.
 */

#define CLIENTS_SHARDS		16
#define CLIENTS_REMEMBERED	4096	/* without a reference, at most */

struct client_hash;

struct client_key {
	unsigned char		 bytes[17];	/* what it is, and which */
};

struct client {
	RB_ENTRY(client)	 node;
	TAILQ_ENTRY(client)	 entry;		/* while nobody refers to it */
	struct client_key	 key;
	size_t			 refs;
	uint64_t		 id;		/* never another's */
	atomic_size_t		 connections;
	_Atomic(uint64_t)	 due;		/* ns; see client_pay() */
	struct memory_holder	 memory;	/* nothing without a reference */
};

struct clients;

/* Returns an empty table, of those who share that; NULL without memory. */
struct clients	*clients_new(struct memory *);
/* Frees it, when nobody refers to any.  NULL is allowed. */
void		 clients_free(struct clients *);
/* Returns how many are known that somebody refers to. */
size_t		 clients_count(const struct clients *);

/* Returns the id of the client of that key; 0: it is not known. */
uint64_t	 clients_id(struct clients *, const struct client_key *);

/* Whom a connection is from, or a user's requests. */
struct client_key client_of_address(const struct sockaddr *);
struct client_key client_of_uid(uid_t);
struct client_key client_of_user(const struct client_hash *name);

/*
 * Returns the client of that key, until clients_unref(); NULL without memory.
 * now: ns, monotonic.
 */
struct client	*clients_ref(struct clients *, const struct client_key *);
void		 clients_unref(struct clients *, struct client *,
		    uint64_t now);

/*
 * Pays for a request at a rate (a second); as many as a second allows may come
 * at once.  Returns how long (ns) to wait before it can pay; 0: it has.
 */
uint64_t	 client_pay(struct client *, uint64_t rate, uint64_t now);

#endif

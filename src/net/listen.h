/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LISTEN_H
#define SLUICE_LISTEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Listening sockets. */

struct conf;

/* One bound and listening socket per address and worker. */
struct listener {
	struct sockaddr_storage	 addr;		/* as bound */
	socklen_t		 len;
	int			*fds;		/* one a worker; -1: taken */
	bool			 bound;
};

struct listeners {
	struct listener		*list;
	size_t			 n;
	unsigned		 workers;
	/* what "any address" stands for: the machine's own */
	struct sockaddr_storage	*own;
	size_t			 nown;
	/* clients connected, over all workers: limits.connections */
	atomic_size_t		 connections;
};

/*
 * Binds all addresses of listen for that many workers and logs each.  NULL with
 * *cause set (to be freed; it has the place in the file) when one cannot be
 * bound.
 */
struct listeners *listen_open(const struct conf *, unsigned workers,
		    char **cause);
void		 listen_close(struct listeners *);

/*
 * Whether connecting to that address would reach one of the listeners: by
 * its own address, a mapped one, or any of the machine's where a listener is
 * bound to all.
 */
bool		 listen_is_self(const struct listeners *,
		    const struct sockaddr *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LISTEN_H
#define SLUICE_LISTEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Listening sockets, opened before there are workers, since only the start may
 * need the right to do so.
 */

struct conf;
struct conf_addresses;

/* One bound and listening socket per address and worker. */
struct listener {
	struct sockaddr_storage	 addr;		/* as bound */
	socklen_t		 len;
	char			*text;		/* as configured */
	bool			 tls;		/* clients speak it there */
	int			*fds;		/* one a worker; -1: taken */
	bool			 bound;
	bool			 inherited;	/* its path is not ours */
	bool			 both;		/* of IPv6, takes IPv4, too */
};

struct listeners {
	struct listener		*list;
	size_t			 n;
	unsigned		 workers;
	/* clients connected, over all workers */
	atomic_size_t		 connections;
	/* others of this process, which are not to be dialled either */
	const struct listeners	*also;
};

/* What is to be opened. */
struct listen_order {
	const char		*key;		/* of the file, for errors */
	const char		*told;		/* in the log, before each */
	const struct conf_addresses *addresses;
	unsigned		 workers;
	/*
	 * Whether a Unix socket gets these permissions, before anybody can
	 * connect, and that group (a name or a number; NULL: our own).
	 */
	bool			 guarded;
	uint32_t		 mode;
	const char		*group;
};

/*
 * Binds all addresses for that many workers and logs each; those that were
 * handed over (inherited.h) are taken, and shared by all workers.  A Unix
 * socket's file that nobody listens at any more is taken away before.  Returns
 * NULL with *cause, to be freed, when one cannot be bound: it has the place in
 * the file; *cause is NULL without memory for it.
 */
struct listeners *listen_open(const struct conf *,
		    const struct listen_order *, char **cause);
/* Closes what nobody has taken, removes Unix sockets' files.  NULL: nothing. */
void		 listen_close(struct listeners *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LISTEN_H
#define SLUICE_LISTEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/socket_file.h"

/*
 * Listening sockets, opened before there are workers, since only the start may
 * need the right to do so.
 */

struct conf;
struct conf_addresses;

/*
 * The bound and listening sockets of an address: one for each worker at least;
 * more where more were handed over, since connections wait in each of them.  The
 * nth worker has the nth, and every so manieth behind that.
 */
struct listener {
	struct sockaddr_storage	 addr;		/* as bound */
	socklen_t		 len;
	char			*text;		/* as configured */
	bool			 tls;		/* clients speak it there */
	int			*fds;
	bool			*taken;		/* of each, by its worker */
	unsigned		 nfds;
	bool			 bound;
	bool			 inherited;	/* its path is not ours */
	bool			 own;		/* ... but of an earlier process */
	bool			 both;		/* of IPv6, takes IPv4, too */
	struct socket_file	 file;		/* of a Unix socket */
};

struct listeners {
	struct listener		*list;
	size_t			 n;
	unsigned		 workers;
	/* clients connected, over all workers */
	atomic_size_t		 connections;
	/* who waits for the last one to go: an eventfd, or -1 */
	atomic_int		 empty;
	/* others of this process, which are not to be dialled either */
	struct listeners	*also;
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
 * handed over (inherited.h) are taken, all of them, and shared by all workers.
 * A Unix socket's file that nobody listens at any more is taken away before.
 * Returns NULL with *cause, to be freed, when one cannot be bound: it has the
 * place in the file; *cause is NULL without memory for it.
 */
struct listeners *listen_open(const struct conf *,
		    const struct listen_order *, char **cause);
/*
 * From now on the paths are ours that an earlier process of this program has
 * bound; or none is, for a later one has them.  Of the others, too (also).
 */
void		 listen_adopt(struct listeners *);
void		 listen_leave(struct listeners *);

/*
 * Closes what nobody has taken, removes Unix sockets' files, but none that
 * another process has put in their place.  NULL: nothing.
 */
void		 listen_close(struct listeners *);

#endif

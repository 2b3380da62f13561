/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_NET_H
#define SLUICE_NET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "conf/conf.h"
#include "net/names.h"

/* Sockets and addresses. */

#define NET_ADDRSTR	128	/* bytes that net_addrstr() may need */

/* One bound and listening socket per address and worker. */
struct net_listener {
	struct sockaddr_storage	 addr;		/* as bound */
	socklen_t		 len;
	int			*fds;		/* one a worker; -1: taken */
	bool			 bound;
};

struct net_listeners {
	struct net_listener	*list;
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
struct net_listeners *net_listen(const struct conf *, unsigned workers,
		    char **cause);
void		 net_listeners_free(struct net_listeners *);

/*
 * Whether connecting to that address would reach one of the listeners: by
 * its own address, a mapped one, or any of the machine's where a listener is
 * bound to all.
 */
bool		 net_is_self(const struct net_listeners *,
		    const struct sockaddr *);

/* "127.0.0.1:80", "[::1]:80", "unix:/path" into buf; returns buf. */
const char	*net_addrstr(const struct sockaddr *, char *buf, size_t size);

/* Parses an IP literal; false when it is a name. */
bool		 net_literal(const struct http1_host *, uint16_t port,
		    struct sockaddr_storage *);

/*
 * Dissolves a TCP connection, which sends the peer a reset now, whatever is
 * done to the socket before it is closed.
 */
void		 net_dissolve(int fd);

/*
 * An address without its port: that of IPv4 for a mapped one, all zero where
 * there is none (NULL, a Unix socket).  And back, with a port.
 */
void		 net_pack(const struct sockaddr *, struct names_address *);
void		 net_unpack(const struct names_address *, uint16_t port,
		    struct sockaddr_storage *);

void		 net_set_port(struct sockaddr *, uint16_t port);
socklen_t	 net_addrlen(const struct sockaddr *);

#endif

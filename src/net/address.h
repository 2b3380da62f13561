/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADDRESS_H
#define SLUICE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Addresses of sockets: as text, and as bytes to remember and compare. */

struct http1_host;

#define ADDRESS_TEXT	128	/* bytes that address_print() may need */

/*
 * Writes "127.0.0.1:80", "[::1]:80" or "unix:/path", cut off where size bytes
 * are too few.  Returns buf.
 */
const char	*address_print(const struct sockaddr *, char *buf, size_t size);

/*
 * Makes an address of a host that is an IP literal, with that port (in the
 * host's byte order).  Returns whether it is one; false for a name.
 */
bool		 address_literal(const struct http1_host *, uint16_t port,
		    struct sockaddr_storage *);

/* An IP address without a port; equal ones are equal byte by byte. */
struct address {
	int		 family;	/* AF_INET, AF_INET6; 0: none */
	unsigned char	 address[16];	/* in network order, then zeros */
};

/*
 * Takes the address without its port: that of IPv4 for an IPv4-mapped one, none
 * for NULL and for a Unix socket.
 */
void		 address_pack(const struct sockaddr *, struct address *);

/*
 * The same, of whoever is one client: of IPv6 the /64 that the address is in,
 * since each machine has that many.
 */
void		 address_client(const struct sockaddr *, struct address *);

/* The way back, with a port (in the host's byte order). */
void		 address_unpack(const struct address *, uint16_t port,
		    struct sockaddr_storage *);

/* Does nothing to a Unix socket's. */
void		 address_set_port(struct sockaddr *, uint16_t port);

/* Returns how long an address of its family is, as connect() wants it. */
socklen_t	 address_length(const struct sockaddr *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADDRESS_H
#define SLUICE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Addresses, as text and as bytes. */

struct http1_host;

#define ADDRESS_TEXT	128	/* bytes that address_print() may need */

/* "127.0.0.1:80", "[::1]:80", "unix:/path" into buf; returns buf. */
const char	*address_print(const struct sockaddr *, char *buf, size_t size);

/* Parses an IP literal; false when it is a name. */
bool		 address_literal(const struct http1_host *, uint16_t port,
		    struct sockaddr_storage *);

struct address {
	int		 family;	/* AF_INET, AF_INET6 */
	unsigned char	 address[16];	/* in network order */
};

/*
 * An address without its port: that of IPv4 for a mapped one, all zero where
 * there is none (NULL, a Unix socket).  And back, with a port.
 */
void		 address_pack(const struct sockaddr *, struct address *);
void		 address_unpack(const struct address *, uint16_t port,
		    struct sockaddr_storage *);

void		 address_set_port(struct sockaddr *, uint16_t port);
socklen_t	 address_length(const struct sockaddr *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RELAY_PARENT_H
#define SLUICE_RELAY_PARENT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Heads for a parent, made of those that relay_request() has made for origins:
 * so nothing that waits holds the parent's credentials.  Pure: bytes in, bytes
 * out.
 */

struct http1_host;
struct text;

struct relay_parent {
	const struct http1_host	*host;		/* of the origin */
	uint16_t		 port;		/* of it */
	const char		*authorization;	/* for the parent; or NULL */
};

/*
 * The request for an origin, whose method has so many bytes, in absolute form
 * (RFC 9112 3.2.2).
 */
void	 relay_parent_absolute(struct text *, const struct text *head,
	    size_t method_len, const struct relay_parent *);

/* A client's CONNECT, as relay_request() has it, for its host. */
void	 relay_parent_connect(struct text *, const struct text *head,
	    const struct relay_parent *);

/* One of our own, with our name in Via; or NULL. */
void	 relay_parent_own_connect(struct text *, const char *via,
	    const struct relay_parent *);

#endif

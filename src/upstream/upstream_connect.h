/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_CONNECT_H
#define SLUICE_UPSTREAM_CONNECT_H

#include <stdbool.h>

/* How a connection comes to be one that requests may be sent on. */

struct tls;
struct upstream;
struct upstream_target;

/* Returns whether requests go to the parent itself, for any of its hosts. */
bool		 upstream_is_shared(const struct upstream_target *);

/*
 * Begins to connect one that is new; connected(), refused() or failed()
 * follows.  Returns false without memory.
 */
bool		 upstream_connect(struct upstream *,
		    const struct upstream_target *);
/* It speaks what it is to speak: tells that it is there. */
void		 upstream_connected(struct upstream *);

/* Gives it a socket, and the TLS that is spoken there already, or NULL. */
void		 upstream_attach(struct upstream *, int fd, struct tls *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_OWN_H
#define SLUICE_OWN_H

#include <stdbool.h>
#include <sys/socket.h>

/* What connections would come back to this process. */

struct listeners;

/*
 * Returns whether connecting to that address would reach one of the listeners,
 * or of those beside them:
 * by its own address, a mapped one, or any of the machine's where a listener is
 * bound to all.
 */
bool		 own_endpoint(const struct listeners *,
		    const struct sockaddr *);

#endif

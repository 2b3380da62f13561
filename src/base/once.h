/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ONCE_H
#define SLUICE_ONCE_H

#include <stdbool.h>

/* What is worth a line in the log once, and no more. */

enum once_kind {
	ONCE_HTTP2 = 1,		/* a client that speaks it from the start */
	ONCE_TLS,		/* one that ends TLS without a request */
	ONCE_TUNNEL,		/* limits that count tunnels only */
};

/*
 * Whether this is to be told about that host (or "" for all) now: true once at
 * most in the life of the process.  It may be never, as memory is bounded; so
 * is what can be told in sum.  Safe from any thread.
 */
bool	 once_first(enum once_kind, const char *name);

#endif

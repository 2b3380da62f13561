/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ONCE_H
#define SLUICE_ONCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is worth a line in the log once, or once a minute, and no more. */

enum once_kind {
	ONCE_HTTP2 = 1,		/* a client that speaks it from the start */
	ONCE_TLS,		/* one that ends TLS without a request */
	ONCE_TUNNEL,		/* limits that count tunnels only */
	ONCE_PARENT,		/* credentials that a parent refuses */
};

/*
 * Returns whether this is to be told about that host (or "" for all) now: true
 * once at most in the life of the process; perhaps never, because the table of
 * what was told is bounded.  Safe from any thread.
 */
bool	 once_first(enum once_kind, const char *name);

/*
 * Returns whether this is to be told about those n bytes (an address) at that
 * time (ns, monotonic): once a minute at most, and 256 times a minute of all
 * that there are.  Safe from any thread.
 */
bool	 once_a_minute(const void *, size_t n, uint64_t now);

#endif

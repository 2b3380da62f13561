/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_IO_H
#define SLUICE_UPSTREAM_IO_H

#include <stdbool.h>
#include <stddef.h>

struct upstream;

/* Once it has its socket. */
void		 upstream_io_init(struct upstream *);
/* Sends what TLS has made to be sent. */
void		 upstream_flush_wire(struct upstream *);
/* Closes the socket, and says so inside TLS; what waits is forgotten. */
void		 upstream_hang_up(struct upstream *);

enum upstream_io {
	UPSTREAM_IO_ALL,	/* what was asked for: there may be more */
	UPSTREAM_IO_NOTHING,	/* no more for now */
	UPSTREAM_IO_END,	/* the host ended its side in good order */
	UPSTREAM_IO_CUT,	/* or otherwise; errno, without TLS */
	UPSTREAM_IO_TLS,	/* TLS has failed */
};

/*
 * Receives about size bytes into the loop's scratch; *n is how many came,
 * also where it then ended.
 */
enum upstream_io upstream_receive(struct upstream *, size_t size, size_t *n);
/* An idle connection has nothing to say: not even that it ended. */
bool		 upstream_quiet(struct upstream *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_GATHER_H
#define SLUICE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "base/text.h"

/*
 * What is sent to one client within one callback, collected for one system
 * call.  The bytes stay where they are until then.
 */

struct downstream;

#define GATHER_PIECES	48

/* Zeroed to start with. */
struct gather {
	struct iovec		 v[GATHER_PIECES];
	int			 n;
	char			 sizes[GATHER_PIECES][20];	/* of chunks */
	struct text		 head;
	struct text		 tail;
};

/* Returns whether it has no room for that many pieces more. */
bool	 gather_full(const struct gather *, int pieces);
/* Adds n bytes as they are; or as a chunk, which takes three pieces. */
void	 gather_add(struct gather *, const char *, size_t n);
void	 gather_add_chunk(struct gather *, const char *, size_t n);
/* Sends it all, and is empty then.  Returns whether there was anything. */
bool	 gather_send(struct gather *, struct downstream *);
/* Empties it. */
void	 gather_drop(struct gather *);
/* Frees its memory. */
void	 gather_free(struct gather *);

#endif

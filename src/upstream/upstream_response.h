/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_RESPONSE_H
#define SLUICE_UPSTREAM_RESPONSE_H

#include <stddef.h>

#include "net/failure.h"

struct upstream;

/* Tells whoever sent the request that it failed. */
void		 upstream_fail(struct upstream *, enum failure,
		    const char *why);

/*
 * Takes bytes of the response to the request at hand, and tells what they are.
 * Where nothing more is to be read for now, the upstream is paused.
 */
void		 upstream_feed(struct upstream *, char *, size_t n);

/* No more bytes will come; why: it was cut off, or NULL for a good end. */
void		 upstream_feed_end(struct upstream *, const char *why);

#endif

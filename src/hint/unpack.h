/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UNPACK_H
#define SLUICE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Inflates what comes piece by piece, in gzip's or zlib's format (or what is
 * inside of the latter, which some send as deflate).  Holds zlib's window, 32
 * KiB, and its tables; no more for more input.
 */

/*
 * So many bytes come out for each that goes in, beyond the first UNPACK_FREE:
 * what claims more is made to keep us busy.
 */
#define UNPACK_RATIO	100
#define UNPACK_FREE	1048576
#define UNPACK_PIECE	4096	/* bytes that come out at a time */

struct unpack;

/* Returns one; NULL without memory. */
struct unpack	*unpack_new(bool gzip);
void		 unpack_free(struct unpack *);

/*
 * Inflates a piece, and hands out what comes of it.  Returns false where it is
 * not what it should be; then it stays so.
 */
bool		 unpack_push(struct unpack *, const char *, size_t,
		    void (*out)(const char *, size_t, void *), void *arg);

#endif

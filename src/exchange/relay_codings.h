/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RELAY_CODINGS_H
#define SLUICE_RELAY_CODINGS_H

#include <stdbool.h>

/*
 * Accept-Encoding (RFC 9110 12.5.3), of a request whose answer is to be read:
 * what the client takes, and can be read here.  Pure: bytes in, bytes out.
 */

struct http1_field;
struct http1_head;
struct text;

/* Returns whether a field is one that counts. */
bool	 relay_codings_is(const struct http1_field *);

/* Returns whether the client takes what is not coded at all. */
bool	 relay_codings_plain(const struct http1_head *);

/*
 * Returns whether the client says what it takes, and something of that can be
 * read.  Then its fields may be left out, for the one of the next.
 */
bool	 relay_codings_readable(const struct http1_head *);

/* Puts a field by which no other coding is asked for, in place of all. */
void	 relay_codings_put(struct text *, const struct http1_head *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BASE64_H
#define SLUICE_BASE64_H

#include <stddef.h>

/* Base64 (RFC 4648 4), and its form for URLs (RFC 4648 5). */

/* How many bytes n characters are at most. */
#define BASE64_PLAIN(n)	((n) / 4 * 3 + 3)

/*
 * Decodes n characters of either form, with padding at their end or without
 * it, into out, which has room for BASE64_PLAIN(n) bytes.  Returns how many
 * they are; 0 where there are none, or where a character is none of Base64's.
 */
size_t		 base64_decode(char *out, const char *text, size_t n);

/* How many characters n bytes are, with the end of their text. */
#define BASE64_TEXT(n)	(((n) + 2) / 3 * 4 + 1)

/*
 * Encodes n bytes, with padding, into out, which has room for BASE64_TEXT(n)
 * characters; it is terminated.
 */
void		 base64_encode(char *out, const char *bytes, size_t n);

#endif

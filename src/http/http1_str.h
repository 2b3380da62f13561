/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_STR_H
#define SLUICE_HTTP1_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Bytes in somebody else's buffer; not terminated. */
struct http1_str {
	const char	*p;
	size_t		 len;
};

/* For the next: the same of two that are as long. */
bool		 http1_str_like(const char *, const char *, size_t len);

/*
 * Returns whether the two are equal without regard to case (ASCII only).  Inline,
 * for the length of what is compared with is known then, and tells most apart.
 */
static inline bool
http1_str_is(struct http1_str s, const char *text)
{
	return strlen(text) == s.len && http1_str_like(s.p, text, s.len);
}

/* Returns whether the two are equal byte by byte, as methods are compared. */
static inline bool
http1_str_equals(struct http1_str s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

/* Returns whether it is a token (RFC 9110 5.6.2), of one byte at least. */
bool		 http1_is_token(const char *, size_t len);

/* Returns the same bytes without the white space (SP, HTAB) around them. */
struct http1_str http1_str_trim(struct http1_str);

#endif

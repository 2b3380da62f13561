/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_STR_H
#define SLUICE_HTTP1_STR_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes in somebody else's buffer; not terminated. */
struct http1_str {
	const char	*p;
	size_t		 len;
};

/* Equal without case (ASCII only). */
bool		 http1_str_is(struct http1_str, const char *);

/* Equal, letters' case included, as methods are compared. */
bool		 http1_str_equals(struct http1_str, const char *);

/* True for tchar (RFC 9110 5.6.2) strings of at least one byte. */
bool		 http1_is_token(const char *, size_t len);

/* The same without white space around. */
struct http1_str http1_str_trim(struct http1_str);

#endif

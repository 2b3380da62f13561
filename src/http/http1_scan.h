/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_SCAN_H
#define SLUICE_HTTP1_SCAN_H

#include <stddef.h>

#include "http/http1.h"

/* How far the search for a head's end has come; zero it for each new head. */
struct http1_scan {
	size_t			 seen;	/* bytes looked at */
	size_t			 line;	/* offset of the current line */
	unsigned		 lines;
	enum http1_error	 error;	/* why HTTP1_FAILED */
};

/*
 * Looks for the end of a head in buf, which holds all bytes since the head's
 * first, len of them, and may have moved between calls.  Returns HTTP1_DONE:
 * *end is the head's length with its empty line.  HTTP1_MORE: the bytes so far
 * may begin a head.  HTTP1_FAILED: they cannot; it fails early, on a byte that
 * no head may hold, on a line end that is not CRLF, on more than max bytes
 * without an end (HTTP1_LONG_HEAD), on a first line longer than line_max
 * (HTTP1_LONG_TARGET).  Empty lines before a start line are the caller's to
 * skip with http1_skip_empty().
 */
enum http1_result http1_scan(struct http1_scan *, const char *buf, size_t len,
		    size_t max, size_t line_max, size_t *end)
		    __attribute__((warn_unused_result));

/*
 * Returns how many bytes of CRLF stand before a start line (RFC 9112 2.2); a
 * lone CR at the end of the bytes is not counted.
 */
size_t		 http1_skip_empty(const char *buf, size_t len);

#endif

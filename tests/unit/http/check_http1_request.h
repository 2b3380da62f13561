/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_HTTP1_REQUEST_H
#define SLUICE_CHECK_HTTP1_REQUEST_H

#include "http/http1_request.h"

#include "check_http1.h"

/* What the tests of requests share: their beginnings, and how to parse them. */

/* A request line and Host of which nobody complains. */
#define GET	"GET http://h/ HTTP/1.1\r\nHost: h\r\n"
#define GET10	"GET http://h/ HTTP/1.0\r\nHost: h\r\n"
#define POST	"POST http://h/ HTTP/1.1\r\nHost: h\r\n"
#define END	"\r\n"

static inline enum http1_error
parse(struct http1_head *head, const char *p, size_t len)
{
	struct scanned scanned;

	scanned = scan_all_ways(p, len, MAX_HEAD, MAX_LINE);
	ck_assert_int_ne(scanned.result, HTTP1_MORE);
	if (scanned.result == HTTP1_FAILED)
		return scanned.error;
	return http1_request(head, p, scanned.end);
}

#endif

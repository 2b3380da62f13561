/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_HTTP1_H
#define SLUICE_CHECK_HTTP1_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1.h"
#include "http/http1_scan.h"
#include "check_run.h"

/* What the tests of http1 share: rows of bytes, and ways to cut them up. */

/* A string literal that may hold NUL. */
#define BYTES(s)	{ "" s, sizeof(s) - 1 }
#define NROWS(table)	((int)(sizeof(table) / sizeof((table)[0])))

#define MAX_HEAD	16384
#define MAX_LINE	8192

/* A copy without a byte to spare, so that reading on is found out. */
static inline char *
exact_copy(const char *p, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, p, len);
	return copy;
}

struct scanned {
	enum http1_result	 result;
	enum http1_error	 error;
	size_t			 end;
};

/* Shows the scanner the first len bytes, at a new address each time. */
static inline bool
scan_some(struct http1_scan *scan, const char *p, size_t len, size_t max,
    size_t line_max, struct scanned *out)
{
	char *copy = exact_copy(p, len);

	out->end = 0;
	out->result = http1_scan(scan, copy, len, max, line_max, &out->end);
	out->error = scan->error;
	free(copy);
	return out->result != HTTP1_MORE;
}

static inline void
scan_compare(const struct scanned *got, const struct scanned *want)
{
	ck_assert_int_eq(got->result, want->result);
	ck_assert_int_eq(got->error, want->error);
	ck_assert_uint_eq(got->end, want->end);
}

/*
 * Scans in one go, then cut in two at every place, then byte by byte: all
 * have to come to the same end.
 */
static inline struct scanned
scan_all_ways(const char *p, size_t len, size_t max, size_t line_max)
{
	struct http1_scan scan = { .seen = 0 };
	struct scanned whole;
	struct scanned parts;
	size_t i;

	scan_some(&scan, p, len, max, line_max, &whole);
	for (i = 0; i <= len; i++) {
		memset(&scan, 0, sizeof scan);
		if (!scan_some(&scan, p, i, max, line_max, &parts))
			scan_some(&scan, p, len, max, line_max, &parts);
		scan_compare(&parts, &whole);
	}
	memset(&scan, 0, sizeof scan);
	for (i = 0; i <= len; i++) {
		if (scan_some(&scan, p, i, max, line_max, &parts))
			break;
	}
	scan_compare(&parts, &whole);
	return whole;
}

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_H
#define SLUICE_HINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http1_head;

/* What a response says about its host's limits. */
struct hint {
	bool	 retry_after;		/* a usable Retry-After was there */
	uint64_t delay;			/* ns to wait; UINT64_MAX: saturated */
};

/*
 * Reads a response's Retry-After fields (RFC 9110 10.2.3): delta-seconds, also
 * with a fraction, or an HTTP-date in any of its three forms, measured against
 * the response's own Date where that is usable, else against now (seconds of
 * the wall clock since 1970).  Several fields: the longest counts.  Text,
 * negative numbers and empty values are as absent; a date in the past is 0.
 */
void	 hint_read(const struct http1_head *, int64_t now, struct hint *);

/*
 * One Retry-After value of n bytes (no terminator needed); date is what an
 * HTTP-date is measured against.  False where it is not usable.
 */
bool	 hint_retry_after(const char *, size_t n, int64_t date,
	    uint64_t *delay);

/*
 * An HTTP-date (RFC 9110 5.6.7: IMF-fixdate, RFC 850, asctime) to seconds
 * since 1970; now places a two-digit year (one that appears more than 50
 * years ahead is in the past).  False where it is not a date.
 */
bool	 hint_date(const char *, size_t n, int64_t now, int64_t *seconds);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_H
#define SLUICE_HINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/http1.h"

#define HINT_MICRO	1000000ULL	/* micro units of a unit */

/* What a response says about its host's limits. */
struct hint {
	bool	 retry_after;		/* a usable Retry-After was there */
	uint64_t delay;			/* ns to wait; UINT64_MAX: saturated */
};

/*
 * Reads a response's Retry-After fields (RFC 9110 10.2.3), each as
 * hint_retry_after() does; several fields: the longest counts.  Dates are
 * measured against the response's own Date where that is usable, else against
 * now (seconds of the wall clock since 1970).
 */
void	 hint_read(const struct http1_head *, int64_t now, struct hint *);

/*
 * One Retry-After value of n bytes (no terminator needed): delta-seconds, an
 * HTTP-date in any of its three forms, and then, leniently, seconds with a
 * fraction or an ISO 8601 timestamp.  date is what dates are measured against;
 * one in the past is 0.  False where the value is not usable: text, a negative
 * number, nothing.
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

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_UNTIL_H
#define SLUICE_HINT_UNTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hint/hint_number.h"

/*
 * How long until a time, in whatever form: a timestamp, an HTTP-date, a
 * duration, or a number, which is read by its magnitude: above 10^17 it is
 * nanoseconds since 1970, above 10^14 microseconds, above 10^11 milliseconds,
 * above 10^9 seconds, else so many units (ns) from now.  What is over is 0.
 * Returns false when it is none of these, or an instant more than a year away.
 */
bool		 hint_until(struct http1_str, uint64_t unit, int64_t date,
		    uint64_t *ns);

/* The same for a number, of seconds where it is no instant. */
bool		 hint_until_number(struct hint_number, int64_t date,
		    uint64_t *ns);

/*
 * Returns whether it says when that is (a timestamp, a date, a number of that
 * magnitude), not how long until then.
 */
bool		 hint_is_instant(struct http1_str, int64_t date);

/*
 * Returns whether it is a number below zero: so many units ago, as clocks that
 * differ make it.  That is a reset that is over, but no delay (RFC 9110
 * 10.2.3).
 */
bool		 hint_is_over(struct http1_str);

/*
 * One value of n bytes that says for how long (no terminator needed), such as
 * Retry-After's: delta-seconds, an HTTP-date in any of its three forms, and
 * then, leniently, a number with a fraction, an ISO 8601 timestamp, dates of
 * other forms, a duration such as 1m2.5s, PT1M2.5S, 00:01:02 or 62 seconds; a
 * number above 10^9 is an instant, of as many seconds, milliseconds,
 * microseconds or nanoseconds since 1970 as its magnitude tells.
 * date is what instants are measured against; what is past is 0.  Returns false
 * when the value is not usable: text, nothing, a negative number, an instant
 * more than a year away.
 */
bool	 hint_retry_after(const char *, size_t n, int64_t date,
	    uint64_t *delay);

#endif

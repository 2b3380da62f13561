/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_H
#define SLUICE_HINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http1.h"

/*
 * What a response says about its host's limits: Retry-After, the RateLimit
 * fields of the IETF's drafts, and what vendors send instead of them.
 *
 * Nothing here trusts a peer.  Fields that are malformed are ignored, one by
 * one; numbers saturate; of what is said twice, the more cautious counts.
 */

#define HINT_BUDGETS	8	/* of one response; further ones are ignored */
#define HINT_MICRO	1000000ULL	/* micro units of a unit */

enum hint_unit {
	HINT_REQUESTS,
	HINT_CONCURRENT,	/* requests at the same time */
	HINT_TOKENS,		/* or bytes, or points: not one for a request */
};

/* One limit that the response was measured against. */
struct hint_budget {
	const char		*source;	/* static text: whose dialect */
	/*
	 * The policy, bucket or resource as the response names it, in the
	 * head's bytes; p is NULL where it has no name.
	 */
	struct http1_str	 name;
	enum hint_unit		 unit;
	bool			 has_limit;
	bool			 has_remaining;
	bool			 has_reset;
	bool			 has_window;
	/*
	 * It refills all the time, and reset is when it is full again (OpenAI,
	 * Anthropic, Linear); otherwise reset is when it is counted anew.
	 */
	bool			 refills;
	/* It holds for a part of the host: a route, a resource. */
	bool			 partial;
	uint64_t		 limit;		/* micro units */
	uint64_t		 remaining;	/* micro units, at most limit */
	uint64_t		 reset;		/* ns from now */
	uint64_t		 window;	/* ns */
};

struct hint {
	bool			 retry_after;	/* a usable Retry-After */
	uint64_t		 delay;		/* ns; UINT64_MAX: saturated */
	/*
	 * The request was refused for its rate: 429 and 420; 403, 418 and 503
	 * where the fields say until when; from 400 on where the error that
	 * they name is one.
	 */
	bool			 throttled;
	/* A refusal for too many requests at once, not for their rate. */
	bool			 concurrency;
	/*
	 * The part of the host that the request belongs to, as the host calls
	 * it, in the head's bytes: Discord's bucket, GitHub's resource, a
	 * policy of the IETF's fields that is the only one or is used up.  On
	 * every response that names one, whatever else it says; p is NULL
	 * where none does.
	 */
	struct http1_str	 part;
	/*
	 * What was refused or is used up is a part of the host only: that
	 * part, where it has a name.
	 */
	bool			 partial;
	/*
	 * The part may be all there is: GitHub's core, a policy.  It is a part
	 * only where the host names others, too.
	 */
	bool			 general;
	/* The host asks that this request is not sent again. */
	bool			 no_retry;
	/*
	 * ns for which nothing should be sent, by all that was understood; 0:
	 * no need.  When throttled, Retry-After has the word, if there is one.
	 * Otherwise it is the longest reset of a budget that is used up; of one
	 * that refills and counts requests, the time until one is back; where
	 * a refusal names a reset but nothing is used up, that of the budget
	 * that is shortest; for GitHub, where nothing tells, a minute.
	 * A Retry-After of a response that is not throttled counts only where
	 * something beside it says that it is about a limit; else it speaks of
	 * a redirect or a job to be polled.
	 */
	uint64_t		 pause;
	/*
	 * ns that a reset names, in case the response is a refusal although no
	 * field says so; 0: none does.
	 */
	uint64_t		 refusal;
	/* Static text: what pause rests on, else the first budget's; or NULL */
	const char		*source;
	/*
	 * The first field of the head that should say when or for how long and
	 * does not: no time at all, or one more than a year away; or NULL.
	 */
	const struct http1_field *unusable;
	unsigned		 nbudgets;
	struct hint_budget	 budgets[HINT_BUDGETS];
};

/*
 * Reads a response's fields: Retry-After (RFC 9110 10.2.3), and all others
 * that say when, for how long or how much.  Each may stand there several times
 * or be a list: the latest time counts, and the smallest number of what is
 * left.  retry-after-ms is Retry-After's finer form.  Dates and times since
 * 1970 are measured against the response's own Date where that is usable, else
 * against now (seconds of the wall clock since 1970).  Budgets of a response
 * that comes from a cache (Age) are ignored.
 */
void	 hint_read(const struct http1_head *, int64_t now, struct hint *);

/*
 * One value of n bytes that says for how long (no terminator needed), such as
 * Retry-After's: delta-seconds, an HTTP-date in any of its three forms, and
 * then, leniently, a number with a fraction, an ISO 8601 timestamp, dates of
 * other forms, a duration such as 1m2.5s, PT1M2.5S, 00:01:02 or 62 seconds; a
 * number above 10^9 is an instant, of as many seconds, milliseconds,
 * microseconds or nanoseconds since 1970 as its magnitude tells.
 * date is what instants are measured against; what is past is
 * 0.  False where the value is not usable: text, nothing, a negative number, an
 * instant more than a year away.
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

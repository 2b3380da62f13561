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
#define HINT_SECOND	1000000000ULL	/* ns */

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
	/* The host says that it refuses nothing by it. */
	bool			 allowed;
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
	 * The request was refused for its rate: 429 and 420; 403, 503 and
	 * statuses that are not registered where the fields say until when;
	 * from 400 on where the error that they name is one.
	 */
	bool			 throttled;
	/* A refusal for too many requests at once, not for their rate. */
	bool			 concurrency;
	/*
	 * The part of the host that the request belongs to, as the host calls
	 * it, in the head's bytes: Discord's bucket, GitHub's resource, a
	 * policy of the IETF's fields that is the only one or is used up; or a
	 * method, of which a budget is.  On every response that names one,
	 * whatever else it says; p is NULL where none does.
	 */
	struct http1_str	 part;
	/*
	 * What was refused or is used up is a part of the host only: that
	 * part, where it has a name.
	 */
	bool			 partial;
	/*
	 * The part may be all there is: core, a policy.  It is a part
	 * only where the host names others, too.
	 */
	bool			 general;
	/*
	 * A refusal by a host that counts tokens, of which nothing is used up:
	 * the request may be too large by itself, or one of too many, as its
	 * body would say.
	 */
	bool			 may_be_large;
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
 * Returns whether the response waited in a cache (RFC 9111 4.2.3): what it says
 * of budgets is no longer so.
 */
bool	 hint_is_cached(const struct http1_head *);

#endif

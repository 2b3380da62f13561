/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_FIELD_H
#define SLUICE_HINT_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hint/hint.h"

/* Names of fields: what they say, and of which budget. */

enum hint_role {
	HINT_NONE,
	HINT_LIMIT,
	HINT_REMAINING,
	HINT_USED,
	HINT_RESET,		/* in any form */
	HINT_RESET_AFTER,	/* without clocks: better than the former */
	HINT_WINDOW,
	HINT_RATIO,		/* used/limit */
	HINT_NAME,		/* of a part of the host */
	HINT_BUCKET,		/* the same at Discord */
	HINT_GLOBAL,		/* true: the refusal is for all routes */
	HINT_SCOPE,		/* ... where it is "global" */
	HINT_REASON,		/* of a refusal */
	HINT_GITHUB,		/* it comes from there */
	HINT_SERVER,		/* ... where it is "github.com" */
	HINT_DELAY,		/* the answer was held back, for a limit */
	HINT_ERROR,		/* the name of what went wrong */
	HINT_RATELIMIT,		/* RateLimit, or a limit without a word */
	HINT_POLICY,		/* RateLimit-Policy */
	HINT_RETRY,		/* as Retry-After */
	HINT_BACKOFF,		/* ... whatever the response is */
	HINT_MAY_RETRY,		/* false: it shall not be sent again */
	HINT_NEVER_RETRY,	/* true: the same */
	HINT_PUSHBACK,		/* ms; no number: the same */
	HINT_STATE,		/* of a budget, in a word: rejected */
};

/* Which budget a field speaks of. */
enum hint_slot {
	HINT_ANY,		/* none */
	HINT_FORM,		/* told apart by the words of its name */
	HINT_IETF_NAMED,	/* RateLimit: "name", with RateLimit-Policy */
	HINT_IETF_QUOTA,	/* RateLimit-Policy: 100;w=60 */
	HINT_OPENAI_REQUESTS,
	HINT_OPENAI_TOKENS,
	HINT_OPENAI_TOKENS_MINUTE,
	HINT_OPENAI_TOKENS_DAY,
	HINT_OPENAI_PROJECT_TOKENS,
	HINT_ANTHROPIC_REQUESTS,
	HINT_ANTHROPIC_TOKENS,
	HINT_ANTHROPIC_INPUT,
	HINT_ANTHROPIC_OUTPUT,
	HINT_SHOPIFY,
	HINT_LINEAR_REQUESTS,
	HINT_LINEAR_COMPLEXITY,
	HINT_LINEAR_ENDPOINT,
	HINT_SENTRY,
	HINT_SENTRY_CONCURRENT,
	HINT_SALESFORCE,
	HINT_KUCOIN,
	HINT_SLOTS,
};

/* What all fields of a slot have in common. */
struct hint_slot_kind {
	const char	*source;
	enum hint_unit	 unit;
	bool		 refills;
	bool		 partial;
	uint32_t	 window;	/* seconds; 0: the kind has none */
	bool		 milli;		/* a reset counts milliseconds */
	/* An instant is when the next one may go, and none of being full. */
	bool		 instants;
};

/* Whether a field's name is about a limit on requests. */
enum hint_context {
	HINT_OTHER_CONTEXT,	/* a limit on something else: X-Disk-Quota */
	HINT_NO_CONTEXT,	/* not by itself: Upload-Limit */
	HINT_WEAK,		/* X-Quota-Remaining, X-Reset */
	HINT_STRONG,
};

/* What a field says, by its name. */
struct hint_name {
	enum hint_role		 role;
	enum hint_slot		 slot;
	/* What follows is of HINT_FORM's. */
	enum hint_context	 context;
	enum hint_unit		 unit;
	uint64_t		 time_unit;	/* ns: what a number counts */
	uint64_t		 window;	/* ns; 0: it has none */
	uint64_t		 family;	/* whose fields these are */
	uint64_t		 stem;		/* of one budget, in a family */
	bool			 plain;		/* nothing but the family */
	const char		*method;	/* of its requests, or NULL */
	const char		*source;	/* static text */
};

/*
 * Returns whether n bytes begin, without regard to case, with a text of len,
 * which is in lower case.
 */
static inline bool
hint_begins(const char *p, size_t n, const char *text, size_t len)
{
	size_t i;
	char c;

	if (n < len)
		return false;
	for (i = 0; i < len; i++) {
		c = p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (c != text[i])
			return false;
	}
	return true;
}

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_INTERNAL_H
#define SLUICE_HINT_INTERNAL_H

#include "core/hint.h"
#include "core/sf.h"

/* What the files of hint share; nobody else but their tests includes this. */

#define HINT_SECOND	1000000000ULL	/* ns */

/*
 * A reset above the first is seconds since 1970 (31 years are no delay), one
 * above the second milliseconds.
 */
#define HINT_EPOCH	1000000000ULL
#define HINT_EPOCH_MS	1000000000000ULL

/* hint_time.c: numbers, dates and durations.  Each reads all of the string. */

/* Not negative.  The whole saturates; what is finer is rounded up. */
struct hint_number {
	uint64_t	 whole;
	uint32_t	 nano;		/* less than a billion */
};

bool		 hint_number(struct http1_str, struct hint_number *);
/* In micro units, rounded down; all of these saturate. */
uint64_t	 hint_number_micro(struct hint_number);
/* Of seconds, and of milliseconds. */
uint64_t	 hint_number_ns(struct hint_number);
uint64_t	 hint_number_ms(struct hint_number);
/* An ISO 8601 (RFC 3339) timestamp; without a zone it is UTC. */
bool		 hint_timestamp(struct http1_str, int64_t *seconds,
		    uint32_t *nano);
/* Terms as Go has them, such as 1h2m3.5s or 12ms. */
bool		 hint_duration(struct http1_str, uint64_t *ns);
/*
 * When something resets, in whatever form: a number of seconds, seconds or
 * milliseconds since 1970, a timestamp, an HTTP-date, a duration.
 */
bool		 hint_until(struct http1_str, int64_t date, uint64_t *ns);

/* hint_dialect.c: the names of fields, and whose they are. */

/* What a field says of its budget, or of the response. */
enum hint_role {
	HINT_NONE,
	HINT_LIMIT,
	HINT_REMAINING,
	HINT_USED,
	HINT_RESET,		/* in any form */
	HINT_RESET_AFTER,	/* without clocks: better than the former */
	HINT_WINDOW,		/* seconds or a duration */
	HINT_WINDOW_MS,
	HINT_RATIO,		/* used/limit */
	HINT_NAME,		/* of a resource */
	HINT_BUCKET,		/* of a group of routes */
	HINT_GLOBAL,		/* true: the refusal is for all routes */
	HINT_SCOPE,		/* ... where it is "global" */
	HINT_REASON,		/* of a refusal */
	HINT_GITHUB,		/* it comes from there */
	HINT_RATELIMIT,		/* RateLimit */
	HINT_POLICY,		/* RateLimit-Policy */
	HINT_RETRY,		/* as Retry-After */
	HINT_RETRY_MS,
	HINT_NO_RETRY,		/* where it is "false" */
};

/* Which budget a field speaks of. */
enum hint_slot {
	HINT_ANY,		/* none */
	HINT_IETF,		/* RateLimit-Limit..., RateLimit: limit=... */
	HINT_IETF_NAMED,	/* RateLimit: "name", with RateLimit-Policy */
	HINT_IETF_QUOTA,	/* RateLimit-Policy: 100;w=60 */
	HINT_X,			/* X-RateLimit-... */
	HINT_X_RATE,		/* X-Rate-Limit-... */
	HINT_X_SECOND,
	HINT_X_MINUTE,
	HINT_X_HOUR,
	HINT_X_DAY,
	HINT_X_MONTH,
	HINT_TWITTER_APP,
	HINT_TWITTER_USER,
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
	HINT_HUBSPOT_DAY,
	HINT_HUBSPOT_SECOND,
	HINT_HUBSPOT_INTERVAL,
	HINT_LINEAR_REQUESTS,
	HINT_LINEAR_COMPLEXITY,
	HINT_LINEAR_ENDPOINT,
	HINT_SENTRY,
	HINT_SENTRY_CONCURRENT,
	HINT_SALESFORCE,
	HINT_ETSY_SECOND,
	HINT_ETSY_DAY,
	HINT_BREVO,
	HINT_SLOTS,
};

/* What all fields of a slot have in common. */
struct hint_slot_kind {
	const char	*source;
	enum hint_unit	 unit;
	bool		 refills;
	bool		 partial;
	uint32_t	 window;	/* seconds; 0: the kind has none */
};

struct hint_name {
	enum hint_role	 role;
	enum hint_slot	 slot;
};

/* HINT_NONE for names that say nothing of limits. */
struct hint_name		 hint_name(struct http1_str);
const struct hint_slot_kind	*hint_slot_kind(enum hint_slot);

/* hint.c: a response as it is being read. */

struct hint_entry {
	enum hint_slot	 slot;
	bool		 has_used;
	bool		 exact;		/* reset is a HINT_RESET_AFTER's */
	uint64_t	 used;		/* micro units */
};

struct hint_reading {
	const struct http1_head	*head;
	struct hint		*hint;
	int64_t			 now;
	int64_t			 date;		/* what dates are measured by */
	bool			 dated;		/* ... and that it is known */
	bool			 has_ms;
	bool			 github;
	bool			 bucket;	/* for routes, not the host */
	bool			 global;	/* for the host all the same */
	bool			 partial;	/* by the reason told */
	uint64_t		 ms;		/* retry-after-ms, as ns */
	struct http1_str	 name;		/* of a resource or bucket */
	struct hint_entry	 entries[HINT_BUDGETS];	/* one a budget */
};

int64_t		 hint_reading_date(struct hint_reading *);
/*
 * The slot's budget of that name (p NULL: that has none), made if it is not
 * there, and in any case for a quota; NULL where no further one has room.
 */
struct hint_budget *hint_budget(struct hint_reading *, enum hint_slot,
		    struct http1_str name);
/* Of what is said twice the more cautious: less, later, longer. */
void		 hint_set_limit(struct hint_budget *, uint64_t micro);
void		 hint_set_remaining(struct hint_budget *, uint64_t micro);
void		 hint_set_reset(struct hint_budget *, uint64_t ns);
void		 hint_set_window(struct hint_budget *, uint64_t ns);

/* hint_ratelimit.c: the fields of the IETF's drafts. */

void		 hint_ratelimit(struct hint_reading *, struct http1_str);
void		 hint_ratelimit_policy(struct hint_reading *,
		    struct http1_str);
/*
 * The limit or what remains of it, which may be a list with policies behind
 * it (100, 100;w=60) or have a window (76;w=21600).
 */
bool		 hint_ratelimit_count(struct hint_reading *, struct http1_str,
		    uint64_t *micro);
/* Gives quotas' windows to the budgets that have the same limit. */
void		 hint_ratelimit_merge(struct hint_reading *);

#endif

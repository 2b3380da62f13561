/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_INTERNAL_H
#define SLUICE_HINT_INTERNAL_H

#include "hint/hint.h"
#include "http/sf.h"

/* What the files of hint share; nobody else but their tests includes this. */

#define HINT_SECOND	1000000000ULL	/* ns */

#define HINT_YEAR	(366ULL * 86400)	/* seconds, at most */

/* hint_time.c: numbers, dates and durations.  Each reads all of the string. */

/* Not negative.  The whole saturates; what is finer is rounded up. */
struct hint_number {
	uint64_t	 whole;
	uint32_t	 nano;		/* less than a billion */
};

bool		 hint_number(struct http1_str, struct hint_number *);
/* In micro units, rounded down; all of these saturate. */
uint64_t	 hint_number_micro(struct hint_number);
/* So many units; a unit (ns) divides a second, or is seconds. */
uint64_t	 hint_number_of(struct hint_number, uint64_t unit);
/* An ISO 8601 (RFC 3339) timestamp; without a zone it is UTC. */
bool		 hint_timestamp(struct http1_str, int64_t *seconds,
		    uint32_t *nano);
/* A day and a time of the Gregorian calendar. */
struct hint_civil {
	int	year;
	int	month;		/* 1 to 12 */
	int	day;
	int	hour;
	int	minute;
	int	second;
};

/* Seconds since 1970; false where it does not exist. */
bool		 hint_civil_seconds(const struct hint_civil *, int64_t *seconds);
/* Terms as Go has them, such as 1h2m3.5s or 12ms. */
bool		 hint_duration(struct http1_str, uint64_t *ns);
/*
 * How long until a time, in whatever form: a timestamp, an HTTP-date, a
 * duration, or a number, which is read by its magnitude: above 10^17 it is
 * nanoseconds since 1970, above 10^14 microseconds, above 10^11 milliseconds,
 * above 10^9 seconds, else so many units (ns) from now.  What is over is 0.
 * False where it is none of these, or an instant more than a year away.
 */
bool		 hint_until(struct http1_str, uint64_t unit, int64_t date,
		    uint64_t *ns);
bool		 hint_until_number(struct hint_number, int64_t date,
		    uint64_t *ns);
/*
 * A number below zero: so many units ago, as clocks that differ make it.  It is
 * a reset that is over, but no delay (RFC 9110 10.2.3).
 */
bool		 hint_is_over(struct http1_str);

/* hint_loose.c: forms that no specification of HTTP has. */

/* 5 minutes, PT5M, 00:05:00; single letters are hint_duration()'s. */
bool		 hint_loose_duration(struct http1_str, uint64_t *ns);
/* A date with a time, its parts in any order; without a zone it is UTC. */
bool		 hint_loose_date(struct http1_str, int64_t *seconds);

/* hint_list.c: several values in one (RFC 9110 5.3). */

/*
 * Takes the first member off a list; false behind the last.  Empty ones are
 * left out, blanks around them as well, their parameters and a string's
 * quotes.  The comma inside of an HTTP-date, or before a timestamp's fraction,
 * ends none.
 */
bool		 hint_member(struct http1_str *list, struct http1_str *member);
/*
 * The latest time among a list's members; those that are none are left out.
 * Of resets some may be over.  Sets *odd where one is left out, or where there
 * is no member at all.
 */
bool		 hint_latest(struct http1_str list, bool reset, uint64_t unit,
		    int64_t date, uint64_t *ns, bool *odd);

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

/* Whether a field's name is about a limit on requests. */
enum hint_context {
	HINT_OTHER_CONTEXT,	/* a limit on something else: X-Disk-Quota */
	HINT_NO_CONTEXT,	/* not by itself: Upload-Limit */
	HINT_WEAK,		/* X-Quota-Remaining, X-Reset */
	HINT_STRONG,
};

struct hint_name {
	enum hint_role		 role;
	enum hint_slot		 slot;
	/* What follows is of HINT_FORM's. */
	enum hint_context	 context;
	enum hint_unit		 unit;
	uint64_t		 of;		/* ns: what a time counts */
	uint64_t		 window;	/* ns; 0: it has none */
	uint64_t		 family;	/* whose fields these are */
	uint64_t		 stem;		/* of one budget, in a family */
	bool			 plain;		/* nothing but the family */
	const char		*source;	/* static text */
};

/* hint_dialect.c: by whose fields are known; HINT_NONE where they are not. */
struct hint_name		 hint_name(struct http1_str);
const struct hint_slot_kind	*hint_slot_kind(enum hint_slot);

/* hint_form.c: by its words; HINT_NONE where they say nothing of limits. */
struct hint_name		 hint_form(struct http1_str);
/* Whether n bytes begin with a lower case text of len. */
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

/* hint.c: a response as it is being read. */

struct hint_entry {
	struct hint_name name;		/* of the first field of it */
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
	bool			 unsure;	/* fields with little context */
	bool			 has_ms;
	bool			 github;
	bool			 discord;
	bool			 global;	/* for the host all the same */
	bool			 partial;	/* by the reason told */
	bool			 delayed;	/* the answer, for a limit */
	bool			 error;		/* that names a limit */
	uint64_t		 ms;		/* retry-after-ms, as ns */
	struct http1_str	 name;		/* of a part; p NULL: none */
	struct hint_entry	 entries[HINT_BUDGETS];	/* one a budget */
};

int64_t		 hint_reading_date(struct hint_reading *);
/*
 * The budget that the field is about, of that name (p NULL: that has none),
 * made if it is not there, and in any case for a quota; NULL where no further
 * one has room.
 */
struct hint_budget *hint_budget(struct hint_reading *,
		    const struct hint_name *, struct http1_str name);
void		 hint_remove_budget(struct hint_reading *, unsigned i);
/* Of what is said twice the more cautious: less, later, longer. */
void		 hint_set_limit(struct hint_budget *, uint64_t micro);
void		 hint_set_remaining(struct hint_budget *, uint64_t micro);
void		 hint_set_reset(struct hint_budget *, uint64_t ns);
void		 hint_set_window(struct hint_budget *, uint64_t ns);

/* hint_meaning.c: what all that was read means together. */

void		 hint_finish(struct hint_reading *);

/* hint_ratelimit.c: the fields of the IETF's drafts. */

void		 hint_ratelimit(struct hint_reading *,
		    const struct hint_name *, struct http1_str);
void		 hint_ratelimit_policy(struct hint_reading *,
		    struct http1_str);
/*
 * The least of a list of numbers with parameters: what remains (76;w=21600),
 * or a limit, which may have policies behind it (100, 100;w=60) that are added
 * as quotas.
 */
bool		 hint_ratelimit_count(struct hint_reading *, bool quota,
		    struct http1_str, uint64_t *micro);
/* Gives quotas' windows to the budgets that have the same limit. */
void		 hint_ratelimit_merge(struct hint_reading *);

#endif

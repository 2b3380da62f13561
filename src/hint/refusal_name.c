/* SPDX-License-Identifier: ISC */
#include "hint/refusal_name.h"

#include <string.h>

/*
 * Names of errors that are limits.  Whatever its spelling, such a name is made
 * of words that are known, at least one of which says what it is about; a word
 * that is not known makes it something else: "Rate limit not found".
 */

#define LETTERS		64	/* of a name */

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* What it is about. */
static const char *const cores[] = {
	"requestlimit", "requestslimit", "querylimit", "calllimit",
	"overlimit", "overqps", "slowdown", "toomanyrequests",
	"toomanyrequest", "toomanycalls", "toomanyqueries",
	"resourceexhausted", "invocationlimit", "frequencylimit",
	"spikearrest",
	"outofcallvolumequota",		/* Azure's API Management */
};

/* The same, of a rate or a budget beyond doubt. */
static const char *const rates[] = {
	"ratelimit", "ratelimits", "ratelimited", "ratelimiting",
	"ratelimiter", "throttle", "throttled", "throttling", "throttler",
	"overrate", "rateexceeded", "complexitybudgetexhausted",
};

/* What may be said beside that. */
static const char *const fillers[] = {
	"a", "account", "an", "and", "api", "app", "application", "are", "at",
	"be", "been", "being", "burst", "by", "call", "calls", "client", "code",
	"current", "daily", "day", "denied", "developer", "due", "endpoint",
	"err", "error", "exceed", "exceeded", "exceeds", "exception", "for",
	"from", "global", "has", "have", "hit", "hour", "hourly", "http", "in",
	"ip", "is", "key", "limit", "limits", "local", "made", "max", "maximum",
	"method", "minute", "monthly", "of", "on", "org", "organization", "out",
	"over", "per", "please", "policies", "policy", "project", "queries",
	"query", "quota", "rate", "reach", "reached", "rejected", "request",
	"requests", "resource", "retry", "second", "server", "service",
	"status", "tenant", "the", "this", "to", "token", "trigger",
	"triggered", "user", "violation", "was", "weekly", "were", "with",
	"you", "your",
};

/*
 * And beside a rate only: one message or query may be too large by itself,
 * "Query cost exceeds the request limit".
 */
static const char *const sizes[] = { "complexity", "cost", "message" };

/* Which of the words, of those of n letters that are left, begins here. */
static size_t
match(const char *const *words, size_t nwords, const char *p, size_t n,
    const bool *ends, size_t at)
{
	size_t i, len;

	for (i = 0; i < nwords; i++) {
		len = strlen(words[i]);
		if (len <= n && ends[at + len] &&
		    memcmp(p, words[i], len) == 0)
			return len;
	}
	return 0;
}

/* Whether a core begins at i, behind which words lead to the end. */
static bool
is_core(const char *name, size_t n, size_t i, const bool *ends, bool sized)
{
	return match(rates, COUNT(rates), name + i, n - i, ends, i) > 0 ||
	    (!sized &&
	    match(cores, COUNT(cores), name + i, n - i, ends, i) > 0);
}

/* The same of a word that does not say what it is about. */
static bool
is_beside(const char *name, size_t n, size_t i, const bool *ends, bool sized)
{
	return match(fillers, COUNT(fillers), name + i, n - i, ends, i) > 0 ||
	    (sized &&
	    (match(sizes, COUNT(sizes), name + i, n - i, ends, i) > 0 ||
	    match(cores, COUNT(cores), name + i, n - i, ends, i) > 0));
}

/*
 * From behind: where words lead to the end from, and from where with one among
 * them that says what it is about.  With sizes among them that is a rate.
 */
static bool
consists(const char *name, size_t n, bool sized)
{
	bool ends[LETTERS + 1] = { false }, about[LETTERS + 1] = { false };
	size_t i = n;

	ends[n] = true;
	while (i-- > 0) {
		about[i] = is_core(name, n, i, ends, sized) ||
		    is_beside(name, n, i, about, sized);
		ends[i] = about[i] || is_beside(name, n, i, ends, sized);
	}
	return about[0];
}

size_t
refusal_name_letters(const char *text, size_t len, char *out, size_t max)
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < len; i++) {
		c = text[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (c < 'a' || c > 'z')
			continue;
		if (n == max)
			return 0;
		out[n++] = c;
	}
	return n;
}

static bool
is_limit(const char *text, size_t len)
{
	char name[LETTERS];
	size_t n = refusal_name_letters(text, len, name, LETTERS);

	return n > 0 &&
	    (consists(name, n, false) || consists(name, n, true));
}

/* How much of it is a name or a sentence of its own. */
static size_t
head_length(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr(".:;,(!", text[i]) != NULL ||
		    (text[i] == '-' && i > 0 && text[i - 1] == ' '))
			return i;
	return len;
}

bool
refusal_name_is_limit(const char *text, size_t len)
{
	size_t head = head_length(text, len);

	/* words may have separators, but no essay is a name */
	return (len <= 2 * LETTERS && is_limit(text, len)) ||
	    (head < len && head <= 2 * LETTERS && is_limit(text, head));
}

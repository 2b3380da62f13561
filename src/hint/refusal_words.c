/* SPDX-License-Identifier: ISC */
#include "hint/refusal_words.h"

#include <string.h>

#include "base/sum.h"
#include "hint/hint.h"
#include "hint/hint_duration.h"
#include "hint/hint_loose.h"
#include "hint/hint_until.h"
#include "http/http1_class.h"

/*
 * Times in sentences.  A cue, such as "again" or "available", perhaps a few
 * words of no weight, and then a duration or an instant.
 *
 * Others state a period before the wait is told ("once every 60 seconds; try
 * again in 5 seconds"), or stand in what is no such sentence ("only 3 days are
 * left").  These are weak: they count where no other cue gave a time, and only
 * with a word between that leads to it ("only request this after 30 seconds",
 * "once every 30 seconds").  So is any cue before "every".
 */

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

#define TEXT		8192	/* bytes: who refuses says it soon */
#define BETWEEN		6	/* words behind a cue */
#define TERMS		4	/* of a duration */
#define INSTANT_WORDS	7
#define INSTANT_SHORTEST 10	/* bytes */
#define INSTANT_LONGEST	64
#define UNIT_LETTERS	16

static const char *const cues[] = {
	"again", "retry", "retrying", "wait", "waiting", "reset", "resets",
	"resetting", "available", "replenish", "replenished", "replenishes",
	"refill", "refilled", "refills", "renew", "renewed", "renews",
	"refreshed", "refreshes", "ban", "banned", "blocked", "suspended",
	"locked", "cooldown", "expires", "lifted", "resume", "resumes",
};

#define LEADS	4

/* What has to be behind a cue: one of some words, or nothing (NULL). */
struct cue {
	const char	*word;
	const char	*leads[LEADS];
	bool		 joined;	/* rate-limited, but no ease-back */
};

static const struct cue weak[] = {
	{ "only", { "after", "every" }, false },
	{ "once", { "every", "in", "per" }, false },
	{ "back", { "after", "at", "in", "on" }, false },
	{ "limited", { "for", "till", "until" }, true },
	{ "throttled", { "for", "till", "until" }, true },
};

/* Any of the others, and one that states a period. */
static const struct cue strong = { NULL, { NULL }, true };
static const struct cue periodic = { NULL, { "every" }, true };

static const char *const between[] = {
	"a", "about", "after", "another", "approximately", "around", "at",
	"be", "can", "for", "in", "is", "it", "least", "more", "next", "on",
	"please", "request", "requests", "the", "this", "till", "time",
	"until", "you", "your",
};

struct cursor {
	const char	*p;
	const char	*end;
};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct http1_str
take_letters(struct cursor *c)
{
	struct http1_str s = { c->p, 0 };

	while (c->p < c->end && is_letter(*c->p))
		c->p++;
	s.len = (size_t)(c->p - s.p);
	return s;
}

static bool
is_among(struct http1_str s, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (http1_str_is(s, words[i]))
			return true;
	return false;
}

static void
skip_blanks(struct cursor *c)
{
	while (c->p < c->end && *c->p == ' ')
		c->p++;
}

/* Digits, with a fraction; a point that ends the sentence is none. */
static struct http1_str
take_number(struct cursor *c)
{
	struct http1_str s = { c->p, 0 };

	while (c->p < c->end && http1_is_digit(*c->p))
		c->p++;
	if (c->p > s.p && c->end - c->p > 1 && *c->p == '.' &&
	    http1_is_digit(c->p[1]))
		for (c->p++; c->p < c->end && http1_is_digit(*c->p); c->p++)
			;
	s.len = (size_t)(c->p - s.p);
	return s;
}

/* One unit of that name in ns; 0: it is none. */
static uint64_t
unit_of(struct http1_str name)
{
	char text[UNIT_LETTERS + 1] = "1";
	struct http1_str s = { text, name.len + 1 };
	size_t i;
	uint64_t ns;

	if (name.len == 0 || name.len >= UNIT_LETTERS)
		return 0;
	for (i = 0; i < name.len; i++)
		text[i + 1] = name.p[i];
	return hint_duration(s, &ns) || hint_loose_duration(s, &ns) ? ns : 0;
}

/* 43 seconds, 43 more seconds, the 30s of 1m30s. */
static bool
take_term(struct cursor *c, uint64_t *ns)
{
	struct cursor at = *c;
	struct http1_str digits = take_number(&at), name;
	struct hint_number number;
	uint64_t unit;

	if (!hint_number(digits, &number))
		return false;
	skip_blanks(&at);
	name = take_letters(&at);
	if (http1_str_is(name, "more")) {
		skip_blanks(&at);
		name = take_letters(&at);
	}
	if ((unit = unit_of(name)) == 0)
		return false;
	*ns = sum(*ns, hint_number_of(number, unit));
	*c = at;
	return true;
}

/* What may be between two terms. */
static void
skip_and(struct cursor *c)
{
	struct cursor at;

	if (c->p < c->end && *c->p == ',')
		c->p++;
	skip_blanks(c);
	at = *c;
	if (http1_str_is(take_letters(&at), "and")) {
		skip_blanks(&at);
		*c = at;
	}
}

/* What a clock shows: 00:23:03 */
static bool
read_clock(struct cursor c, uint64_t *ns)
{
	struct http1_str s = { c.p, 0 };

	while (c.p < c.end && (http1_is_digit(*c.p) || *c.p == ':' ||
	    (*c.p == '.' && c.end - c.p > 1 && http1_is_digit(c.p[1]))))
		c.p++;
	s.len = (size_t)(c.p - s.p);
	return s.len > 0 && memchr(s.p, ':', s.len) != NULL &&
	    hint_loose_duration(s, ns);
}

static bool
read_duration(struct cursor c, uint64_t *ns)
{
	unsigned terms;

	if (read_clock(c, ns))
		return true;
	*ns = 0;
	for (terms = 0; terms < TERMS && take_term(&c, ns); terms++)
		skip_and(&c);
	return terms > 0;
}

/* As many words as make one, without what ends the sentence. */
static bool
read_instant(struct cursor c, int64_t date, uint64_t *ns)
{
	struct http1_str s = { c.p, 0 };
	size_t ends[INSTANT_WORDS] = { 0 }, n = 0;

	if (c.end - c.p > INSTANT_LONGEST)
		c.end = c.p + INSTANT_LONGEST;
	while (c.p < c.end && n < INSTANT_WORDS &&
	    strchr("\"<>()[]{}\r\n", *c.p) == NULL) {
		while (c.p < c.end && *c.p != ' ' &&
		    strchr("\"<>()[]{}\r\n", *c.p) == NULL)
			c.p++;
		ends[n] = (size_t)(c.p - s.p);
		if (ends[n] > 0 && strchr(".,;", s.p[ends[n] - 1]) != NULL)
			ends[n]--;
		n++;
		skip_blanks(&c);
	}
	while (n-- > 0) {
		s.len = ends[n];
		if (s.len >= INSTANT_SHORTEST &&
		    hint_until(s, HINT_SECOND, date, ns))
			return true;
	}
	return false;
}

/* "retry after 35" is what a field would be called. */
static bool
read_bare(struct cursor c, struct http1_str cue, struct http1_str last,
    uint64_t *ns)
{
	struct http1_str digits = take_number(&c);
	struct hint_number number;

	if (!http1_str_is(cue, "retry") || !http1_str_is(last, "after") ||
	    (c.p < c.end && (is_letter(*c.p) || *c.p == ':')) ||
	    !hint_number(digits, &number))
		return false;
	*ns = hint_number_of(number, HINT_SECOND);
	return true;
}

static bool
is_between(char c)
{
	return c == ' ' || c == ':' || c == '~' || c == '=' || c == '"';
}

static const struct cue *
find_strong(struct http1_str word, bool joined)
{
	(void)joined;
	return is_among(word, cues, COUNT(cues)) ? &strong : NULL;
}

static const struct cue *
find_weak(struct http1_str word, bool joined)
{
	size_t i;

	for (i = 0; i < COUNT(weak); i++)
		if (http1_str_is(word, weak[i].word))
			return joined && !weak[i].joined ? NULL : &weak[i];
	return is_among(word, cues, COUNT(cues)) ? &periodic : NULL;
}

static bool
is_lead(struct http1_str s, const struct cue *cue)
{
	size_t i;

	for (i = 0; i < LEADS && cue->leads[i] != NULL; i++)
		if (http1_str_is(s, cue->leads[i]))
			return true;
	return false;
}

/* What is behind a word that is a cue. */
static bool
read_behind(struct cursor c, struct http1_str cue_word, const struct cue *cue,
    int64_t date, uint64_t *ns)
{
	struct http1_str word, last = { c.p, 0 };
	bool led = cue->leads[0] == NULL, leading;
	struct cursor at;
	unsigned i;

	for (i = 0; i <= BETWEEN; i++) {
		while (c.p < c.end && is_between(*c.p))
			c.p++;
		if (c.p == c.end)
			return false;
		if (led && http1_is_digit(*c.p) &&
		    (read_duration(c, ns) || read_instant(c, date, ns) ||
		    read_bare(c, cue_word, last, ns)))
			return true;
		at = c;
		word = take_letters(&at);
		leading = is_lead(word, cue);
		if (word.len == 0 ||
		    (!leading && !is_among(word, between, COUNT(between))))
			return led && is_letter(*c.p) &&
			    read_instant(c, date, ns);
		led = led || leading;
		last = word;
		c = at;
	}
	return false;
}

/* Behind the first of the cues of a kind that tells a time. */
static bool
search(const char *text, size_t n,
    const struct cue *(*find)(struct http1_str, bool), int64_t date,
    uint64_t *ns)
{
	struct cursor c = { text, text + n };
	const struct cue *cue;
	struct http1_str word;
	bool joined;

	while (c.p < c.end) {
		if (!is_letter(*c.p)) {
			c.p++;
			continue;
		}
		joined = c.p > text && (c.p[-1] == '-' || c.p[-1] == '_');
		word = take_letters(&c);
		if ((cue = find(word, joined)) != NULL &&
		    read_behind(c, word, cue, date, ns))
			return true;
	}
	return false;
}

bool
refusal_words(const char *text, size_t n, int64_t date, uint64_t *ns)
{
	if (n > TEXT)
		n = TEXT;
	return search(text, n, find_strong, date, ns) ||
	    search(text, n, find_weak, date, ns);
}

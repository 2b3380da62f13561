/* SPDX-License-Identifier: ISC */
#include "hint/hint_form.h"

#include <string.h>

#include "hint/hint_words.h"

/*
 * What a field says by the words of its name, whoever sends it.  A few of them
 * tell the role; others the unit of a time, or the window that is counted in;
 * what is left tells one budget from another.  So x-rate-limit-api-key-max is
 * the limit of the same budget as x-rate-limit-api-key-remaining.
 *
 * Words such as "limit" or "reset" are used for much else.  A budget counts
 * where its fields speak of a rate limit, or of both a limit and what remains
 * of it; how sure that is, is told as the context.
 */

/* What there is in a name; the places are of the last such word. */
struct sight {
	uint64_t	 seen;		/* a bit a class */
	unsigned	 limits;	/* how many such words */
	bool		 thing;		/* what else has limits */
	int		 first;		/* that is not whose it is, or -1 */
	int		 other;		/* the last that is not known, or -1 */
	int		 reset;
	int		 window;
	int		 retry;
};

static bool
saw(const struct sight *s, enum word_class class)
{
	return (s->seen >> class & 1) != 0;
}

static struct sight
look(const struct words *w)
{
	struct sight s = { 0, 0, false, -1, -1, -1, -1, -1 };
	int i;

	for (i = 0; i < (int)w->n; i++) {
		s.seen |= 1ULL << w->w[i].class;
		s.limits += w->w[i].class == WORD_LIMIT;
		if (w->w[i].class == WORD_OTHER) {
			s.other = i;
			s.thing = s.thing || (w->w[i].value != 0 &&
			    hint_words_method(&w->w[i]) == NULL);
		} else if (s.first < 0 && w->w[i].class != WORD_X &&
		    w->w[i].class != WORD_ERROR) {
			s.first = i;
		}
		if (w->w[i].class == WORD_RESET)
			s.reset = i;
		if (w->w[i].class == WORD_WINDOW)
			s.window = i;
		if (w->w[i].class == WORD_RETRY)
			s.retry = i;
	}
	return s;
}

/* When it may be sent again, or whether at all. */
static enum hint_role
retry_role(const struct words *w, const struct sight *s)
{
	bool asks = saw(s, WORD_SHOULD) || saw(s, WORD_NOT) ||
	    saw(s, WORD_RETRYABLE);
	enum word_class next = s->retry >= 0 && s->retry + 1 < (int)w->n ?
	    w->w[s->retry + 1].class : WORD_SHOULD;

	if (next == WORD_AFTER || next == WORD_AT || next == WORD_DELAY)
		return s->other < s->retry ? HINT_RETRY : HINT_NONE;
	if (next != WORD_SHOULD || saw(s, WORD_AFTER) || s->other > s->first)
		return HINT_NONE;
	if (!asks && (s->other >= 0 || s->first != s->retry))
		return HINT_NONE;
	return saw(s, WORD_NOT) ? HINT_NEVER_RETRY : HINT_MAY_RETRY;
}

/*
 * How long to stay away, said by a name that says nothing else: Backoff,
 * X-RateLimit-Wait-Seconds; but X-Wait-Time is of a queue, a Backoff-Limit of
 * retries.
 */
static enum hint_role
wait_role(const struct words *w, const struct sight *s)
{
	unsigned i;

	for (i = 0; i < w->n; i++)
		switch (w->w[i].class) {
		case WORD_X:
		case WORD_API:
		case WORD_RATE_LIMIT:
		case WORD_THROTTLE:
		case WORD_BACKOFF:
		case WORD_WAIT:
		case WORD_AT:
		case WORD_UNIT:
		case WORD_LEAST:
		case WORD_TIME:
			break;
		default:
			return HINT_NONE;
		}
	if (saw(s, WORD_BACKOFF))
		return HINT_BACKOFF;
	return saw(s, WORD_RATE_LIMIT) || saw(s, WORD_THROTTLE) ? HINT_RETRY :
	    HINT_NONE;
}

/* What is left, or until something is. */
static enum hint_role
remaining_role(const struct words *w, const struct sight *s)
{
	enum word_class last = w->w[w->n - 1].class;

	return saw(s, WORD_TIME) || saw(s, WORD_UNIT) || last == WORD_AT ||
	    last == WORD_AFTER ? HINT_RESET : HINT_REMAINING;
}

static enum hint_role
time_role(const struct sight *s)
{
	if (s->window > s->reset)
		return HINT_WINDOW;
	return saw(s, WORD_AFTER) ? HINT_RESET_AFTER : HINT_RESET;
}

/* What fields say that speak of no number, by their last word. */
static enum hint_role
word_role(const struct words *w, const struct sight *s)
{
	enum word_class last = w->w[w->n - 1].class;

	if (saw(s, WORD_ERROR) && (last == WORD_ERROR || last == WORD_TYPE))
		return HINT_ERROR;
	if (s->limits > 0 || saw(s, WORD_MAX) ||
	    (!saw(s, WORD_RATE_LIMIT) && !saw(s, WORD_THROTTLE)))
		return HINT_NONE;
	switch (last) {
	case WORD_POLICY:
		return HINT_POLICY;
	case WORD_PART:
		return HINT_NAME;
	case WORD_GLOBAL:
		return HINT_GLOBAL;
	case WORD_SCOPE:
		return HINT_SCOPE;
	case WORD_REASON:
		return HINT_REASON;
	case WORD_DELAY:
		return HINT_DELAY;
	case WORD_STATUS:
		return HINT_STATE;
	default:
		return HINT_NONE;
	}
}

/*
 * Whether a name ends in from when on one may go: X-RateLimit-Next-Request,
 * X-Throttle-Until, X-RateLimit-In-Seconds.
 */
static bool
ends_in_when(const struct words *w, const struct sight *s)
{
	switch (w->w[w->n - 1].class) {
	case WORD_AFTER:
	case WORD_AT:
	case WORD_NEXT:
		return true;
	case WORD_UNIT:
		return saw(s, WORD_AFTER) || saw(s, WORD_AT) ||
		    saw(s, WORD_NEXT);
	case WORD_REQUESTS:
	case WORD_TIME:
		return saw(s, WORD_NEXT);
	default:
		return false;
	}
}

/* What a name says that speaks of a rate limit, and of no number of it. */
static enum hint_role
bare_role(const struct words *w, const struct sight *s)
{
	if ((!saw(s, WORD_RATE_LIMIT) && !saw(s, WORD_THROTTLE)) ||
	    s->other >= s->first || saw(s, WORD_RENEW))
		return HINT_NONE;
	/* the next one may go long before a window's requests are all back */
	if (ends_in_when(w, s))
		return saw(s, WORD_PERIOD) ? HINT_RESET : HINT_RETRY;
	/* no more than what it is about, or in which window */
	return saw(s, WORD_RATE_LIMIT) ? HINT_RATELIMIT : HINT_NONE;
}

static enum hint_role
role_of(const struct words *w, const struct sight *s)
{
	enum hint_role role;

	if (saw(s, WORD_RETRY) || saw(s, WORD_RETRYABLE))
		return retry_role(w, s);
	if (saw(s, WORD_LAST))
		return HINT_NONE;
	if (saw(s, WORD_BACKOFF) || saw(s, WORD_WAIT))
		return wait_role(w, s);
	/* a refill has a rate, too */
	if (saw(s, WORD_RESET) || (saw(s, WORD_RENEW) &&
	    saw(s, WORD_RATE_LIMIT) && !saw(s, WORD_RATE)))
		return time_role(s);
	if (saw(s, WORD_REMAINING))
		return remaining_role(w, s);
	if (saw(s, WORD_USED))
		return HINT_USED;
	if (saw(s, WORD_WINDOW))
		return HINT_WINDOW;
	if ((role = word_role(w, s)) != HINT_NONE)
		return role;
	if (s->limits > 0 && w->w[w->n - 1].class == WORD_STATUS)
		return HINT_REMAINING;
	if (saw(s, WORD_LIMIT) || saw(s, WORD_MAX) || saw(s, WORD_QUOTA))
		return HINT_LIMIT;
	return bare_role(w, s);
}

static enum hint_context
context_of(const struct sight *s, enum hint_role role)
{
	if (s->thing && !saw(s, WORD_RATE_LIMIT) && !saw(s, WORD_THROTTLE) &&
	    !saw(s, WORD_API) && !saw(s, WORD_RATE) && !saw(s, WORD_REQUESTS))
		return HINT_OTHER_CONTEXT;
	if (saw(s, WORD_RATE_LIMIT) || saw(s, WORD_THROTTLE) || s->limits > 1 ||
	    (s->limits > 0 && role != HINT_LIMIT))
		return HINT_STRONG;
	if (saw(s, WORD_QUOTA) || saw(s, WORD_API) || saw(s, WORD_RATE) ||
	    saw(s, WORD_REQUESTS))
		return HINT_WEAK;
	/* nothing but the word itself */
	return s->other < 0 ? HINT_WEAK : HINT_NO_CONTEXT;
}

/* Whether a period, in a name of that role, is the unit of its value. */
static bool
is_unit(const struct word *w, enum hint_role role)
{
	return w->class == WORD_UNIT || (w->class == WORD_PERIOD &&
	    (role == HINT_WINDOW || role == HINT_RETRY));
}

/* Words that name a budget, unless they are all that the field says. */
static bool
is_naming(enum word_class class)
{
	switch (class) {
	case WORD_OTHER:
	case WORD_X:
	case WORD_NUMBER:
	case WORD_ERROR:
	case WORD_PART:
	case WORD_SCOPE:
	case WORD_GLOBAL:
		return true;
	default:
		return false;
	}
}

static void
take_word(const struct word *w, bool whose, struct hint_name *name)
{
	uint64_t stem;

	if (is_unit(w, name->role)) {
		name->time_unit = w->value;
		return;
	}
	if (w->class == WORD_PERIOD || w->class == WORD_SPAN)
		name->window = w->value;
	else if (w->class == WORD_TOKENS)
		name->unit = HINT_TOKENS;
	else if (w->class == WORD_AT_ONCE)
		name->unit = HINT_CONCURRENT;
	else if (!is_naming(w->class))
		return;
	/* 1m is a minute, and today a day */
	stem = hint_words_mix(name->stem, w->class == WORD_SPAN ?
	    WORD_PERIOD : w->class);
	name->stem = hint_words_mix(hint_words_mix(stem, w->hash), w->value);
	if (whose)
		name->family = name->stem;
	else
		name->plain = false;
}

/* Which budget it is: whose, and which of theirs. */
static void
tell_apart(const struct words *w, const struct sight *s, struct hint_name *name)
{
	int i;

	/* a quota beside a rate limit is another one */
	name->family = hint_words_mix(0, saw(s, WORD_THROTTLE));
	if (saw(s, WORD_QUOTA) && (s->limits > 0 || saw(s, WORD_MAX) ||
	    name->role != HINT_LIMIT))
		name->family = hint_words_mix(name->family, WORD_QUOTA);
	name->stem = name->family;
	name->plain = true;
	for (i = 0; i < (int)w->n; i++) {
		take_word(&w->w[i], i < s->first, name);
		if (name->method == NULL)
			name->method = hint_words_method(&w->w[i]);
	}
}

/* For the log. */
static const char *
source_of(struct http1_str s)
{
	static const char *const sources[] = {
		"x-ratelimit", "x-rate-limit", "ratelimit", "retry-after",
	};
	unsigned i;

	for (i = 0; i < sizeof sources / sizeof sources[0]; i++)
		if (hint_begins(s.p, s.len, sources[i], strlen(sources[i])))
			return sources[i];
	return "limit fields";
}

#define STARTS(p, n, text)	hint_begins(p, n, text, sizeof(text) - 1)

/* Whether one of the words begins there that say what a field is about. */
static bool
is_telling(const char *p, size_t n)
{
	switch (*p) {
	case 'b':
	case 'B':
		return STARTS(p, n, "backoff");
	case 'e':
	case 'E':
		return STARTS(p, n, "error");
	case 'l':
	case 'L':
		return STARTS(p, n, "limit") || STARTS(p, n, "left");
	case 'm':
	case 'M':
		return STARTS(p, n, "max");
	case 'q':
	case 'Q':
		return STARTS(p, n, "quota");
	case 'r':
	case 'R':
		return STARTS(p, n, "remain") || STARTS(p, n, "reset") ||
		    STARTS(p, n, "retr");
	case 't':
	case 'T':
		return STARTS(p, n, "throttl");
	default:
		return false;
	}
}

/* What nearly all names fail by, at the price of a look at each byte. */
static bool
may_say(struct http1_str name)
{
	size_t i;

	for (i = 0; i < name.len; i++)
		if (is_telling(name.p + i, name.len - i))
			return true;
	return false;
}

struct hint_name
hint_form(struct http1_str s)
{
	struct hint_name name = { .role = HINT_NONE, .slot = HINT_FORM,
	    .time_unit = HINT_SECOND };
	struct words words;
	struct sight sight;

	if (!may_say(s))
		return name;
	hint_words(s, &words);
	if (words.n == 0 || words.bad)
		return name;
	sight = look(&words);
	name.role = role_of(&words, &sight);
	if (name.role == HINT_NONE)
		return name;
	name.context = context_of(&sight, name.role);
	name.source = source_of(s);
	tell_apart(&words, &sight, &name);
	return name;
}

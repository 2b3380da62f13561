/* SPDX-License-Identifier: ISC */
#include "core/hint_internal.h"

#include <string.h>

/*
 * What a field says by the words of its name, whoever sends it.
 *
 * A name is cut into words at what separates them, at capital letters, and
 * where it is written as one, into words that are known (ratelimitremaining);
 * a piece that does not consist of known ones is a word of its own.  A few
 * words tell the role; others the unit of a time, or the window that is counted
 * in; what is left tells one budget from another.  So x-rate-limit-api-key-max
 * is the limit of the same budget as x-rate-limit-api-key-remaining.
 *
 * Words such as "limit" or "reset" are used for much else.  A budget counts
 * where its fields speak of a rate limit, or of both a limit and what remains
 * of it; how sure that is, is told as the context.
 */

#define WORDS	16		/* of a name; longer ones say nothing */
#define PIECE	40		/* bytes of known words in one */
#define NUMBER_MAX 1000		/* of minutes, or whatever a window is of */

enum class {
	OTHER,			/* not known, or known to mean nothing here */
	X,
	RATE,
	LIMIT,
	LIMITED,
	RATE_LIMIT,		/* both in a row */
	THROTTLE,
	QUOTA,
	API,
	MAX,
	REMAINING,
	USED,
	RESET,
	RETRY,
	RETRYABLE,
	SHOULD,
	NOT,
	AFTER,
	WINDOW,
	DELAY,
	POLICY,
	PART,
	SCOPE,
	GLOBAL,
	REASON,
	ERROR,
	TYPE,
	UNIT,			/* value: ns */
	PERIOD,			/* value: ns */
	SPAN,			/* so many of either, value: ns */
	NUMBER,			/* value */
	TOKENS,
	REQUESTS,
	AT_ONCE,
	TIME,
	LAST,
	NOISE,
};

#define MS	(HINT_SECOND / 1000)
#define MINUTE	(60 * HINT_SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

#define WORD(text, class, value) { text, sizeof(text) - 1, class, value }

static const struct known {
	const char	*text;
	size_t		 len;
	enum class	 class;
	uint64_t	 value;
} known[] = {
	WORD("x", X, 0),
	WORD("rate", RATE, 0),
	WORD("limit", LIMIT, 0),
	WORD("limits", LIMIT, 0),
	WORD("limited", LIMITED, 0),
	WORD("limiter", LIMITED, 0),
	WORD("limiting", LIMITED, 0),
	WORD("throttle", THROTTLE, 0),
	WORD("throttled", THROTTLE, 0),
	WORD("throttling", THROTTLE, 0),
	WORD("throttler", THROTTLE, 0),
	WORD("quota", QUOTA, 0),
	WORD("quotas", QUOTA, 0),
	WORD("api", API, 0),
	WORD("max", MAX, 0),
	WORD("maximum", MAX, 0),
	WORD("total", MAX, 0),
	WORD("allowed", MAX, 0),
	WORD("remaining", REMAINING, 0),
	WORD("remain", REMAINING, 0),
	WORD("remains", REMAINING, 0),
	WORD("left", REMAINING, 0),
	WORD("available", REMAINING, 0),
	WORD("used", USED, 0),
	WORD("usage", USED, 0),
	WORD("observed", USED, 0),
	WORD("consumed", USED, 0),
	WORD("reset", RESET, 0),
	WORD("resets", RESET, 0),
	WORD("retry", RETRY, 0),
	WORD("retryable", RETRYABLE, 0),
	WORD("retriable", RETRYABLE, 0),
	WORD("should", SHOULD, 0),
	WORD("can", SHOULD, 0),
	WORD("may", SHOULD, 0),
	WORD("do", SHOULD, 0),
	WORD("not", NOT, 0),
	WORD("no", NOT, 0),
	WORD("dont", NOT, 0),
	WORD("after", AFTER, 0),
	WORD("in", AFTER, 0),
	WORD("interval", WINDOW, 0),
	WORD("window", WINDOW, 0),
	WORD("period", WINDOW, 0),
	WORD("delay", DELAY, 0),
	WORD("policy", POLICY, 0),
	WORD("resource", PART, 0),
	WORD("bucket", PART, 0),
	WORD("group", PART, 0),
	WORD("category", PART, 0),
	WORD("name", PART, 0),
	WORD("scope", SCOPE, 0),
	WORD("global", GLOBAL, 0),
	WORD("reason", REASON, 0),
	WORD("error", ERROR, 0),
	WORD("type", TYPE, 0),
	WORD("code", TYPE, 0),
	WORD("ns", UNIT, 1),
	WORD("nanoseconds", UNIT, 1),
	WORD("us", UNIT, 1000),
	WORD("micros", UNIT, 1000),
	WORD("microseconds", UNIT, 1000),
	WORD("ms", UNIT, MS),
	WORD("msec", UNIT, MS),
	WORD("msecs", UNIT, MS),
	WORD("milli", UNIT, MS),
	WORD("millis", UNIT, MS),
	WORD("millisecond", UNIT, MS),
	WORD("milliseconds", UNIT, MS),
	WORD("sec", UNIT, HINT_SECOND),
	WORD("secs", UNIT, HINT_SECOND),
	WORD("seconds", UNIT, HINT_SECOND),
	WORD("min", UNIT, MINUTE),
	WORD("mins", UNIT, MINUTE),
	WORD("minutes", UNIT, MINUTE),
	WORD("hours", UNIT, HOUR),
	WORD("days", UNIT, DAY),
	WORD("second", PERIOD, HINT_SECOND),
	WORD("secondly", PERIOD, HINT_SECOND),
	WORD("minute", PERIOD, MINUTE),
	WORD("minutely", PERIOD, MINUTE),
	WORD("hour", PERIOD, HOUR),
	WORD("hourly", PERIOD, HOUR),
	WORD("day", PERIOD, DAY),
	WORD("daily", PERIOD, DAY),
	WORD("today", PERIOD, DAY),
	WORD("week", PERIOD, 7 * DAY),
	WORD("weekly", PERIOD, 7 * DAY),
	/* as few days as a month has: its budget is not back before */
	WORD("month", PERIOD, 28 * DAY),
	WORD("monthly", PERIOD, 28 * DAY),
	WORD("tokens", TOKENS, 0),
	WORD("bytes", TOKENS, 0),
	WORD("points", TOKENS, 0),
	WORD("credits", TOKENS, 0),
	WORD("complexity", TOKENS, 0),
	WORD("cost", TOKENS, 0),
	WORD("request", REQUESTS, 0),
	WORD("requests", REQUESTS, 0),
	WORD("call", REQUESTS, 0),
	WORD("calls", REQUESTS, 0),
	WORD("queries", REQUESTS, 0),
	WORD("hits", REQUESTS, 0),
	WORD("concurrent", AT_ONCE, 0),
	WORD("concurrency", AT_ONCE, 0),
	WORD("parallel", AT_ONCE, 0),
	WORD("time", TIME, 0),
	WORD("last", LAST, 0),
	WORD("previous", LAST, 0),
	WORD("at", NOISE, 0),
	WORD("by", NOISE, 0),
	WORD("to", NOISE, 0),
	WORD("of", NOISE, 0),
	WORD("per", NOISE, 0),
	WORD("this", NOISE, 0),
	WORD("the", NOISE, 0),
	WORD("until", NOISE, 0),
	WORD("next", NOISE, 0),
	WORD("current", NOISE, 0),
	WORD("date", NOISE, 0),
	WORD("timestamp", NOISE, 0),
	WORD("epoch", NOISE, 0),
	WORD("unix", NOISE, 0),
	WORD("utc", NOISE, 0),
	/* told apart, but known, so that they may be parts of one piece */
	WORD("app", OTHER, 0),
	WORD("key", OTHER, 0),
	WORD("token", OTHER, 0),
	WORD("user", OTHER, 0),
};

#define NKNOWN	(sizeof(known) / sizeof(known[0]))

struct word {
	enum class	 class;
	uint64_t	 value;
	uint64_t	 hash;		/* of its text */
};

struct words {
	unsigned	 n;
	bool		 bad;		/* too many */
	struct word	 w[WORDS];
};

#define FNV	14695981039346656037ULL	/* FNV-1a, 64 bits */

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	int i;

	for (i = 0; i < 8; i++) {
		hash = (hash ^ (value & 0xff)) * 1099511628211ULL;
		value >>= 8;
	}
	return hash;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_same(const char *p, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (lower(p[i]) != text[i])
			return false;
	return true;
}

static void
add_word(struct words *w, enum class class, uint64_t value, uint64_t hash)
{
	struct word *last = w->n > 0 ? &w->w[w->n - 1] : NULL;

	if (last != NULL && last->class == RATE &&
	    (class == LIMIT || class == LIMITED)) {
		last->class = RATE_LIMIT;
		return;
	}
	if (last != NULL && last->class == NUMBER &&
	    (class == UNIT || class == PERIOD)) {
		if (last->value == 0 || last->value >= NUMBER_MAX)
			return;
		last->class = SPAN;
		last->value *= value;
		return;
	}
	if (w->n == WORDS) {
		w->bad = true;
		return;
	}
	if (class == LIMITED)
		class = OTHER;
	w->w[w->n].class = class;
	w->w[w->n].value = value;
	w->w[w->n].hash = hash;
	w->n++;
}

static void
add_other(struct words *w, const char *p, size_t len)
{
	uint64_t hash = FNV;
	size_t i;

	for (i = 0; i < len; i++)
		hash = mix(hash, (unsigned char)lower(p[i]));
	add_word(w, OTHER, 0, hash);
}

/*
 * Whether a known word may stand at i of n bytes: a very short one would be
 * found everywhere, so only an x before the others is one, or a unit's behind.
 */
static bool
fits(const struct known *k, size_t i, size_t n)
{
	if (k->len > n - i)
		return false;
	if (k->len > 2 || k->len == n)
		return true;
	return k->len == 1 ? i == 0 : k->class == UNIT && i + k->len == n;
}

/*
 * Which known word begins at each byte, so that they follow each other to the
 * end, the longest where there are several; 0: none, else its index and one.
 */
static void
find_words(const char *p, size_t n, unsigned char at[PIECE])
{
	size_t i = n;
	unsigned k;

	while (i-- > 0) {
		at[i] = 0;
		for (k = 0; k < NKNOWN; k++) {
			if (known[k].text[0] != lower(p[i]) ||
			    !fits(&known[k], i, n) ||
			    !is_same(p + i, known[k].text, known[k].len) ||
			    (i + known[k].len < n && at[i + known[k].len] == 0))
				continue;
			if (at[i] == 0 || known[k].len > known[at[i] - 1].len)
				at[i] = (unsigned char)(k + 1);
		}
	}
}

/* Letters without anything between them. */
static void
add_piece(struct words *w, const char *p, size_t n)
{
	unsigned char at[PIECE] = { 0 };
	const struct known *k;
	size_t i;

	if (n > PIECE) {
		add_other(w, p, n);
		return;
	}
	find_words(p, n, at);
	if (at[0] == 0) {
		add_other(w, p, n);
		return;
	}
	for (i = 0; i < n; i += k->len) {
		k = &known[at[i] - 1];
		if (k->class == OTHER)
			add_other(w, p + i, k->len);
		else
			add_word(w, k->class, k->value, 0);
	}
}

/* Such as the s of 10s; behind other letters it is none. */
static uint64_t
letter_unit(char c)
{
	switch (lower(c)) {
	case 's':
		return HINT_SECOND;
	case 'm':
		return MINUTE;
	case 'h':
		return HOUR;
	case 'd':
		return DAY;
	default:
		return 0;
	}
}

static size_t
add_number(struct words *w, const char *p, const char *end)
{
	const char *start = p;
	uint64_t n = 0;

	for (; p < end && is_digit(*p); p++)
		n = n < NUMBER_MAX ? n * 10 + (uint64_t)(*p - '0') : n;
	add_word(w, NUMBER, n, 0);
	if (p < end && letter_unit(*p) != 0 &&
	    (p + 1 == end || !is_letter(p[1]))) {
		add_word(w, UNIT, letter_unit(*p), 0);
		p++;
	}
	return (size_t)(p - start);
}

/* Where the letters end that p begins: at a capital that begins a word. */
static const char *
piece_end(const char *p, const char *end)
{
	const char *q = p + 1;

	for (; q < end && is_letter(*q); q++) {
		if (!is_upper(*q))
			continue;
		if (!is_upper(q[-1]))
			break;
		if (q + 1 < end && is_letter(q[1]) && !is_upper(q[1]))
			break;
	}
	return q;
}

static void
cut(struct words *w, struct http1_str name)
{
	const char *p = name.p, *end = p + name.len, *q;

	w->n = 0;
	w->bad = false;
	while (p < end && !w->bad) {
		if (is_digit(*p)) {
			p += add_number(w, p, end);
		} else if (is_letter(*p)) {
			q = piece_end(p, end);
			add_piece(w, p, (size_t)(q - p));
			p = q;
		} else {
			p++;
		}
	}
}

/* What there is in a name; the places are of the last such word. */
struct sight {
	uint64_t	 seen;		/* a bit a class */
	unsigned	 limits;	/* how many such words */
	int		 first;		/* word that is not whose it is, or -1 */
	int		 other;		/* the last that is not known, or -1 */
	int		 reset;
	int		 window;
	int		 retry;
};

/* The ms of x-ms- is whose field it is. */
static void
give_back(struct words *w)
{
	struct word *first = &w->w[w->n > 0 && w->w[0].class == X];

	if (w->n > 2 && first->class == UNIT && first->value == MS) {
		first->class = OTHER;
		first->hash = MS;
	}
}

static bool
saw(const struct sight *s, enum class class)
{
	return (s->seen >> class & 1) != 0;
}

static struct sight
look(const struct words *w)
{
	struct sight s = { 0, 0, -1, -1, -1, -1, -1 };
	int i;

	for (i = 0; i < (int)w->n; i++) {
		s.seen |= 1ULL << w->w[i].class;
		s.limits += w->w[i].class == LIMIT;
		if (w->w[i].class == OTHER)
			s.other = i;
		else if (s.first < 0 && w->w[i].class != X &&
		    w->w[i].class != ERROR)
			s.first = i;
		if (w->w[i].class == RESET)
			s.reset = i;
		if (w->w[i].class == WINDOW)
			s.window = i;
		if (w->w[i].class == RETRY)
			s.retry = i;
	}
	return s;
}

/* When it may be sent again, or whether at all. */
static enum hint_role
retry_role(const struct words *w, const struct sight *s)
{
	bool asks = saw(s, SHOULD) || saw(s, NOT) || saw(s, RETRYABLE);
	enum class next = s->retry >= 0 && s->retry + 1 < (int)w->n ?
	    w->w[s->retry + 1].class : SHOULD;

	if (next == AFTER)
		return s->other < s->retry ? HINT_RETRY : HINT_NONE;
	if (next != SHOULD || saw(s, AFTER) || s->other > s->first)
		return HINT_NONE;
	if (!asks && (s->other >= 0 || s->first != s->retry))
		return HINT_NONE;
	return saw(s, NOT) ? HINT_NEVER_RETRY : HINT_MAY_RETRY;
}

static enum hint_role
time_role(const struct sight *s)
{
	if (s->window > s->reset)
		return HINT_WINDOW;
	return saw(s, AFTER) ? HINT_RESET_AFTER : HINT_RESET;
}

/* What fields say that speak of no number, by their last word. */
static enum hint_role
word_role(const struct words *w, const struct sight *s)
{
	enum class last = w->w[w->n - 1].class;

	if (saw(s, ERROR) && (last == ERROR || last == TYPE))
		return HINT_ERROR;
	if (s->limits > 0 || saw(s, MAX) ||
	    (!saw(s, RATE_LIMIT) && !saw(s, THROTTLE)))
		return HINT_NONE;
	switch (last) {
	case POLICY:
		return HINT_POLICY;
	case PART:
		return HINT_NAME;
	case GLOBAL:
		return HINT_GLOBAL;
	case SCOPE:
		return HINT_SCOPE;
	case REASON:
		return HINT_REASON;
	case DELAY:
		return HINT_DELAY;
	default:
		return HINT_NONE;
	}
}

static enum hint_role
role_of(const struct words *w, const struct sight *s)
{
	enum hint_role role;

	if (saw(s, RETRY) || saw(s, RETRYABLE))
		return retry_role(w, s);
	if (saw(s, LAST))
		return HINT_NONE;
	if (saw(s, RESET))
		return time_role(s);
	if (saw(s, REMAINING))
		return saw(s, TIME) || saw(s, UNIT) ? HINT_RESET :
		    HINT_REMAINING;
	if (saw(s, USED))
		return HINT_USED;
	if (saw(s, WINDOW))
		return HINT_WINDOW;
	if ((role = word_role(w, s)) != HINT_NONE)
		return role;
	if (saw(s, LIMIT) || saw(s, MAX) || saw(s, QUOTA))
		return HINT_LIMIT;
	/* it says no more than what it is about, or in which window */
	return saw(s, RATE_LIMIT) && s->other < s->first ?
	    HINT_RATELIMIT : HINT_NONE;
}

static enum hint_context
context_of(const struct sight *s, enum hint_role role)
{
	if (saw(s, RATE_LIMIT) || saw(s, THROTTLE) || s->limits > 1 ||
	    (s->limits > 0 && role != HINT_LIMIT))
		return HINT_STRONG;
	if (saw(s, QUOTA) || saw(s, API) || saw(s, RATE) || saw(s, REQUESTS))
		return HINT_WEAK;
	/* nothing but the word itself */
	return s->other < 0 ? HINT_WEAK : HINT_NO_CONTEXT;
}

/* Whether a period, in a name of that role, is the unit of its value. */
static bool
is_unit(const struct word *w, enum hint_role role)
{
	return w->class == UNIT || (w->class == PERIOD &&
	    (role == HINT_WINDOW || role == HINT_RETRY));
}

/* Words that name a budget, unless they are all that the field says. */
static bool
is_naming(enum class class)
{
	switch (class) {
	case OTHER:
	case X:
	case NUMBER:
	case ERROR:
	case PART:
	case SCOPE:
	case GLOBAL:
		return true;
	default:
		return false;
	}
}

static void
take_word(const struct word *w, bool whose, struct hint_name *name)
{
	if (is_unit(w, name->role)) {
		name->of = w->value;
		return;
	}
	if (w->class == PERIOD || w->class == SPAN)
		name->window = w->value;
	else if (w->class == TOKENS)
		name->unit = HINT_TOKENS;
	else if (w->class == AT_ONCE)
		name->unit = HINT_CONCURRENT;
	else if (!is_naming(w->class))
		return;
	/* 1m is a minute, and today a day */
	name->stem = mix(mix(mix(name->stem, w->class == SPAN ? PERIOD :
	    w->class), w->hash), w->value);
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
	name->family = mix(FNV, saw(s, THROTTLE));
	if (saw(s, QUOTA) && (s->limits > 0 || saw(s, MAX) ||
	    name->role != HINT_LIMIT))
		name->family = mix(name->family, QUOTA);
	name->stem = name->family;
	name->plain = true;
	for (i = 0; i < (int)w->n; i++)
		take_word(&w->w[i], i < s->first, name);
}

static bool
begins(struct http1_str s, const char *text)
{
	size_t len = strlen(text);

	return s.len >= len && is_same(s.p, text, len);
}

/* For the log. */
static const char *
source_of(struct http1_str s)
{
	static const char *const sources[] = {
		"x-ratelimit", "x-rate-limit", "ratelimit", "retry-after",
	};
	unsigned i;

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (begins(s, sources[i]))
			return sources[i];
	return "limit fields";
}

/* Whether one of the words begins there that say what a field is about. */
static bool
is_telling(const char *p, size_t n)
{
	static const struct {
		const char	*text;
		size_t		 len;
	} words[] = {
		{ "limit", 5 }, { "left", 4 }, { "remain", 6 }, { "reset", 5 },
		{ "retr", 4 }, { "quota", 5 }, { "throttl", 7 }, { "max", 3 },
		{ "error", 5 },
	};
	char c = lower(*p);
	unsigned i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (c == words[i].text[0] && words[i].len <= n &&
		    is_same(p, words[i].text, words[i].len))
			return true;
	return false;
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
	    .of = HINT_SECOND };
	struct words words;
	struct sight sight;

	if (!may_say(s))
		return name;
	cut(&words, s);
	if (words.n == 0 || words.bad)
		return name;
	give_back(&words);
	sight = look(&words);
	name.role = role_of(&words, &sight);
	if (name.role == HINT_NONE)
		return name;
	name.context = context_of(&sight, name.role);
	name.source = source_of(s);
	tell_apart(&words, &sight, &name);
	return name;
}

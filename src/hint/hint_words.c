/* SPDX-License-Identifier: ISC */
#include "hint/hint_words.h"

#include "base/fnv.h"
#include "hint/hint_field.h"
#include "http/http1_class.h"

/*
 * The words of names.  A name is cut at what separates them, at capital
 * letters, and where it is written as one, into words that are known
 * (ratelimitremaining); a piece that does not consist of known ones is a word
 * of its own.
 */

#define PIECE	40		/* bytes of known words in one */
#define NUMBER_MAX 1000		/* of minutes, or whatever a window is of */

#define MS	(HINT_SECOND / 1000)
#define MINUTE	(60 * HINT_SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

/* The value of a word for what else has limits. */
#define THING	1
/* And those of methods: which of these it is, behind that. */
#define METHOD(i) (THING + 1 + (i))

static const char *const methods[] = {
	"DELETE", "GET", "PATCH", "POST", "PUT",
};

#define WORD(text, class, value) { text, sizeof(text) - 1, class, value }

struct known {
	const char	*text;
	size_t		 len;
	enum word_class	 class;
	uint64_t	 value;
};

/*
 * By their first letters.  Some of WORD_OTHER are here so that they may be
 * parts of one piece, or because they tell that a limit is on something else
 * than requests.
 */
static const struct known known_a[] = {
	WORD("api", WORD_API, 0),
	WORD("allowed", WORD_MAX, 0),
	WORD("available", WORD_REMAINING, 0),
	WORD("after", WORD_AFTER, 0),
	WORD("at", WORD_AT, 0),
	WORD("app", WORD_OTHER, 0),
	WORD("account", WORD_OTHER, THING),
};
static const struct known known_b[] = {
	WORD("bucket", WORD_PART, 0),
	WORD("bytes", WORD_TOKENS, 0),
	WORD("backoff", WORD_BACKOFF, 0),
	WORD("by", WORD_NOISE, 0),
	WORD("body", WORD_OTHER, THING),
};
static const struct known known_c[] = {
	WORD("consumed", WORD_USED, 0),
	WORD("can", WORD_SHOULD, 0),
	WORD("category", WORD_PART, 0),
	WORD("code", WORD_TYPE, 0),
	WORD("credits", WORD_TOKENS, 0),
	WORD("complexity", WORD_TOKENS, 0),
	WORD("cost", WORD_TOKENS, 0),
	WORD("call", WORD_REQUESTS, 0),
	WORD("calls", WORD_REQUESTS, 0),
	WORD("concurrent", WORD_AT_ONCE, 0),
	WORD("concurrency", WORD_AT_ONCE, 0),
	WORD("current", WORD_NOISE, 0),
	WORD("cache", WORD_OTHER, THING),
	WORD("cart", WORD_OTHER, THING),
	WORD("content", WORD_OTHER, THING),
	WORD("credit", WORD_OTHER, THING),
};
static const struct known known_d[] = {
	WORD("do", WORD_SHOULD, 0),
	WORD("dont", WORD_NOT, 0),
	WORD("delay", WORD_DELAY, 0),
	WORD("days", WORD_UNIT, DAY),
	WORD("day", WORD_PERIOD, DAY),
	WORD("daily", WORD_PERIOD, DAY),
	WORD("date", WORD_NOISE, 0),
	WORD("delete", WORD_OTHER, METHOD(0)),
	WORD("disk", WORD_OTHER, THING),
	WORD("download", WORD_OTHER, THING),
};
static const struct known known_e[] = {
	WORD("error", WORD_ERROR, 0),
	WORD("epoch", WORD_NOISE, 0),
	WORD("expires", WORD_RENEW, 0),
	WORD("expiry", WORD_RENEW, 0),
	WORD("expiration", WORD_RENEW, 0),
	WORD("email", WORD_OTHER, THING),
};
static const struct known known_f[] = {
	WORD("file", WORD_OTHER, THING),
	WORD("files", WORD_OTHER, THING),
};
static const struct known known_g[] = {
	WORD("group", WORD_PART, 0),
	WORD("global", WORD_GLOBAL, 0),
	WORD("get", WORD_OTHER, METHOD(1)),
};
static const struct known known_h[] = {
	WORD("hours", WORD_UNIT, HOUR),
	WORD("hour", WORD_PERIOD, HOUR),
	WORD("hourly", WORD_PERIOD, HOUR),
	WORD("hits", WORD_REQUESTS, 0),
};
static const struct known known_i[] = {
	WORD("in", WORD_AFTER, 0),
	WORD("interval", WORD_WINDOW, 0),
	WORD("item", WORD_OTHER, THING),
	WORD("items", WORD_OTHER, THING),
};
static const struct known known_k[] = {
	WORD("key", WORD_OTHER, 0),
};
static const struct known known_l[] = {
	WORD("limit", WORD_LIMIT, 0),
	WORD("limits", WORD_LIMIT, 0),
	WORD("limited", WORD_LIMITED, 0),
	WORD("limiter", WORD_LIMITED, 0),
	WORD("limiting", WORD_LIMITED, 0),
	WORD("left", WORD_REMAINING, 0),
	WORD("last", WORD_LAST, 0),
	WORD("license", WORD_OTHER, THING),
	WORD("lives", WORD_OTHER, THING),
	WORD("login", WORD_OTHER, THING),
};
static const struct known known_m[] = {
	WORD("max", WORD_MAX, 0),
	WORD("maximum", WORD_MAX, 0),
	WORD("may", WORD_SHOULD, 0),
	WORD("micros", WORD_UNIT, 1000),
	WORD("microseconds", WORD_UNIT, 1000),
	WORD("ms", WORD_UNIT, MS),
	WORD("msec", WORD_UNIT, MS),
	WORD("msecs", WORD_UNIT, MS),
	WORD("milli", WORD_UNIT, MS),
	WORD("millis", WORD_UNIT, MS),
	WORD("millisecond", WORD_UNIT, MS),
	WORD("milliseconds", WORD_UNIT, MS),
	/* a unit behind the others, and before them the least */
	WORD("min", WORD_LEAST, MINUTE),
	WORD("mins", WORD_UNIT, MINUTE),
	WORD("minutes", WORD_UNIT, MINUTE),
	WORD("minute", WORD_PERIOD, MINUTE),
	WORD("minutely", WORD_PERIOD, MINUTE),
	/* as few days as a month has: its budget is not back before */
	WORD("month", WORD_PERIOD, 28 * DAY),
	WORD("monthly", WORD_PERIOD, 28 * DAY),
	WORD("mail", WORD_OTHER, THING),
	WORD("memory", WORD_OTHER, THING),
};
static const struct known known_n[] = {
	WORD("not", WORD_NOT, 0),
	WORD("no", WORD_NOT, 0),
	WORD("name", WORD_PART, 0),
	WORD("non", WORD_NOT, 0),
	WORD("ns", WORD_UNIT, 1),
	WORD("nanos", WORD_UNIT, 1),
	WORD("nanoseconds", WORD_UNIT, 1),
	WORD("next", WORD_NEXT, 0),
};
static const struct known known_o[] = {
	WORD("observed", WORD_USED, 0),
	WORD("of", WORD_NOISE, 0),
	WORD("on", WORD_NOISE, 0),
};
static const struct known known_p[] = {
	WORD("period", WORD_WINDOW, 0),
	WORD("policy", WORD_POLICY, 0),
	/* gRPC: "A6: gRPC Retry Design", https://github.com/grpc/proposal */
	WORD("pushback", WORD_AFTER, 0),
	WORD("points", WORD_TOKENS, 0),
	WORD("parallel", WORD_AT_ONCE, 0),
	WORD("previous", WORD_LAST, 0),
	WORD("per", WORD_NOISE, 0),
	WORD("page", WORD_OTHER, THING),
	WORD("pages", WORD_OTHER, THING),
	WORD("password", WORD_OTHER, THING),
	WORD("patch", WORD_OTHER, METHOD(2)),
	WORD("post", WORD_OTHER, METHOD(3)),
	WORD("put", WORD_OTHER, METHOD(4)),
};
static const struct known known_q[] = {
	WORD("quota", WORD_QUOTA, 0),
	WORD("quotas", WORD_QUOTA, 0),
	WORD("queries", WORD_REQUESTS, 0),
};
static const struct known known_r[] = {
	WORD("rate", WORD_RATE, 0),
	WORD("remaining", WORD_REMAINING, 0),
	WORD("remain", WORD_REMAINING, 0),
	WORD("remains", WORD_REMAINING, 0),
	WORD("reset", WORD_RESET, 0),
	WORD("resets", WORD_RESET, 0),
	WORD("retry", WORD_RETRY, 0),
	WORD("retryable", WORD_RETRYABLE, 0),
	WORD("retriable", WORD_RETRYABLE, 0),
	WORD("refill", WORD_RENEW, 0),
	WORD("refills", WORD_RENEW, 0),
	WORD("renew", WORD_RENEW, 0),
	WORD("renews", WORD_RENEW, 0),
	WORD("renewal", WORD_RENEW, 0),
	WORD("replenish", WORD_RENEW, 0),
	WORD("resource", WORD_PART, 0),
	WORD("reason", WORD_REASON, 0),
	WORD("request", WORD_REQUESTS, 0),
	WORD("requests", WORD_REQUESTS, 0),
};
static const struct known known_s[] = {
	WORD("should", WORD_SHOULD, 0),
	WORD("scope", WORD_SCOPE, 0),
	WORD("sec", WORD_UNIT, HINT_SECOND),
	WORD("secs", WORD_UNIT, HINT_SECOND),
	WORD("seconds", WORD_UNIT, HINT_SECOND),
	WORD("second", WORD_PERIOD, HINT_SECOND),
	WORD("secondly", WORD_PERIOD, HINT_SECOND),
	WORD("seat", WORD_OTHER, THING),
	WORD("seats", WORD_OTHER, THING),
	WORD("session", WORD_OTHER, THING),
	WORD("size", WORD_OTHER, THING),
	WORD("sms", WORD_OTHER, THING),
	WORD("storage", WORD_OTHER, THING),
	WORD("status", WORD_STATUS, 0),
};
static const struct known known_t[] = {
	WORD("throttle", WORD_THROTTLE, 0),
	WORD("throttled", WORD_THROTTLE, 0),
	WORD("throttling", WORD_THROTTLE, 0),
	WORD("throttler", WORD_THROTTLE, 0),
	WORD("total", WORD_MAX, 0),
	WORD("type", WORD_TYPE, 0),
	WORD("today", WORD_PERIOD, DAY),
	WORD("tokens", WORD_TOKENS, 0),
	WORD("time", WORD_TIME, 0),
	WORD("to", WORD_NOISE, 0),
	WORD("this", WORD_NOISE, 0),
	WORD("the", WORD_NOISE, 0),
	WORD("timestamp", WORD_NOISE, 0),
	WORD("token", WORD_OTHER, 0),
	WORD("ttl", WORD_RENEW, 0),
	WORD("trial", WORD_OTHER, THING),
};
static const struct known known_u[] = {
	WORD("used", WORD_USED, 0),
	WORD("usage", WORD_USED, 0),
	WORD("us", WORD_UNIT, 1000),
	WORD("until", WORD_AT, 0),
	WORD("unix", WORD_NOISE, 0),
	WORD("utc", WORD_NOISE, 0),
	WORD("user", WORD_OTHER, 0),
	WORD("upload", WORD_OTHER, THING),
	WORD("uploads", WORD_OTHER, THING),
};
static const struct known known_w[] = {
	WORD("wait", WORD_WAIT, 0),
	WORD("window", WORD_WINDOW, 0),
	WORD("week", WORD_PERIOD, 7 * DAY),
	WORD("weekly", WORD_PERIOD, 7 * DAY),
};
static const struct known known_x[] = {
	WORD("x", WORD_X, 0),
};

#define GROUP(words) { words, sizeof(words) / sizeof(words[0]) }

static const struct {
	const struct known	*words;
	unsigned		 n;
} groups[26] = {
	['a' - 'a'] = GROUP(known_a),
	['b' - 'a'] = GROUP(known_b),
	['c' - 'a'] = GROUP(known_c),
	['d' - 'a'] = GROUP(known_d),
	['e' - 'a'] = GROUP(known_e),
	['f' - 'a'] = GROUP(known_f),
	['g' - 'a'] = GROUP(known_g),
	['h' - 'a'] = GROUP(known_h),
	['i' - 'a'] = GROUP(known_i),
	['k' - 'a'] = GROUP(known_k),
	['l' - 'a'] = GROUP(known_l),
	['m' - 'a'] = GROUP(known_m),
	['n' - 'a'] = GROUP(known_n),
	['o' - 'a'] = GROUP(known_o),
	['p' - 'a'] = GROUP(known_p),
	['q' - 'a'] = GROUP(known_q),
	['r' - 'a'] = GROUP(known_r),
	['s' - 'a'] = GROUP(known_s),
	['t' - 'a'] = GROUP(known_t),
	['u' - 'a'] = GROUP(known_u),
	['w' - 'a'] = GROUP(known_w),
	['x' - 'a'] = GROUP(known_x),
};

uint64_t
hint_words_mix(uint64_t hash, uint64_t value)
{
	hash = fnv_add(hash, value);
	return hash ^ hash >> 32;
}

const char *
hint_words_method(const struct word *w)
{
	return w->class == WORD_OTHER && w->value > THING ?
	    methods[w->value - METHOD(0)] : NULL;
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_letter(char c)
{
	return http1_lower(c) >= 'a' && http1_lower(c) <= 'z';
}

static void
add_word(struct words *w, enum word_class class, uint64_t value, uint64_t hash)
{
	struct word *last = w->n > 0 ? &w->w[w->n - 1] : NULL;

	if (last != NULL && last->class == WORD_RATE &&
	    (class == WORD_LIMIT || class == WORD_LIMITED)) {
		last->class = WORD_RATE_LIMIT;
		return;
	}
	if (last != NULL && last->class == WORD_NUMBER &&
	    (class == WORD_UNIT || class == WORD_LEAST ||
	    class == WORD_PERIOD)) {
		if (last->value == 0 || last->value >= NUMBER_MAX)
			return;
		last->class = WORD_SPAN;
		last->value *= value;
		return;
	}
	/* MinLimit: what the limit is for, not what its value counts */
	if (last != NULL && class == WORD_LIMIT &&
	    (last->class == WORD_LEAST || (last->class == WORD_UNIT &&
	    last->value >= HINT_SECOND)))
		last->class = WORD_PERIOD;
	if (w->n == WORDS_MAX) {
		w->bad = true;
		return;
	}
	if (class == WORD_LIMITED)
		class = WORD_OTHER;
	w->w[w->n].class = class;
	w->w[w->n].value = value;
	w->w[w->n].hash = hash;
	w->n++;
}

static void
add_other(struct words *w, const char *p, size_t len, uint64_t value)
{
	uint64_t hash = FNV_BASIS;
	size_t i;

	for (i = 0; i < len; i++)
		hash = fnv_add(hash, (unsigned char)http1_lower(p[i]));
	add_word(w, WORD_OTHER, value, hash);
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
	return k->len == 1 ? i == 0 : k->class == WORD_UNIT && i + k->len == n;
}

/* The longest word that begins at i, and behind which words follow. */
static const struct known *
find_word(const char *p, size_t i, size_t n, const struct known **at)
{
	char first = http1_lower(p[i]);
	const struct known *k = groups[first - 'a'].words, *found = NULL;
	unsigned left = groups[first - 'a'].n;

	for (; left > 0; left--, k++)
		if (fits(k, i, n) && (i + k->len == n ||
		    at[i + k->len] != NULL) &&
		    (found == NULL || k->len > found->len) &&
		    hint_begins(p + i, n - i, k->text, k->len))
			found = k;
	return found;
}

/* Letters without anything between them: known words, or else another one. */
static void
add_piece(struct words *w, const char *p, size_t n)
{
	const struct known *at[PIECE] = { NULL };
	size_t i = n;

	if (n > PIECE) {
		add_other(w, p, n, 0);
		return;
	}
	while (i-- > 0)
		at[i] = find_word(p, i, n, at);
	if (at[0] == NULL) {
		add_other(w, p, n, 0);
		return;
	}
	/* Behind a word that was found one is found again, up to the end. */
	for (i = 0; i < n && at[i] != NULL; i += at[i]->len)
		if (at[i]->class == WORD_OTHER)
			add_other(w, p + i, at[i]->len, at[i]->value);
		else
			add_word(w, at[i]->class, at[i]->value, 0);
}

/* Such as the s of 10s; behind other letters it is none. */
static uint64_t
letter_unit(char c)
{
	switch (http1_lower(c)) {
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

	for (; p < end && http1_is_digit(*p); p++)
		n = n < NUMBER_MAX ? n * 10 + (uint64_t)(*p - '0') : n;
	add_word(w, WORD_NUMBER, n, 0);
	if (p < end && letter_unit(*p) != 0 &&
	    (p + 1 == end || !is_letter(p[1]))) {
		add_word(w, WORD_UNIT, letter_unit(*p), 0);
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

/* The ms of x-ms- is whose field it is, and a min at the end is a unit. */
static void
settle_units(struct words *w)
{
	struct word *first = &w->w[w->n > 0 && w->w[0].class == WORD_X];
	struct word *last = w->n > 0 ? &w->w[w->n - 1] : NULL;

	if (last != NULL && last->class == WORD_LEAST)
		last->class = WORD_UNIT;
	if (w->n > 2 && first->class == WORD_UNIT && first->value == MS) {
		first->class = WORD_OTHER;
		first->value = 0;
		first->hash = MS;
	}
}

void
hint_words(struct http1_str name, struct words *w)
{
	const char *p = name.p, *end = p + name.len, *q;

	w->n = 0;
	w->bad = false;
	while (p < end && !w->bad) {
		if (http1_is_digit(*p)) {
			p += add_number(w, p, end);
		} else if (is_letter(*p)) {
			q = piece_end(p, end);
			add_piece(w, p, (size_t)(q - p));
			p = q;
		} else {
			p++;
		}
	}
	settle_units(w);
}


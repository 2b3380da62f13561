/* SPDX-License-Identifier: ISC */
#include "hint/refusal_form.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hint/hint_form.h"
#include "hint/hint_until.h"
#include "hint/hint_words.h"
#include "hint/json_walk.h"
#include "hint/refusal_name.h"
#include "hint/refusal_xml.h"

#define ERROR_NAME	64	/* letters of an error's name */
#define TOO_MANY	429	/* of HTTP's statuses */

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* Names of errors */

/* Keys under which an error is named, for programs. */
static const char *const code_keys[] = {
	"code", "errorcode", "errorname", "type", "errortype", "reason",
	"classification",
};

/* And under which its status is. */
static const char *const status_keys[] = {
	"code", "errorcode", "status", "statuscode", "httpstatus",
	"httpstatuscode",
};

/* The same where there is none of those, and for people. */
static const char *const name_keys[] = {
	"error",
	"status", "message", "msg", "detail", "errormessage", "errormsg",
	"faultstring",		/* SOAP's */
	"name", "key", "title", "description",
};

/* How many of these count. */
static const size_t nname_keys[] = {
	[REFUSAL_NAMES] = COUNT(name_keys),
	[REFUSAL_SENTENCES] = 8,
	[REFUSAL_CODES] = 1,
};

/* Keys of what an error consists of. */
static const char *const error_keys[] = {
	"error", "errors", "fault", "detail", "details", "extensions",
	"overlimit", "response",
};

/* And of what it is about, or what is wrong with that. */
static const char *const detail_keys[] = { "detail", "details", "extensions" };

/* Letters only, in lower case; false: there are none, or too many. */
static bool
letters(const char *text, size_t len, char out[ERROR_NAME + 1])
{
	size_t n = refusal_name_letters(text, len, out, ERROR_NAME);

	out[n] = '\0';
	return n > 0;
}

static bool
is_among(const char *name, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* By its codes; by what else it is called, where it has none. */
struct named {
	enum refusal_names names;	/* that count */
	bool	 coded;		/* itself, or what it is a detail of */
	bool	 called;	/* a limit */
};

/* Returns whether a code is the name of a limit, which is the last word. */
static bool
take_named(struct named *n, struct http1_str key, struct http1_str value)
{
	char name[ERROR_NAME + 1];
	bool is;

	if (!letters(key.p, key.len, name))
		return false;
	if (is_among(name, code_keys, COUNT(code_keys))) {
		n->coded = true;
		return refusal_name_is_limit(value.p, value.len);
	}
	is = is_among(name, name_keys, nname_keys[n->names]) &&
	    refusal_name_is_limit(value.p, value.len);
	n->called = n->called || is;
	return false;
}

/* Whether an error has a status of its own: 429. */
static bool
is_limit_status(const char *key, json_t *value)
{
	char name[ERROR_NAME + 1];

	return json_number_value(value) == TOO_MANY &&
	    letters(key, strlen(key), name) &&
	    is_among(name, status_keys, COUNT(status_keys));
}

static bool
is_limit_object(json_t *from, struct named *named)
{
	struct http1_str name, text;
	const char *key;
	json_t *value;

	json_object_foreach (from, key, value) {
		if (is_limit_status(key, value))
			return true;
		if (!json_is_string(value))
			continue;
		name = (struct http1_str){ key, strlen(key) };
		text = (struct http1_str){ json_string_value(value),
		    json_string_length(value) };
		if (take_named(named, name, text))
			return true;
	}
	return named->called && !named->coded;
}

static bool	 is_limit_at(json_t *, struct named, unsigned depth,
		    bool within);

static bool
is_limit_member(const char *key, json_t *value, struct named named,
    unsigned depth, bool within)
{
	char name[ERROR_NAME + 1];

	if (json_is_string(value) || !letters(key, strlen(key), name))
		return false;
	named.coded = named.coded &&
	    is_among(name, detail_keys, COUNT(detail_keys));
	return (within ? strcmp(name, "errors") == 0 :
	    is_among(name, error_keys, COUNT(error_keys))) &&
	    is_limit_at(value, named, depth + 1, false);
}

/* It recurses to JSON_WALK_DEPTH, whatever the text looks like. */
static bool
is_limit_at(json_t *from, struct named named, unsigned depth, bool within)
{
	const char *key;
	json_t *value;
	size_t i;

	if (depth > JSON_WALK_DEPTH)
		return false;
	json_array_foreach (from, i, value)
		if (i < JSON_WALK_ELEMENTS && is_limit_at(value, named,
		    depth + 1, within))
			return true;
	if (!within && is_limit_object(from, &named))
		return true;
	json_object_foreach (from, key, value)
		if (is_limit_member(key, value, named, depth, within))
			return true;
	return false;
}

bool
refusal_form_is_limit(json_t *root, enum refusal_names names, bool within)
{
	return is_limit_at(root, (struct named){ .names = names }, 0, within);
}

/* Whether to send it again */

/*
 * OpenAI: "Error codes", https://platform.openai.com/docs/guides/error-codes
 * 429 for a quota that only money fills.
 */
static const char *const final_names[] = {
	"insufficientquota", "billinghardlimitreached", "billingnotactive",
};

static bool
is_final_name(struct http1_str key, struct http1_str text)
{
	char name[ERROR_NAME + 1], value[ERROR_NAME + 1];

	return letters(key.p, key.len, name) &&
	    is_among(name, code_keys, COUNT(code_keys)) &&
	    letters(text.p, text.len, value) &&
	    is_among(value, final_names, COUNT(final_names));
}

static bool
is_final_member(const char *key, json_t *value, void *arg)
{
	struct http1_str name = { key, strlen(key) };
	struct http1_str text = { json_string_value(value),
	    json_string_length(value) };

	(void)arg;
	if (json_is_false(value))
		return hint_form(name).role == HINT_MAY_RETRY;
	if (json_is_true(value))
		return hint_form(name).role == HINT_NEVER_RETRY;
	return json_is_string(value) && is_final_name(name, text);
}

bool
refusal_form_is_final(json_t *root)
{
	return json_walk(root, is_final_member, NULL);
}

/* Delays */

struct spans {
	int64_t		 date;
	bool		 has_retry;
	bool		 has_reset;
	uint64_t	 retry;		/* ns, the longest */
	uint64_t	 reset;
};

/* A number, as it would stand in a field; nothing, if it cannot be one. */
static struct http1_str
text_of(json_t *value, char buf[64])
{
	struct http1_str s = { json_string_value(value),
	    json_string_length(value) };
	double number = json_number_value(value);

	if (json_is_number(value) && isfinite(number) && number >= 0 &&
	    number <= 1e30) {
		s.p = buf;
		s.len = (size_t)snprintf(buf, 64, "%.9f", number);
	}
	return s;
}

static void
take_longest(bool *has, uint64_t *longest, uint64_t ns)
{
	if (!*has || ns > *longest)
		*longest = ns;
	*has = true;
}

static bool
has(const char *name, const char *part)
{
	return strstr(name, part) != NULL;
}

static bool
begins(const char *name, const char *part)
{
	return strncmp(name, part, strlen(part)) == 0;
}

static bool
ends(const char *name, const char *part)
{
	size_t n = strlen(name), m = strlen(part);

	return n >= m && strcmp(name + n - m, part) == 0;
}

/* What a wait's name may go on with, and be a time. */
static const char *const time_words[] = {
	"after", "at", "before", "days", "day", "delay", "duration", "epoch",
	"for", "hours", "hour", "in", "interval", "least", "left",
	"milliseconds", "millisecond", "millis", "milli", "mins", "minutes",
	"minute", "min", "msec", "ms", "needed", "nextattempt", "nextrequest",
	"nexttry", "period", "remaining", "required", "retrying", "retry",
	"seconds", "second", "secs", "sec", "s", "till", "timestamp", "time",
	"until", "utc",
};

/* The longest of the words with which a name begins; 0: with none. */
static size_t
time_word(const char *name)
{
	size_t i, len, found = 0;

	for (i = 0; i < COUNT(time_words); i++) {
		len = strlen(time_words[i]);
		if (len > found && begins(name, time_words[i]))
			found = len;
	}
	return found;
}

/*
 * Whether the rest of a name behind wait says a time, or nothing more; if not,
 * it counts who waits, or is about that: waiting_requests, waiters.
 */
static bool
is_time(const char *rest)
{
	size_t len;

	/* waiting alone is as many */
	if (begins(rest, "ing") && rest[3] != '\0')
		rest += 3;
	for (; *rest != '\0'; rest += len)
		if ((len = time_word(rest)) == 0)
			return false;
	return true;
}

/*
 * Keys that would say nothing in a field, but do in a refusal: wait_seconds,
 * cooldown, availableIn, nextAccessTime, blocked_until.
 */
static bool
is_wait(struct http1_str key)
{
	char name[ERROR_NAME + 1];

	if (!letters(key.p, key.len, name))
		return false;
	if (begins(name, "wait"))
		return is_time(name + strlen("wait"));
	if (begins(name, "next"))
		return has(name, "access") || has(name, "attempt") ||
		    has(name, "request") || has(name, "call") ||
		    has(name, "try") || has(name, "allowed") ||
		    has(name, "available");
	if (begins(name, "available"))
		return ends(name, "in") || ends(name, "at") ||
		    ends(name, "after");
	if (ends(name, "until"))
		return has(name, "block") || has(name, "ban") ||
		    has(name, "lock") || has(name, "limit") ||
		    has(name, "throttle");
	return has(name, "cooldown");
}

/* What a number counts under such a key, in ns. */
static uint64_t
unit_of(struct http1_str key)
{
	struct words words;
	unsigned i;

	hint_words(key, &words);
	for (i = 0; i < words.n && !words.bad; i++)
		if (words.w[i].class == WORD_UNIT)
			return words.w[i].value;
	return HINT_SECOND;
}

static void
take_member(struct http1_str key, struct http1_str value, struct spans *s)
{
	struct hint_name name = hint_form(key);
	uint64_t ns;

	if (value.len == 0)
		return;
	if (name.role == HINT_RETRY || name.role == HINT_BACKOFF) {
		if (hint_until(value, name.time_unit, s->date, &ns))
			take_longest(&s->has_retry, &s->retry, ns);
	} else if ((name.role == HINT_RESET || name.role == HINT_RESET_AFTER) &&
	    name.context >= HINT_WEAK) {
		if (hint_until(value, name.time_unit, s->date, &ns))
			take_longest(&s->has_reset, &s->reset, ns);
	} else if (is_wait(key) &&
	    hint_until(value, unit_of(key), s->date, &ns)) {
		take_longest(&s->has_retry, &s->retry, ns);
	}
}

/* Of all that there are, so none is the last. */
static bool
take_time(const char *key, json_t *value, void *arg)
{
	struct http1_str name = { key, strlen(key) };
	char buf[64];

	if (json_is_string(value) || json_is_number(value))
		take_member(name, text_of(value, buf), arg);
	return false;
}

static bool
longest(const struct spans *s, uint64_t *ns)
{
	*ns = s->has_retry ? s->retry : s->reset;
	return s->has_retry || s->has_reset;
}

bool
refusal_form_delay(json_t *root, int64_t date, uint64_t *ns)
{
	struct spans s = { .date = date };

	(void)json_walk(root, take_time, &s);
	return longest(&s, ns);
}

/* XML and pages */

bool
refusal_form_is_xml_limit(const char *p, size_t n, enum refusal_names names)
{
	struct http1_str name, text;
	struct refusal_xml x;
	struct named named = { .names = names };
	bool found = false;

	if (!refusal_xml_begin(&x, p, n))
		return false;
	while (!found && refusal_xml_next(&x, &name, &text))
		found = take_named(&named, name, text);
	return found || (named.called && !named.coded);
}

bool
refusal_form_xml_delay(const char *p, size_t n, int64_t date, uint64_t *ns)
{
	struct spans s = { .date = date };
	struct http1_str name, text;
	struct refusal_xml x;

	if (!refusal_xml_begin(&x, p, n))
		return false;
	while (refusal_xml_next(&x, &name, &text))
		take_member(name, text, &s);
	return longest(&s, ns);
}

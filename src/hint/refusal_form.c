/* SPDX-License-Identifier: ISC */
#include "hint/refusal_form.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "hint/hint_duration.h"
#include "hint/hint_form.h"
#include "hint/hint_loose.h"
#include "hint/hint_until.h"

#define DEPTH		5	/* of values in values */
#define ELEMENTS	16	/* of an array */
#define ERROR_NAME	64	/* letters of an error's name */

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* Names of errors */

/* Letters only, in lower case, without exception or error behind them. */
static const char *const limit_names[] = {
	"ratelimit", "ratelimited", "ratelimiting", "ratelimitexceeded",
	"ratelimitreached", "ratelimitsexceeded", "exceededratelimit",
	"userratelimitexceeded", "apiratelimitexceeded", "rateexceeded",
	"youhaveexceededyourratelimit", "maxratelimitreached",
	"toomanyrequests", "toomanyrequestspersecond", "toomanycalls",
	"throttled", "throttling", "throttle", "requestthrottled",
	"requeststhrottled", "requestlimitexceeded", "requestlimitreached",
	"querylimitexceeded", "overquerylimit", "slowdown",
};

/* Keys under which an error is named, for programs. */
static const char *const code_keys[] = {
	"code", "errorcode", "type", "errortype", "reason",
};

/* The same where there is none of those, and for people. */
static const char *const name_keys[] = {
	"error", "status", "name", "key", "title", "message", "detail",
	"errormessage",
};

/* Keys of what an error consists of. */
static const char *const error_keys[] = {
	"error", "errors", "fault", "detail", "details", "extensions",
	"response",
};

/* Letters only, in lower case; false: there are none, or too many. */
static bool
letters(const char *text, size_t len, char out[ERROR_NAME + 1])
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < len; i++) {
		c = text[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (c < 'a' || c > 'z')
			continue;
		if (n == ERROR_NAME)
			return false;
		out[n++] = c;
	}
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

static void
cut_end(char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	if (n > m && strcmp(name + n - m, end) == 0)
		name[n - m] = '\0';
}

static bool
is_limit_name(const char *text, size_t len)
{
	char name[ERROR_NAME + 1];

	/* words may have separators, but no essay is a name */
	if (len > 2 * ERROR_NAME || !letters(text, len, name))
		return false;
	cut_end(name, "exception");
	cut_end(name, "error");
	return is_among(name, limit_names, COUNT(limit_names));
}

/* By its codes; by what else it is called, where it has none. */
static bool
is_limit_object(json_t *from)
{
	char name[ERROR_NAME + 1];
	const char *key;
	json_t *value;
	bool coded = false, called = false, is;

	json_object_foreach (from, key, value) {
		if (!json_is_string(value) || !letters(key, strlen(key), name))
			continue;
		is = is_limit_name(json_string_value(value),
		    json_string_length(value));
		if (is_among(name, code_keys, COUNT(code_keys))) {
			if (is)
				return true;
			coded = true;
		} else if (is_among(name, name_keys, COUNT(name_keys))) {
			called = called || is;
		}
	}
	return called && !coded;
}

static bool	 is_limit_at(json_t *, unsigned depth, bool within);

static bool
is_limit_member(const char *key, json_t *value, unsigned depth, bool within)
{
	char name[ERROR_NAME + 1];

	if (json_is_string(value) || !letters(key, strlen(key), name))
		return false;
	return (within ? strcmp(name, "errors") == 0 :
	    is_among(name, error_keys, COUNT(error_keys))) &&
	    is_limit_at(value, depth + 1, false);
}

/* It recurses to DEPTH, whatever the text looks like. */
static bool
is_limit_at(json_t *from, unsigned depth, bool within)
{
	const char *key;
	json_t *value;
	size_t i;

	if (depth > DEPTH)
		return false;
	json_array_foreach (from, i, value)
		if (i < ELEMENTS && is_limit_at(value, depth + 1, within))
			return true;
	if (!within && is_limit_object(from))
		return true;
	json_object_foreach (from, key, value)
		if (is_limit_member(key, value, depth, within))
			return true;
	return false;
}

bool
refusal_form_is_limit(json_t *root, bool within)
{
	return is_limit_at(root, 0, within);
}

/* Delays */

struct spans {
	int64_t		 date;
	bool		 has_retry;
	bool		 has_reset;
	uint64_t	 retry;		/* ns, the longest */
	uint64_t	 reset;
};

static bool
read_time(json_t *value, uint64_t unit, int64_t date, uint64_t *ns)
{
	struct http1_str s = { json_string_value(value),
	    json_string_length(value) };
	double number = json_number_value(value);
	char text[64];

	if (json_is_number(value)) {
		if (!isfinite(number) || number < 0 || number > 1e30)
			return false;
		s.p = text;
		s.len = (size_t)snprintf(text, sizeof text, "%.9f", number);
	}
	return s.len > 0 && hint_until(s, unit, date, ns);
}

static void
take_longest(bool *has, uint64_t *longest, uint64_t ns)
{
	if (!*has || ns > *longest)
		*longest = ns;
	*has = true;
}

static void
take_member(const char *key, json_t *value, struct spans *s)
{
	struct http1_str text = { key, strlen(key) };
	struct hint_name name = hint_form(text);
	uint64_t ns;

	if (name.role == HINT_RETRY || name.role == HINT_BACKOFF) {
		if (read_time(value, name.time_unit, s->date, &ns))
			take_longest(&s->has_retry, &s->retry, ns);
	} else if ((name.role == HINT_RESET || name.role == HINT_RESET_AFTER) &&
	    name.context >= HINT_WEAK) {
		if (read_time(value, name.time_unit, s->date, &ns))
			take_longest(&s->has_reset, &s->reset, ns);
	}
}

static void
take_times(json_t *from, unsigned depth, struct spans *s)
{
	const char *key;
	json_t *value;
	size_t i;

	if (depth > DEPTH)
		return;
	json_array_foreach (from, i, value)
		if (i < ELEMENTS)
			take_times(value, depth + 1, s);
	json_object_foreach (from, key, value) {
		if (json_is_string(value) || json_is_number(value))
			take_member(key, value, s);
		else
			take_times(value, depth + 1, s);
	}
}

bool
refusal_form_delay(json_t *root, int64_t date, uint64_t *ns)
{
	struct spans s = { .date = date };

	take_times(root, 0, &s);
	*ns = s.has_retry ? s.retry : s.reset;
	return s.has_retry || s.has_reset;
}

/* Words */

static const char *const cues[] = {
	"again in ", "again after ", "retry in ", "retry after ",
	"retrying in ", "wait ",
};

static bool
is_of_duration(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '.';
}

/* Such as 6m0s, 20s. or 56 seconds. */
static bool
read_words(const char *p, const char *end, uint64_t *ns)
{
	struct http1_str s = { p, 0 };
	size_t n;

	for (n = 0; p + n < end && is_of_duration(p[n]); n++)
		;
	s.len = n;
	while (s.len > 0 && p[s.len - 1] == '.')
		s.len--;
	if (s.len > 0 && hint_duration(s, ns))
		return true;
	if (n == 0 || p + n == end || p[n] != ' ')
		return false;
	for (n++; p + n < end && p[n] != '.' && is_of_duration(p[n]); n++)
		;
	s.len = n;
	return hint_loose_duration(s, ns);
}

bool
refusal_form_words(const char *text, size_t n, uint64_t *ns)
{
	const char *p, *end = text + n;
	size_t i, len;

	for (p = text; p < end; p++)
		for (i = 0; i < COUNT(cues); i++) {
			if ((*p | 0x20) != cues[i][0])
				continue;
			len = strlen(cues[i]);
			if ((size_t)(end - p) > len &&
			    strncasecmp(p, cues[i], len) == 0 &&
			    read_words(p + len, end, ns))
				return true;
		}
	return false;
}

/* SPDX-License-Identifier: ISC */
#include "admin/admin_body.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin_answer.h"
#include "admin/admin_names.h"
#include "conf/conf_value.h"

#define DEPTH		8	/* of what stands in each other */
#define REASON		200	/* bytes */
#define SECOND		1e9
#define UNIT		1e6

/* Objects */

/* jansson would go down 2048 times: what is asked for here is flat. */
static bool
is_deep(const char *p, size_t len)
{
	bool quoted = false;
	int depth = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (quoted && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			quoted = !quoted;
		else if (!quoted && (p[i] == '{' || p[i] == '['))
			depth++;
		else if (!quoted && (p[i] == '}' || p[i] == ']'))
			depth--;
		if (depth > DEPTH)
			return true;
	}
	return false;
}

static bool
has_only(struct admin_request *r, const char *names)
{
	char expected[256];
	const char *name;
	json_t *value;

	json_object_foreach(r->body, name, value) {
		if (admin_names_has(names, name))
			continue;
		admin_answer_problem(r, 422, admin_names_list(expected,
		    sizeof expected, names, "no members"),
		    "there is no member \"%s\"", name);
		return false;
	}
	return true;
}

/* This thread has asked for memory in vain. */
static _Thread_local bool starved;

static void *
allocate(size_t size)
{
	void *p = malloc(size);

	starved = starved || p == NULL;
	return p;
}

void
admin_body_init(void)
{
	json_set_alloc_funcs(allocate, free);
}

bool
admin_body_parse(struct admin_request *r, const char *names)
{
	const char *p = r->received.len > 0 ? r->received.p : "{}";
	size_t len = r->received.len > 0 ? r->received.len : 2;
	json_error_t error;

	if (is_deep(p, len)) {
		admin_answer_problem(r, 422, "an object", "the body has "
		    "values more than %d deep", DEPTH);
		return false;
	}
	starved = false;
	r->body = json_loadb(p, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
	    &error);
	/* a text that there was no memory for may just be shorter there */
	if (starved) {
		admin_answer_problem(r, 503, NULL, "out of memory");
		return false;
	}
	if (r->body == NULL) {
		admin_answer_problem(r, 400, "a JSON object", "the body is no "
		    "JSON: line %d, column %d: %s", error.line, error.column,
		    error.text);
		return false;
	}
	if (!json_is_object(r->body)) {
		admin_answer_problem(r, 422, "an object",
		    "the body is no object");
		return false;
	}
	return has_only(r, names);
}

/* Members */

static bool
wrong(struct admin_request *r, const char *name, const char *expected)
{
	bool has = json_object_get(r->body, name) != NULL;

	admin_answer_problem(r, 422, expected, has ? "\"%s\" is wrong" :
	    "\"%s\" is missing", name);
	return false;
}

/* Where it is not there, that is fine unless it is required. */
static bool
absent(const struct admin_request *r, const char *name, const json_t **value)
{
	*value = json_object_get(r->body, name);
	return *value == NULL || json_is_null(*value);
}

bool
admin_body_text(struct admin_request *r, const char *name, size_t max,
    const char **value)
{
	const json_t *v;
	const char *p;
	char expected[64];

	*value = "";
	if (absent(r, name, &v))
		return true;
	snprintf(expected, sizeof expected,
	    "one line of at most %zu bytes", max);
	if (!json_is_string(v) || json_string_length(v) > max)
		return wrong(r, name, expected);
	for (p = json_string_value(v); *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return wrong(r, name, expected);
	}
	*value = json_string_value(v);
	return true;
}

bool
admin_body_reason(struct admin_request *r, const char **value)
{
	return admin_body_text(r, "reason", REASON, value);
}

/* A number in steps of 1/scale; false where it has no place in 64 bits. */
static bool
scaled(const json_t *v, double scale, uint64_t *value)
{
	double d = json_number_value(v) * scale;

	if (!json_is_number(v) || !(d >= 0) || d >= 1.8e19)
		return false;
	*value = (uint64_t)round(d);
	return true;
}

bool
admin_body_duration(struct admin_request *r, const char *name, bool required,
    uint64_t min, uint64_t max, uint64_t *value)
{
	char expected[128], from[CONF_TEXT], to[CONF_TEXT];
	uint64_t ns = 0;
	const json_t *v;
	bool ok;

	snprintf(expected, sizeof expected, "seconds, or a text such as "
	    "\"30s\", from %s to %s", conf_duration_text(from, min),
	    conf_duration_text(to, max));
	if (absent(r, name, &v))
		return !required || wrong(r, name, expected);
	if (json_is_string(v))
		ok = conf_duration(json_string_value(v), &ns) == NULL;
	else
		ok = scaled(v, SECOND, &ns);
	if (!ok || ns < min || ns > max)
		return wrong(r, name, expected);
	*value = ns;
	return true;
}

bool
admin_body_integer(struct admin_request *r, const char *name, uint64_t min,
    uint64_t max, bool *has, uint64_t *value)
{
	char expected[80];
	const json_t *v;

	if (has != NULL)
		*has = false;
	if (absent(r, name, &v))
		return true;
	snprintf(expected, sizeof expected, "a whole number from %" PRIu64
	    " to %" PRIu64, min, max);
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) < min ||
	    (uint64_t)json_integer_value(v) > max)
		return wrong(r, name, expected);
	*value = (uint64_t)json_integer_value(v);
	if (has != NULL)
		*has = true;
	return true;
}

bool
admin_body_units(struct admin_request *r, const char *name, uint64_t min,
    uint64_t max, bool *has, uint64_t *value)
{
	char expected[128], from[CONF_TEXT], to[CONF_TEXT];
	uint64_t units = 0;
	const json_t *v;

	if (has != NULL)
		*has = false;
	if (absent(r, name, &v))
		return true;
	snprintf(expected, sizeof expected, "a number from %s to %s",
	    conf_units_text(from, min), conf_units_text(to, max));
	if (!scaled(v, UNIT, &units) || units < min || units > max)
		return wrong(r, name, expected);
	*value = units;
	if (has != NULL)
		*has = true;
	return true;
}

bool
admin_body_choice(struct admin_request *r, const char *name, bool required,
    const char *const *words, int *value)
{
	char expected[256];
	const json_t *v;
	int i;

	admin_names_words(expected, sizeof expected, words);
	if (absent(r, name, &v))
		return !required || wrong(r, name, expected);
	for (i = 0; words[i] != NULL; i++) {
		if (json_is_string(v) &&
		    strcmp(json_string_value(v), words[i]) == 0) {
			*value = i;
			return true;
		}
	}
	return wrong(r, name, expected);
}

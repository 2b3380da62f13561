/* SPDX-License-Identifier: ISC */
#include "hint/refusal_judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "hint/hint_until.h"
#include "hint/json_path.h"
#include "hint/refusal_form.h"
#include "hint/refusal_size.h"
#include "hint/refusal_text.h"
#include "hint/refusal_words.h"

struct wanted {
	const char	*const *in;
	bool		 found;
};

/* Whether a string is that word, alone or as the name in a name space. */
static bool
is_word(const char *text, const char *word)
{
	const char *name = strrchr(text, '#');

	return strcmp(text, word) == 0 ||
	    (name != NULL && strcmp(name + 1, word) == 0);
}

/* A number as people write it; NULL: it is no whole one, or none at all. */
static const char *
text_of_number(const json_t *value, char buf[32])
{
	double number = json_number_value(value);

	if (!json_is_number(value) || fabs(number) >= 1e15 ||
	    number != trunc(number))
		return NULL;
	snprintf(buf, 32, "%.0f", number);
	return buf;
}

static void
want(json_t *value, void *arg)
{
	struct wanted *w = arg;
	const char *const *word, *text = json_string_value(value);
	char buf[32];

	if (w->in == NULL) {
		w->found |= !json_is_null(value) && !json_is_false(value);
		return;
	}
	if (text == NULL)
		text = text_of_number(value, buf);
	for (word = w->in; text != NULL && *word != NULL; word++)
		w->found |= is_word(text, *word);
}

/* Delays */

struct span {
	bool	 there;
	uint64_t ns;		/* the longest */
	int64_t	 date;
};

static void
add_text(struct span *s, const char *text, size_t len)
{
	uint64_t ns;

	if (!hint_retry_after(text, len, s->date, &ns))
		return;
	if (!s->there || ns > s->ns)
		s->ns = ns;
	s->there = true;
}

/* Numbers are read as they would be in a field: there is one way to do it. */
static void
add_number(struct span *s, double number)
{
	char text[64];
	int n;

	if (!isfinite(number) || number < 0 || number > 1e30)
		return;
	n = snprintf(text, sizeof text, "%.9f", number);
	add_text(s, text, (size_t)n);
}

/* An int64 is a string in JSON as protocol buffers have it. */
static double
number_of(const json_t *value)
{
	const char *text = json_string_value(value);
	char *end;
	double number;

	if (json_is_number(value))
		return json_number_value(value);
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return NAN;
	number = strtod(text, &end);
	return *end == '\0' ? number : NAN;
}

static void
add_delay(json_t *value, void *arg)
{
	json_t *seconds = json_object_get(value, "seconds");
	json_t *nanos = json_object_get(value, "nanos");
	struct span *s = arg;

	if (seconds != NULL || nanos != NULL)
		add_number(s, (seconds != NULL ? number_of(seconds) : 0) +
		    (nanos != NULL ? number_of(nanos) / 1e9 : 0));
	else if (json_is_number(value))
		add_number(s, json_number_value(value));
	else if (json_is_string(value))
		add_text(s, json_string_value(value),
		    json_string_length(value));
}

static void
take_number(json_t *value, void *arg)
{
	double *number = arg;

	*number = number_of(value);
}

static double
number_at(json_t *root, const char *path)
{
	double number = NAN;
	struct json_path_walk w = { take_number, &number };

	if (path != NULL)
		json_path_follow(root, path, &w);
	return number;
}

static struct span
delay_of(const struct refusal_rule *r, json_t *root, int64_t date)
{
	struct span s = { .date = date };
	struct json_path_walk w = { add_delay, &s };
	double need, have, rate;

	if (r->delay != NULL)
		json_path_follow(root, r->delay, &w);
	if (r->need == NULL)
		return s;
	need = number_at(root, r->need);
	have = number_at(root, r->have);
	rate = number_at(root, r->rate);
	if (rate > 0 && need > have)
		add_number(&s, (need - have) / rate);
	return s;
}

/* As keys say, or else words; where only its errors are one, in those. */
static void
add_told(struct span *s, const struct refusal_text *t, json_t *root,
    bool within)
{
	uint64_t ns;

	if (within)
		root = json_object_get(root, "errors");
	s->there = refusal_form_delay(root, s->date, &ns) ||
	    (!within && (refusal_form_xml_delay(t->p, t->len, s->date, &ns) ||
	    refusal_words(t->p, t->len, s->date, &ns)));
	if (s->there)
		s->ns = ns;
}

/* Whether the rule's conditions are met; then the delay is known, too. */
static bool
judge(const struct refusal_rule *r, const struct refusal_text *t, json_t *root,
    int64_t date, struct refusal *found)
{
	struct wanted wanted = { .in = r->in };
	struct json_path_walk w = { want, &wanted };
	struct span s = { .date = date };

	if (r->contains != NULL &&
	    !refusal_text_contains(t->p, t->len, r->contains))
		return false;
	if (r->json != NULL && root != NULL)
		json_path_follow(root, r->json, &w);
	if (r->json != NULL && !wanted.found)
		return false;
	if (r->limit && !refusal_form_is_limit(root, r->names, r->within) &&
	    (r->within ||
	    !refusal_form_is_xml_limit(t->p, t->len, r->names)))
		return false;
	if (root != NULL)
		s = delay_of(r, root, date);
	if (r->told && !s.there)
		add_told(&s, t, root, r->within);
	if (r->contains == NULL && r->json == NULL && !r->limit && !s.there)
		return false;
	found->rule = r;
	found->has_delay = s.there;
	found->delay = s.ns;
	return true;
}

/* Whether it knows a body by its form alone. */
static bool
is_form(const struct refusal_rule *r)
{
	return r->json == NULL && r->contains == NULL && r->delay == NULL;
}

bool
refusal_reads_json(const struct refusal_rule *r)
{
	return r->json != NULL || r->delay != NULL || r->need != NULL ||
	    r->limit;
}

/* NULL when it is no JSON; without the byte order mark that may stand first. */
static json_t *
parse_json(const struct refusal_text *t)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t skip = 0;

	if (t->len >= 3 && memcmp(t->p, mark, 3) == 0)
		skip = 3;
	return json_loadb(t->p + skip, t->len - skip, JSON_DECODE_INT_AS_REAL |
	    JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
}

bool
refusal_judge(const struct refusal_rule *const *rules, unsigned n,
    const struct refusal_body *body, int64_t date, struct refusal *found)
{
	struct refusal_text t = refusal_text_decode(body);
	json_t *root = NULL;
	bool is = false, wants_json = false, large;
	unsigned i;

	for (i = 0; i < n; i++)
		wants_json |= refusal_reads_json(rules[i]) || rules[i]->told;
	*found = (struct refusal){ .has_delay = false };
	if (wants_json && t.len > 0)
		root = parse_json(&t);
	/* what a success holds may be about anything */
	large = !body->success && refusal_size_is_too_large(root, date);
	found->no_retry = large || refusal_form_is_final(root);
	for (i = 0; i < n && t.len > 0 && !is; i++)
		is = !(large && is_form(rules[i])) &&
		    judge(rules[i], &t, root, date, found);
	found->too_large = large && !is;
	found->unit = refusal_size_unit(root);
	json_decref(root);
	free(t.p);
	return is;
}

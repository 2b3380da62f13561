/* SPDX-License-Identifier: ISC */
#include "hint/refusal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>
#include <zlib.h>

#include "hint/hint_until.h"
#include "hint/refusal_form.h"
#include "http/http1_head.h"

/* Which rules there are, table by table, is in refusal_table.c. */

/* Which rules apply */

enum kind {
	KIND_NONE,		/* not to be judged */
	KIND_UNTOLD,
	KIND_TEXT,
	KIND_JSON,
};

static const struct http1_field *
find(const struct http1_head *h, const char *name)
{
	unsigned i;

	for (i = 0; i < h->nfields; i++)
		if (http1_str_is(h->fields[i].name, name))
			return &h->fields[i];
	return NULL;
}

static bool
contains(const char *p, size_t len, const char *text)
{
	size_t i, n = strlen(text);

	for (i = 0; i + n <= len; i++)
		if (strncasecmp(p + i, text, n) == 0)
			return true;
	return false;
}

static bool
begins(struct http1_str s, const char *text)
{
	size_t n = strlen(text);

	return s.len >= n && strncasecmp(s.p, text, n) == 0;
}

/* Streams of JSON, a line or a record each, are not one text. */
static enum kind
kind_of(const struct http1_head *h)
{
	const struct http1_field *f = http1_find(h, HTTP1_CONTENT_TYPE);
	struct http1_str type;
	const char *end;

	if (f == NULL || f->value.len == 0)
		return KIND_UNTOLD;
	type = f->value;
	if ((end = memchr(type.p, ';', type.len)) != NULL)
		type.len = (size_t)(end - type.p);
	if (begins(type, "text/event-stream") || begins(type, "multipart/") ||
	    contains(type.p, type.len, "ndjson") ||
	    contains(type.p, type.len, "jsonl") ||
	    contains(type.p, type.len, "json-seq") ||
	    contains(type.p, type.len, "stream"))
		return KIND_NONE;
	if (contains(type.p, type.len, "json"))
		return KIND_JSON;
	return begins(type, "text/") || contains(type.p, type.len, "xml") ?
	    KIND_TEXT : KIND_NONE;
}

static bool
reads_json(const struct refusal_rule *r)
{
	return r->json != NULL || r->delay != NULL || r->need != NULL ||
	    r->limit;
}

/* An error may be JSON whatever it says; a success is only what it says. */
static bool
fits(const struct refusal_rule *r, const struct http1_head *h, enum kind kind)
{
	bool error = h->status >= 400;

	if (h->body == HTTP1_LENGTH && h->length > REFUSAL_BYTES &&
	    reads_json(r))
		return false;
	switch (kind) {
	case KIND_NONE:
		return false;
	case KIND_UNTOLD:
		return error;
	case KIND_TEXT:
		return error || !reads_json(r);
	case KIND_JSON:
		break;
	}
	return true;
}

static bool
has_status(const struct refusal_rule *r, int status)
{
	unsigned i;

	for (i = 0; i < r->nstatuses; i++)
		if (r->statuses[i] == status)
			return true;
	return false;
}

static bool
for_path(const struct refusal_rule *r, struct http1_str path)
{
	const char *query;
	size_t n;

	if (r->end == NULL)
		return true;
	if (path.p == NULL)
		return false;
	if (path.len > 0 && (query = memchr(path.p, '?', path.len)) != NULL)
		path.len = (size_t)(query - path.p);
	n = strlen(r->end);
	return path.len >= n && memcmp(path.p + path.len - n, r->end, n) == 0;
}

unsigned
refusal_pick(const struct refusal_rule *rules, unsigned nrules,
    const struct http1_head *h, struct http1_str path,
    const struct refusal_rule **picked, unsigned n)
{
	const struct refusal_rule *r;
	enum kind kind = KIND_NONE;
	bool known = false;
	unsigned i;

	if (h->body == HTTP1_NO_BODY ||
	    (h->body == HTTP1_LENGTH && h->length == 0))
		return n;
	for (i = 0; i < nrules && n < REFUSAL_RULES; i++) {
		r = &rules[i];
		if (!has_status(r, h->status) || !for_path(r, path))
			continue;
		if (!known)
			kind = kind_of(h);
		known = true;
		if (fits(r, h, kind) &&
		    (r->field == NULL || find(h, r->field) != NULL))
			picked[n++] = r;
	}
	return n;
}

enum refusal_coding
refusal_coding(const struct http1_head *h)
{
	enum refusal_coding coding = REFUSAL_IDENTITY;
	const struct http1_field *f = h->fields;
	unsigned i;

	for (i = 0; i < h->nfields; i++, f++) {
		if (!http1_str_is(f->name, "content-encoding") ||
		    http1_str_is(f->value, "identity") || f->value.len == 0)
			continue;
		if (coding != REFUSAL_IDENTITY)
			return REFUSAL_OTHER;
		if (http1_str_is(f->value, "gzip") ||
		    http1_str_is(f->value, "x-gzip"))
			coding = REFUSAL_GZIP;
		else if (http1_str_is(f->value, "deflate"))
			coding = REFUSAL_DEFLATE;
		else
			return REFUSAL_OTHER;
	}
	return coding;
}

/* The body without its coding */

struct text {
	char	*p;		/* owned; NULL: none */
	size_t	 len;
};

/* Inflates up to REFUSAL_BYTES, of several members one after the other. */
static void
run_inflate(z_stream *z, struct text *t)
{
	int result = Z_OK;

	z->next_out = (Bytef *)t->p;
	z->avail_out = REFUSAL_BYTES;
	while (result == Z_OK && z->avail_out > 0) {
		result = inflate(z, Z_SYNC_FLUSH);
		if (result == Z_STREAM_END && z->avail_in > 0)
			result = inflateReset(z);
	}
	t->len = REFUSAL_BYTES - z->avail_out;
}

static void
inflate_as(const struct refusal_body *body, int bits, struct text *t)
{
	z_stream z = {
		.next_in = (Bytef *)(uintptr_t)body->p,
		.avail_in = (uInt)body->len,
	};

	t->len = 0;
	if (inflateInit2(&z, bits) != Z_OK)
		return;
	run_inflate(&z, t);
	inflateEnd(&z);
}

/*
 * Inflated; of zlib's format, which is what deflate is (RFC 9110 8.4.1.2),
 * some know the inside only.
 */
static struct text
decode(const struct refusal_body *body)
{
	struct text t = { .len = 0 };

	if (body->coding == REFUSAL_OTHER || body->len == 0 ||
	    (t.p = malloc(REFUSAL_BYTES)) == NULL)
		return t;
	switch (body->coding) {
	case REFUSAL_GZIP:
		inflate_as(body, 15 + 16, &t);
		break;
	case REFUSAL_DEFLATE:
		inflate_as(body, 15, &t);
		if (t.len == 0)
			inflate_as(body, -15, &t);
		break;
	default:
		t.len = body->len < REFUSAL_BYTES ? body->len : REFUSAL_BYTES;
		memcpy(t.p, body->p, t.len);
		break;
	}
	return t;
}

/* JSON */

/* All that is at a path, one call for each. */
struct walk {
	void	(*at)(json_t *, void *);
	void	*arg;
};

static void	 descend(json_t *, const char *, unsigned, const struct walk *);

static void
each(json_t *from, const char *rest, unsigned depth, const struct walk *w)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_array(from)) {
		json_array_foreach (from, i, value)
			descend(value, rest, depth, w);
		return;
	}
	json_object_foreach (from, key, value)
		descend(value, rest, depth, w);
}

static void
member(json_t *from, const char *key, size_t n, const char *rest,
    unsigned depth, const struct walk *w)
{
	json_t *value = json_object_getn(from, key, n);

	if (value != NULL)
		descend(value, rest, depth, w);
}

/*
 * Follows a path; it recurses once for each of its steps, whatever the text
 * looks like.
 */
static void
descend(json_t *from, const char *path, unsigned depth, const struct walk *w)
{
	size_t i, n = strcspn(path, ".");
	const char *rest = path[n] == '.' ? path + n + 1 : path + n;
	json_t *value;

	if (n == 0) {
		w->at(from, w->arg);
		return;
	}
	if (depth == REFUSAL_STEPS)
		return;
	if (n == 1 && path[0] == '*')
		each(from, rest, depth + 1, w);
	else if (json_is_array(from)) {
		json_array_foreach (from, i, value)
			member(value, path, n, rest, depth + 1, w);
	} else
		member(from, path, n, rest, depth + 1, w);
}

bool
refusal_is_path(const char *path)
{
	unsigned steps;
	size_t n;

	for (steps = 1; steps <= REFUSAL_STEPS; steps++) {
		n = strcspn(path, ".");
		if (n == 0)
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
	return false;
}

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
	struct walk w = { take_number, &number };

	if (path != NULL)
		descend(root, path, 0, &w);
	return number;
}

static struct span
delay_of(const struct refusal_rule *r, json_t *root, int64_t date)
{
	struct span s = { .date = date };
	struct walk w = { add_delay, &s };
	double need, have, rate;

	if (r->delay != NULL)
		descend(root, r->delay, 0, &w);
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
add_told(struct span *s, const struct text *t, json_t *root, bool within)
{
	uint64_t ns;

	if (within)
		root = json_object_get(root, "errors");
	s->there = refusal_form_delay(root, s->date, &ns) ||
	    (!within && refusal_form_words(t->p, t->len, &ns));
	if (s->there)
		s->ns = ns;
}

/* Whether the rule's conditions are met; then the delay is known, too. */
static bool
judge(const struct refusal_rule *r, const struct text *t, json_t *root,
    int64_t date, struct refusal *found)
{
	struct wanted wanted = { .in = r->in };
	struct walk w = { want, &wanted };
	struct span s = { .there = false };

	if (r->contains != NULL && !contains(t->p, t->len, r->contains))
		return false;
	if (r->json != NULL && root != NULL)
		descend(root, r->json, 0, &w);
	if (r->json != NULL && !wanted.found)
		return false;
	if (r->limit && !refusal_form_is_limit(root, r->within))
		return false;
	if (root != NULL)
		s = delay_of(r, root, date);
	if (r->told && !s.there)
		add_told(&s, t, root, r->within);
	if (r->contains == NULL && r->json == NULL && !r->limit && !s.there)
		return false;
	*found = (struct refusal){ r, s.there, s.ns };
	return true;
}

/* What is a text with a mark of its order of bytes, is read without. */
static json_t *
parse(const struct text *t)
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
	struct text t = decode(body);
	json_t *root = NULL;
	bool is = false, wants_json = false;
	unsigned i;

	for (i = 0; i < n; i++)
		wants_json |= reads_json(rules[i]) || rules[i]->told;
	if (wants_json && t.len > 0)
		root = parse(&t);
	for (i = 0; i < n && t.len > 0 && !is; i++)
		is = judge(rules[i], &t, root, date, found);
	json_decref(root);
	free(t.p);
	return is;
}

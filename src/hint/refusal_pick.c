/* SPDX-License-Identifier: ISC */
#include "hint/refusal_pick.h"

#include <string.h>
#include <strings.h>

#include "hint/refusal_judge.h"
#include "hint/refusal_text.h"
#include "http/http1_head.h"

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
	    refusal_text_contains(type.p, type.len, "ndjson") ||
	    refusal_text_contains(type.p, type.len, "jsonl") ||
	    refusal_text_contains(type.p, type.len, "json-seq") ||
	    refusal_text_contains(type.p, type.len, "stream"))
		return KIND_NONE;
	if (refusal_text_contains(type.p, type.len, "json"))
		return KIND_JSON;
	return begins(type, "text/") ||
	    refusal_text_contains(type.p, type.len, "xml") ? KIND_TEXT :
	    KIND_NONE;
}

/* An error may be JSON whatever it says; a success is only what it says. */
static bool
fits(const struct refusal_rule *r, const struct http1_head *h, enum kind kind)
{
	bool error = h->status >= 400;

	if (h->body == HTTP1_LENGTH && h->length > REFUSAL_BYTES &&
	    refusal_reads_json(r))
		return false;
	switch (kind) {
	case KIND_NONE:
		return false;
	case KIND_UNTOLD:
		return error;
	case KIND_TEXT:
		return error || !refusal_reads_json(r);
	case KIND_JSON:
		break;
	}
	return true;
}

bool
refusal_may_be_final(const struct refusal_rule *const *rules, unsigned n,
    const struct http1_head *h)
{
	enum kind kind = kind_of(h);
	unsigned i;

	if (kind != KIND_JSON && kind != KIND_UNTOLD)
		return false;
	for (i = 0; i < n; i++)
		if (refusal_reads_json(rules[i]))
			return true;
	return false;
}

static bool
has_status(const struct refusal_rule *r, int status)
{
	unsigned i;

	/* most rules are for errors, and most answers are none */
	for (i = 0; i < r->nstatuses && r->statuses[i] <= status; i++)
		if (r->statuses[i] == status)
			return true;
	return false;
}

/* And without slashes at its end, which make no difference to most. */
static struct http1_str
without_query(struct http1_str path)
{
	const char *query = path.len > 0 ?
	    memchr(path.p, '?', path.len) : NULL;

	if (query != NULL)
		path.len = (size_t)(query - path.p);
	while (path.len > 1 && path.p[path.len - 1] == '/')
		path.len--;
	return path;
}

/* Whether a path without its query is one that the rule is for. */
static bool
for_path(const struct refusal_rule *r, struct http1_str path)
{
	size_t n;

	if (r->end == NULL)
		return true;
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
	path = without_query(path);
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

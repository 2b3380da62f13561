/* SPDX-License-Identifier: ISC */
#include "policy/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http1_fields.h"
#include "http/http1_head.h"

static const char too_many[] = "more than 48 paths in JSON in all, expected "
    "fewer";
static const char no_memory[] = "out of memory";

/* Made ready */

static bool
add_all(struct json_scan_paths *to, struct tokens_paths *from)
{
	unsigned i;

	for (i = 0; i < from->n; i++)
		if ((from->at[i] = json_scan_add(to, from->all[i])) < 0)
			return false;
	return true;
}

static bool
add_one(struct json_scan_paths *to, const char *path, int *at)
{
	return path == NULL || (*at = json_scan_add(to, path)) >= 0;
}

static const char *
add_asks(struct tokens *t, struct tokens_budget *b)
{
	struct json_scan_paths *to = &t->asks;

	if (!add_one(to, b->input, &b->input_at) || !add_all(to, &b->output) ||
	    (b->output.n > 0 && !add_one(to, "n", &t->times)) ||
	    (b->learn == TOKENS_LEARN_P90 && !add_one(to, "model", &t->model)))
		return too_many;
	return NULL;
}

static const char *
add_tells(struct tokens *t, struct tokens_budget *b)
{
	return add_one(&t->tells, b->json, &b->json_at) &&
	    add_all(&t->tells, &b->plus) && add_all(&t->tells, &b->minus) ?
	    NULL : too_many;
}

/*
 * Events wrap what an answer has at its top, as OpenAI's do in "response" and
 * Anthropic's in "message".
 */
static const char *
add_wrapped(struct tokens *t)
{
	unsigned i, n = t->tells.n;
	size_t size;
	char *path;

	if (2 * n > JSON_SCAN_PATHS)
		return too_many;
	t->wrapped = calloc(n > 0 ? n : 1, sizeof *t->wrapped);
	if (t->wrapped == NULL)
		return no_memory;
	for (i = 0; i < n; i++) {
		size = strlen(t->tells.all[i]) + sizeof "*.";
		if ((path = malloc(size)) == NULL)
			return no_memory;
		snprintf(path, size, "*.%s", t->tells.all[i]);
		t->wrapped[t->nwrapped++] = path;
	}
	/* the i-th of them is number n + i */
	for (i = 0; i < n; i++)
		if (json_scan_append(&t->tells, t->wrapped[i]) < 0)
			return too_many;
	json_scan_ready(&t->tells);
	return NULL;
}

static struct throttle_meter_limits
meter_of(const struct tokens_budget *b, const struct budget_limits *limits)
{
	return (struct throttle_meter_limits){
		.name = b->name,
		.limits = *limits,
		.settles = b->json != NULL,
		.what = b->json,
	};
}

const char *
tokens_complete(struct tokens *t)
{
	struct tokens_budget *b;
	const char *wrong = NULL;
	unsigned i;

	t->times = t->model = -1;
	for (i = 0; wrong == NULL && i < t->n; i++) {
		b = &t->budgets[i];
		t->meters[i] = meter_of(b, &b->limits);
		if (b->total.nrates > 0)
			t->totals[t->ntotals++] = meter_of(b, &b->total);
		t->learns |= b->learn == TOKENS_LEARN_P90;
		t->asks_usage |= b->ask_usage;
		wrong = add_asks(t, b);
		if (wrong == NULL)
			wrong = add_tells(t, b);
	}
	return wrong != NULL ? wrong : add_wrapped(t);
}

static void
free_paths(struct tokens_paths *p)
{
	while (p->n > 0)
		free(p->all[--p->n]);
}

void
tokens_free(struct tokens *t)
{
	struct tokens_budget *b;

	if (t == NULL)
		return;
	while (t->n > 0) {
		b = &t->budgets[--t->n];
		free(b->name);
		free(b->input);
		free_paths(&b->output);
		free(b->json);
		free_paths(&b->plus);
		free_paths(&b->minus);
	}
	while (t->nwrapped > 0)
		free(t->wrapped[--t->nwrapped]);
	free(t->wrapped);
	free(t);
}

/* Requests */

/* "application/json", "application/graphql+json; charset=utf-8" */
static bool
is_json(struct http1_str type)
{
	static const char usual[] = "application/json";
	const char *end;
	size_t len;

	if (type.len == sizeof usual - 1 &&
	    memcmp(type.p, usual, sizeof usual - 1) == 0)
		return true;
	end = memchr(type.p, ';', type.len);
	len = end != NULL ? (size_t)(end - type.p) : type.len;

	while (len > 0 && (type.p[len - 1] == ' ' || type.p[len - 1] == '\t'))
		len--;
	return len >= 4 && strncasecmp(type.p + len - 4, "json", 4) == 0 &&
	    (len == 4 || type.p[len - 5] == '/' || type.p[len - 5] == '+');
}

bool
tokens_counts(const struct http1_head *h)
{
	const struct http1_field *type = http1_find(h, HTTP1_CONTENT_TYPE);

	if (h->body == HTTP1_NO_BODY ||
	    (h->body == HTTP1_LENGTH && h->length == 0))
		return false;
	return type == NULL || type->value.len == 0 || is_json(type->value);
}

bool
tokens_is_stream(const struct http1_head *h)
{
	const struct http1_field *type = http1_find(h, HTTP1_CONTENT_TYPE);
	static const char name[] = "text/event-stream";
	size_t n = sizeof name - 1;

	return type != NULL && type->value.len >= n &&
	    strncasecmp(type->value.p, name, n) == 0;
}

bool
tokens_is_coded(const struct http1_head *h)
{
	const struct http1_field *f;

	for (f = h->fields; f < h->fields + h->nfields; f++)
		if (http1_str_is(f->name, "content-encoding") &&
		    !http1_str_is(f->value, "identity"))
			return true;
	return false;
}

/* A field that speaks for the bytes of a body, by a digest or a signature. */
static bool
speaks_for_body(const struct http1_field *f)
{
	static const char *const names[] = { "content-digest", "content-md5",
	    "digest", "repr-digest", "signature-input",
	    "x-amz-content-sha256" };
	static const char aws[] = "aws4-";
	struct http1_str start = { f->value.p, sizeof aws - 1 };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (http1_str_is(f->name, names[i]))
			return true;
	return http1_str_is(f->name, "authorization") &&
	    f->value.len > start.len && http1_str_is(start, aws);
}

static bool
is_kept_whole(const struct http1_field *f)
{
	struct http1_str list = f->value, directive;

	if (!http1_str_is(f->name, "cache-control"))
		return false;
	while (http1_list_next(&list, &directive))
		if (http1_str_is(directive, "no-transform"))
			return true;
	return false;
}

bool
tokens_may_change(const struct http1_head *h)
{
	const struct http1_field *f;

	for (f = h->fields; f < h->fields + h->nfields; f++)
		if (speaks_for_body(f) || is_kept_whole(f))
			return false;
	return true;
}

bool
tokens_reads(const struct tokens *t, const struct http1_head *h)
{
	unsigned i;

	if (tokens_is_coded(h))
		return false;
	if (t->asks.n > 0 || tokens_asks_usage(t, h))
		return true;
	for (i = 0; i < t->n; i++)
		if (t->budgets[i].input_bytes > 0 && h->body == HTTP1_CHUNKED)
			return true;
	return false;
}

bool
tokens_asks_usage(const struct tokens *t, const struct http1_head *h)
{
	static const char name[] = "/completions";
	const size_t n = sizeof name - 1;
	struct http1_str path = h->path;
	const char *query;

	if (!t->asks_usage || path.p == NULL || !tokens_counts(h))
		return false;
	if ((query = memchr(path.p, '?', path.len)) != NULL)
		path.len = (size_t)(query - path.p);
	return path.len >= n &&
	    memcmp(path.p + path.len - n, name, n) == 0;
}

uint64_t
tokens_model(const struct tokens *t, const struct json_scan *json)
{
	return t->model >= 0 ? json->values[t->model].hash : 0;
}

static uint64_t
at_most(unsigned __int128 n)
{
	return n > JSON_SCAN_MOST ? JSON_SCAN_MOST : (uint64_t)n;
}

uint64_t
tokens_answers(const struct tokens *t, unsigned budget,
    const struct json_scan *json)
{
	bool reads = json != NULL && t->budgets[budget].output.n > 0;
	uint64_t n = reads ? json->values[t->times].most : 0;

	return n < JSON_SCAN_UNIT ? JSON_SCAN_UNIT : n;
}

/* The largest cap that the request names, or what is taken for it. */
static uint64_t
cap_of(const struct tokens_budget *b, const struct json_scan *json)
{
	const struct json_scan_value *v;
	bool named = false;
	uint64_t cap = 0;
	unsigned i;

	for (i = 0; json != NULL && i < b->output.n; i++) {
		v = &json->values[b->output.at[i]];
		if (v->kind != JSON_SCAN_AMOUNT)
			continue;
		named = true;
		cap = v->most > cap ? v->most : cap;
	}
	return named ? cap : b->fallback;
}

uint64_t
tokens_input(const struct tokens *t, unsigned budget, uint64_t bytes,
    const struct json_scan *json)
{
	const struct tokens_budget *b = &t->budgets[budget];

	if (b->input != NULL && json != NULL &&
	    json->values[b->input_at].kind != JSON_SCAN_NOTHING)
		return json->values[b->input_at].most;
	if (b->input_bytes == 0)
		return 0;
	return at_most((unsigned __int128)(bytes / b->input_bytes +
	    (bytes % b->input_bytes != 0)) * JSON_SCAN_UNIT);
}

uint64_t
tokens_output(const struct tokens *t, unsigned budget,
    const struct json_scan *json, uint64_t learned)
{
	uint64_t cap = cap_of(&t->budgets[budget], json);

	cap = at_most((unsigned __int128)cap *
	    tokens_answers(t, budget, json) / JSON_SCAN_UNIT);
	return learned < cap ? learned : cap;
}

static bool
fits(const struct budget_limits *l, uint64_t amount)
{
	unsigned i;

	for (i = 0; i < l->nrates; i++)
		if (amount > l->rates[i].burst)
			return false;
	return true;
}

/* Whether there is ever that much of it. */
static bool
ever_has(const struct tokens_budget *b, uint64_t amount)
{
	return fits(&b->limits, amount) && fits(&b->total, amount);
}

bool
tokens_refuses_default(const struct tokens_budget *b)
{
	return b->refuse && !ever_has(b, b->fallback);
}

const char *
tokens_never_fits(const struct tokens *t, const struct throttle_wants *w)
{
	const struct tokens_budget *b;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		b = &t->budgets[i];
		if (b->refuse && !ever_has(b, w->amounts[i].amount))
			return b->name;
	}
	return NULL;
}

/* Answers */

#define FIELD	64		/* bytes of what is left of a field's name */

/* Whatever the locale. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* What a field tells of what it is about. */
enum telling {
	TELLS_NOTHING,
	TELLS_LEFT,
	TELLS_LIMIT,
};

/* Takes a word off the beginning or the end of words. */
static bool
take_word(char **words, const char *word)
{
	size_t n = strlen(word), all = strlen(*words);
	char *end = *words + all - n;

	if (all <= n + 1)
		return false;
	if (strncmp(*words, word, n) == 0 && (*words)[n] == '-')
		*words += n + 1;
	else if (end[-1] == '-' && strcmp(end, word) == 0)
		end[-1] = '\0';
	else
		return false;
	return true;
}

/* What a field is about: its other words behind "ratelimit". */
static enum telling
subject_of(struct http1_str name, char subject[FIELD])
{
	static const char mark[] = "ratelimit-";
	enum telling tells = TELLS_NOTHING;
	char *p, text[2 * FIELD];
	size_t i;

	if (name.len >= sizeof text)
		return TELLS_NOTHING;
	for (i = 0; i < name.len; i++)
		text[i] = lower(name.p[i]);
	text[i] = '\0';
	if ((p = strstr(text, mark)) == NULL)
		return TELLS_NOTHING;
	p += sizeof mark - 1;
	if (take_word(&p, "remaining"))
		tells = TELLS_LEFT;
	else if (take_word(&p, "limit"))
		tells = TELLS_LIMIT;
	return snprintf(subject, FIELD, "%s", p) < FIELD ? tells :
	    TELLS_NOTHING;
}

static bool
is_about(const char *subject, const char *budget)
{
	size_t i, n = strlen(budget);

	for (i = 0; i < n; i++)
		if (subject[i] != (budget[i] == '_' ? '-' :
		    lower(budget[i])))
			return false;
	return subject[n] == '\0' || strcmp(subject + n, "-tokens") == 0;
}

/* Sets *amount (micro units) to that. */
static enum telling
told_of(const struct tokens_budget *b, const struct http1_field *f,
    uint64_t *amount)
{
	enum telling tells;
	char subject[FIELD];
	uint64_t n = 0;
	size_t i;

	if (f->id != HTTP1_OTHER || f->value.len == 0 || f->value.len > 10 ||
	    (tells = subject_of(f->name, subject)) == TELLS_NOTHING ||
	    !is_about(subject, b->name))
		return TELLS_NOTHING;
	for (i = 0; i < f->value.len; i++) {
		if (f->value.p[i] < '0' || f->value.p[i] > '9')
			return TELLS_NOTHING;
		n = n * 10 + (uint64_t)(f->value.p[i] - '0');
	}
	*amount = at_most((unsigned __int128)n * JSON_SCAN_UNIT);
	return tells;
}

/* What its shortest rate allows (micro units). */
static uint64_t
allowed(const struct tokens_budget *b)
{
	const struct budget_limits *l = &b->limits;
	unsigned i, at = 0;

	if (l->nrates == 0)
		return 0;
	for (i = 1; i < l->nrates; i++)
		if (l->rates[i].period < l->rates[at].period)
			at = i;
	return l->rates[at].capacity;
}

enum tokens_left
tokens_left(const struct tokens_budget *b, const struct http1_head *h,
    uint64_t *amount)
{
	const struct http1_field *f;
	enum tokens_left left = TOKENS_LEFT_UNTOLD;
	enum telling tells;
	uint64_t n;

	for (f = h->fields; f < h->fields + h->nfields; f++) {
		tells = told_of(b, f, &n);
		if (tells == TELLS_LIMIT && n <= allowed(b) / 2) {
			*amount = n;
			return TOKENS_LEFT_OF_ANOTHER;
		}
		if (tells != TELLS_LEFT)
			continue;
		*amount = n;
		left = TOKENS_LEFT_TOLD;
	}
	return left;
}

void
tokens_hear(const struct tokens *t, const struct json_scan *json,
    struct tokens_told *told)
{
	const struct json_scan_value *v;
	unsigned i;

	for (i = 0; i < t->tells.n; i++) {
		v = &json->values[i];
		if (v->kind == JSON_SCAN_AMOUNT) {
			told->amounts[i] = v->amount;
			told->known[i] = true;
		} else if (v->kind == JSON_SCAN_NO_AMOUNT ||
		    v->kind == JSON_SCAN_TEXT)
			told->unusable = true;
	}
}

/* Sets *amount to what stands there, at the top or wrapped; else false. */
static bool
told_at(const struct tokens *t, const struct tokens_told *told, int at,
    uint64_t *amount)
{
	unsigned i = (unsigned)at;

	if (!told->known[i])
		i += t->tells.n / 2;
	*amount = told->amounts[i];
	return told->known[i];
}

static uint64_t
sum_at(const struct tokens *t, const struct tokens_told *told,
    const struct tokens_paths *paths)
{
	uint64_t amount, sum = 0;
	unsigned i;

	for (i = 0; i < paths->n; i++)
		if (told_at(t, told, paths->at[i], &amount))
			sum += amount;
	return sum;
}

uint64_t
tokens_used(const struct tokens *t, unsigned budget,
    const struct tokens_told *told)
{
	const struct tokens_budget *b = &t->budgets[budget];
	uint64_t used, minus;

	if (b->json == NULL || !told_at(t, told, b->json_at, &used))
		return THROTTLE_NEVER;
	used += sum_at(t, told, &b->plus);
	minus = sum_at(t, told, &b->minus);
	return used > minus ? at_most(used - minus) : 0;
}

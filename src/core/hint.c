/* SPDX-License-Identifier: ISC */
#include "core/hint_internal.h"

#include <string.h>

/*
 * A response's fields, read one after the other into a hint, and what they
 * mean together.  Dialects are in hint_dialect.c.
 */

/* "Rate limits for the REST API": at least a minute, where nothing tells. */
#define GITHUB_PAUSE	(60 * HINT_SECOND)

static const struct http1_str nameless = { NULL, 0 };

int64_t
hint_reading_date(struct hint_reading *r)
{
	const struct http1_field *f = r->head->fields;
	unsigned i;

	if (r->dated)
		return r->date;
	r->dated = true;
	r->date = r->now;
	for (i = 0; i < r->head->nfields; i++, f++)
		if (f->id == HTTP1_DATE && hint_date(f->value.p, f->value.len,
		    r->now, &r->date))
			break;
	return r->date;
}

static bool
is_named(const struct hint_budget *b, struct http1_str name)
{
	if (b->name.p == NULL || name.p == NULL)
		return b->name.p == name.p;
	return b->name.len == name.len &&
	    memcmp(b->name.p, name.p, name.len) == 0;
}

static struct hint_budget *
add_budget(struct hint_reading *r, enum hint_slot slot, struct http1_str name)
{
	const struct hint_slot_kind *kind = hint_slot_kind(slot);
	struct hint *h = r->hint;
	struct hint_budget *b = &h->budgets[h->nbudgets];

	memset(b, 0, sizeof(*b));
	b->source = kind->source;
	b->name = name;
	b->unit = kind->unit;
	b->refills = kind->refills;
	b->partial = kind->partial;
	b->has_window = kind->window != 0;
	b->window = kind->window * HINT_SECOND;
	r->entries[h->nbudgets].slot = slot;
	h->nbudgets++;
	return b;
}

struct hint_budget *
hint_budget(struct hint_reading *r, enum hint_slot slot, struct http1_str name)
{
	unsigned i;

	/* Quotas have no name to find them by; they differ in size. */
	for (i = 0; i < r->hint->nbudgets && slot != HINT_IETF_QUOTA; i++)
		if (r->entries[i].slot == slot &&
		    is_named(&r->hint->budgets[i], name))
			return &r->hint->budgets[i];
	if (r->hint->nbudgets == HINT_BUDGETS)
		return NULL;
	return add_budget(r, slot, name);
}

static void
set_least(bool *has, uint64_t *value, uint64_t new)
{
	if (!*has || new < *value)
		*value = new;
	*has = true;
}

static void
set_most(bool *has, uint64_t *value, uint64_t new)
{
	if (!*has || new > *value)
		*value = new;
	*has = true;
}

void
hint_set_limit(struct hint_budget *b, uint64_t micro)
{
	set_least(&b->has_limit, &b->limit, micro);
}

void
hint_set_remaining(struct hint_budget *b, uint64_t micro)
{
	set_least(&b->has_remaining, &b->remaining, micro);
}

void
hint_set_reset(struct hint_budget *b, uint64_t ns)
{
	set_most(&b->has_reset, &b->reset, ns);
}

void
hint_set_window(struct hint_budget *b, uint64_t ns)
{
	set_most(&b->has_window, &b->window, ns);
}

static bool
contains(struct http1_str s, const char *text)
{
	size_t i, n = strlen(text);

	for (i = 0; i + n <= s.len; i++)
		if (memcmp(s.p + i, text, n) == 0)
			return true;
	return false;
}

static void
read_retry_after(struct hint_reading *r, struct http1_str value)
{
	struct hint *h = r->hint;
	uint64_t delay;

	if (hint_retry_after(value.p, value.len, hint_reading_date(r), &delay))
		set_most(&h->retry_after, &h->delay, delay);
}

static void
read_retry_ms(struct hint_reading *r, struct http1_str value)
{
	struct hint_number number;

	if (hint_number(value, &number))
		set_most(&r->has_ms, &r->ms, hint_number_ms(number));
}

/* What was refused is a part of the host, or too much at once. */
static void
read_reason(struct hint_reading *r, struct http1_str value)
{
	if (contains(value, "concurrency"))
		r->hint->concurrency = true;
	if (contains(value, "endpoint") || contains(value, "resource") ||
	    contains(value, "burst") || contains(value, "per-issue"))
		r->partial = true;
}

static void
read_window(struct hint_budget *b, enum hint_role role, struct http1_str value)
{
	struct hint_number number;
	uint64_t ns = 0;

	if (hint_number(value, &number))
		ns = role == HINT_WINDOW_MS ? hint_number_ms(number) :
		    hint_number_ns(number);
	else if (role == HINT_WINDOW_MS || !hint_duration(value, &ns))
		return;
	if (ns > 0)
		hint_set_window(b, ns);
}

static void
read_reset(struct hint_reading *r, struct hint_budget *b,
    struct hint_entry *entry, bool exact, struct http1_str value)
{
	uint64_t ns;

	if (!hint_until(value, hint_reading_date(r), &ns))
		return;
	if (entry->exact && !exact)
		return;
	if (exact && !entry->exact)
		b->has_reset = false;
	entry->exact = exact;
	hint_set_reset(b, ns);
}

/* 32/40; behind a key, and with something else behind, at Salesforce. */
static void
read_ratio(struct hint_budget *b, struct hint_entry *entry,
    struct http1_str value)
{
	static const char key[] = "api-usage=";
	struct http1_str used = value, limit;
	struct hint_number n, m;
	const char *end, *slash;

	if (value.len > sizeof(key) - 1 &&
	    memcmp(value.p, key, sizeof(key) - 1) == 0) {
		used.p += sizeof(key) - 1;
		used.len -= sizeof(key) - 1;
	}
	end = used.len == 0 ? NULL : memchr(used.p, ';', used.len);
	if (end != NULL)
		used.len = (size_t)(end - used.p);
	slash = used.len == 0 ? NULL : memchr(used.p, '/', used.len);
	if (slash == NULL)
		return;
	limit.p = slash + 1;
	limit.len = (size_t)(used.p + used.len - limit.p);
	used.len = (size_t)(slash - used.p);
	if (!hint_number(used, &n) || !hint_number(limit, &m))
		return;
	hint_set_limit(b, hint_number_micro(m));
	set_most(&entry->has_used, &entry->used, hint_number_micro(n));
}

static void
read_count(struct hint_reading *r, struct hint_budget *b,
    struct hint_entry *entry, enum hint_role role, struct http1_str value)
{
	uint64_t micro;

	if (!hint_ratelimit_count(role == HINT_LIMIT ? r : NULL, value,
	    &micro))
		return;
	if (role == HINT_LIMIT)
		hint_set_limit(b, micro);
	else if (role == HINT_REMAINING)
		hint_set_remaining(b, micro);
	else
		set_most(&entry->has_used, &entry->used, micro);
}

/* A field that speaks of one budget. */
static void
read_budget(struct hint_reading *r, struct hint_name name,
    struct http1_str value)
{
	struct hint_budget *b = hint_budget(r, name.slot, nameless);
	struct hint_entry *entry;

	if (b == NULL)
		return;
	entry = &r->entries[b - r->hint->budgets];
	switch (name.role) {
	case HINT_RESET:
	case HINT_RESET_AFTER:
		read_reset(r, b, entry, name.role == HINT_RESET_AFTER, value);
		break;
	case HINT_WINDOW:
	case HINT_WINDOW_MS:
		read_window(b, name.role, value);
		break;
	case HINT_RATIO:
		read_ratio(b, entry, value);
		break;
	default:
		read_count(r, b, entry, name.role, value);
		break;
	}
}

/* A field that speaks of the response as a whole. */
static void
read_field(struct hint_reading *r, struct hint_name name,
    struct http1_str value)
{
	switch (name.role) {
	case HINT_NAME:
		r->name = value;
		r->github = true;
		break;
	case HINT_BUCKET:
		r->name = value;
		r->bucket = true;
		break;
	case HINT_NO_RETRY:
		r->hint->no_retry = r->hint->no_retry ||
		    http1_str_is(value, "false");
		break;
	case HINT_GLOBAL:
		r->global = r->global || http1_str_is(value, "true");
		break;
	case HINT_SCOPE:
		r->global = r->global || http1_str_is(value, "global");
		r->partial = r->partial || http1_str_is(value, "shared");
		break;
	case HINT_REASON:
		read_reason(r, value);
		break;
	case HINT_GITHUB:
		r->github = true;
		break;
	case HINT_RATELIMIT:
		hint_ratelimit(r, value);
		break;
	case HINT_POLICY:
		hint_ratelimit_policy(r, value);
		break;
	case HINT_RETRY:
		read_retry_after(r, value);
		break;
	case HINT_RETRY_MS:
		read_retry_ms(r, value);
		break;
	default:
		read_budget(r, name, value);
		break;
	}
}

/* Both of limit and remaining, where one follows from what was used. */
static void
derive(struct hint_budget *b, const struct hint_entry *entry)
{
	if (entry->has_used && b->has_limit && !b->has_remaining)
		hint_set_remaining(b, entry->used < b->limit ?
		    b->limit - entry->used : 0);
	if (entry->has_used && b->has_remaining && !b->has_limit)
		hint_set_limit(b, entry->used > UINT64_MAX - b->remaining ?
		    UINT64_MAX : entry->used + b->remaining);
	if (b->has_limit && b->has_remaining && b->remaining > b->limit)
		b->remaining = b->limit;
}

/* Whose X-RateLimit fields these are. */
static void
attribute(const struct hint_reading *r, struct hint_budget *b)
{
	b->name = r->name;
	if (r->github) {
		b->source = "github";
		b->partial = r->name.p != NULL &&
		    !http1_str_is(r->name, "core");
	} else if (r->bucket) {
		b->source = "discord";
		b->partial = !r->global;
	}
}

/*
 * What is left is not enough for a request, or for anything.  Those at the
 * same time need no pause: they end.
 */
static bool
is_exhausted(const struct hint_budget *b)
{
	if (!b->has_remaining || b->unit == HINT_CONCURRENT)
		return false;
	if (b->unit == HINT_REQUESTS)
		return b->remaining < HINT_MICRO;
	return b->remaining == 0;
}

/* A policy that is used up, or the only one there is. */
static struct http1_str
policy_name(const struct hint_reading *r)
{
	const struct hint_budget *b = r->hint->budgets, *found = NULL;
	unsigned i, n = 0;

	for (i = 0; i < r->hint->nbudgets; i++, b++) {
		if (r->entries[i].slot != HINT_IETF_NAMED)
			continue;
		if (n++ == 0 || (is_exhausted(b) && !is_exhausted(found)))
			found = b;
	}
	return found != NULL && (n == 1 || is_exhausted(found)) ?
	    found->name : nameless;
}

/*
 * Whether the response waited in a cache (RFC 9111 4.2.3): what it says of
 * budgets is no longer so.
 */
static bool
is_cached(const struct http1_head *head)
{
	const struct http1_field *f = head->fields;
	struct hint_number age;
	unsigned i;

	for (i = 0; i < head->nfields; i++, f++)
		if (f->name.len == 3 && http1_str_is(f->name, "age") &&
		    hint_number(f->value, &age) && age.whole > 0)
			return true;
	return false;
}

/* Budgets of which nothing was understood go. */
static void
finish_budgets(struct hint_reading *r)
{
	struct hint *h = r->hint;
	struct hint_budget *b;
	unsigned i, n = 0;

	if (h->nbudgets > 0 && is_cached(r->head))
		h->nbudgets = 0;
	for (i = 0; i < h->nbudgets; i++) {
		b = &h->budgets[i];
		derive(b, &r->entries[i]);
		if (r->entries[i].slot == HINT_X)
			attribute(r, b);
		if (b->has_limit || b->has_remaining || b->has_reset)
			h->budgets[n++] = *b;
	}
	h->nbudgets = n;
}

/*
 * retry-after-ms is what Retry-After was rounded from, if they are that near
 * to each other; if not, the longer one counts.
 */
static void
finish_delay(struct hint_reading *r)
{
	struct hint *h = r->hint;

	if (!r->has_ms)
		return;
	if (!h->retry_after || r->ms > h->delay ||
	    h->delay - r->ms <= HINT_SECOND)
		h->delay = r->ms;
	h->retry_after = true;
}

static bool
any_exhausted(const struct hint *h)
{
	unsigned i;

	for (i = 0; i < h->nbudgets; i++)
		if (is_exhausted(&h->budgets[i]))
			return true;
	return false;
}

/*
 * 420 was Twitter's elder 429.  With 418 Binance bans who goes on after 429:
 * "Limits", https://developers.binance.com/docs/binance-spot-api-docs/
 * rest-api/limits
 */
static bool
is_throttled(const struct hint *h, int status)
{
	switch (status) {
	case 420:
	case 429:
		return true;
	case 403:
	case 503:
		return h->retry_after || any_exhausted(h);
	case 418:
		return h->retry_after;
	default:
		return false;
	}
}

/* a * part / whole, rounded up, for a part that is not more than the whole. */
static uint64_t
share(uint64_t a, uint64_t part, uint64_t whole)
{
	unsigned __int128 n = (unsigned __int128)a * part;

	return (uint64_t)((n + whole - 1) / whole);
}

/*
 * How long an exhausted budget keeps everybody waiting.  One that refills and
 * counts requests has the first one back long before it is full.  A window is
 * a word on how long only where there was a refusal.
 */
static uint64_t
budget_pause(const struct hint_budget *b, bool throttled)
{
	uint64_t ns = 0;

	if (!is_exhausted(b))
		return 0;
	if (b->has_reset)
		ns = b->reset;
	else if (throttled && b->has_window)
		ns = b->window;
	if (b->refills && b->unit == HINT_REQUESTS && b->has_limit &&
	    b->limit > HINT_MICRO && ns != UINT64_MAX)
		ns = share(ns, HINT_MICRO, b->limit);
	return ns;
}

static void
pause_by_budgets(struct hint *h)
{
	const struct hint_budget *b;
	uint64_t ns;
	unsigned i;

	for (i = 0; i < h->nbudgets; i++) {
		b = &h->budgets[i];
		ns = budget_pause(b, h->throttled);
		if (ns <= h->pause)
			continue;
		h->pause = ns;
		h->source = b->source;
		h->partial = b->partial;
	}
}

static void
finish(struct hint_reading *r)
{
	struct hint *h = r->hint;
	int status = r->head->status;
	bool part = r->partial || (r->bucket && !r->global);

	hint_ratelimit_merge(r);
	h->part = r->name.len > 0 ? r->name : policy_name(r);
	finish_budgets(r);
	finish_delay(r);
	if (h->nbudgets > 0)
		h->source = h->budgets[0].source;
	h->throttled = is_throttled(h, status);
	h->suspect = r->github && status == 403 && !h->throttled;
	if (h->throttled && h->retry_after) {
		h->pause = h->delay;
		h->source = "retry-after";
		h->partial = part;
		return;
	}
	pause_by_budgets(h);
	if (h->throttled && r->github && h->pause == 0) {
		h->pause = GITHUB_PAUSE;
		h->source = "github";
	}
	if (h->throttled && part)
		h->partial = true;
}

void
hint_read(const struct http1_head *head, int64_t now, struct hint *h)
{
	const struct http1_field *f = head->fields;
	struct hint_reading r;
	struct hint_name name;
	unsigned i;

	/* Budgets are cleared when there are any. */
	memset(h, 0, offsetof(struct hint, budgets));
	memset(&r, 0, sizeof(r));
	r.head = head;
	r.hint = h;
	r.now = now;
	for (i = 0; i < head->nfields; i++, f++) {
		if (f->id == HTTP1_RETRY_AFTER) {
			read_retry_after(&r, f->value);
		} else if (f->id == HTTP1_OTHER) {
			name = hint_name(f->name);
			if (name.role != HINT_NONE)
				read_field(&r, name, f->value);
		}
	}
	finish(&r);
}

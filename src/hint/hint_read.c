/* SPDX-License-Identifier: ISC */
#include "hint/hint_read.h"

#include <string.h>

#include "hint/hint_budget.h"
#include "hint/hint_dialect.h"
#include "hint/hint_duration.h"
#include "hint/hint_list.h"
#include "hint/hint_number.h"
#include "hint/hint_ratelimit.h"
#include "hint/hint_reading.h"
#include "hint/hint_until.h"
#include "hint/hint_verdict.h"
#include "http/http1_class.h"

/*
 * A response's fields, read one after the other into a hint.  What they mean
 * together is in hint_verdict.c; which of them says what, in hint_dialect.c and
 * hint_form.c.
 *
 * Each is taken as a list.  Fields whose names alone do not tell that they are
 * about a limit come last, so that they take no budget's place.
 */

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct http1_str nameless = { NULL, 0 };

static struct hint_entry *
entry_of(struct hint_reading *r, const struct hint_budget *b)
{
	return &r->entries[b - r->hint->budgets];
}

/* Times */

static void
note_unusable(struct hint_reading *r, const struct http1_field *f)
{
	if (r->hint->unusable == NULL && f->value.len > 0)
		r->hint->unusable = f;
}

static void
read_retry(struct hint_reading *r, uint64_t unit, const struct http1_field *f)
{
	struct hint *h = r->hint;
	bool odd = false;
	uint64_t ns;

	if (hint_latest(f->value, false, unit, hint_reading_date(r), &ns,
	    &odd, NULL)) {
		if (unit < HINT_SECOND)
			hint_keep_most(&r->has_ms, &r->ms, ns);
		else
			hint_keep_most(&h->retry_after, &h->delay, ns);
	}
	if (odd)
		note_unusable(r, f);
}

static bool
has_instant(struct http1_str list, int64_t date)
{
	struct http1_str member;

	while (hint_member(&list, &member))
		if (hint_is_instant(member, date))
			return true;
	return false;
}

/* Whether a reset of that kind says when the next one may go, and no more. */
static bool
is_next(struct hint_reading *r, enum hint_slot slot, struct http1_str list)
{
	return hint_slot_kind(slot)->instants &&
	    has_instant(list, hint_reading_date(r));
}

static void
read_reset(struct hint_reading *r, const struct hint_name *name,
    const struct http1_field *f)
{
	bool exact = name->role == HINT_RESET_AFTER, odd = false, any;
	struct hint_series all = { .n = 0 };
	struct hint_budget *b;
	struct hint_entry *entry;
	uint64_t ns;
	unsigned i;

	any = hint_latest(f->value, true, name->time_unit,
	    hint_reading_date(r), &ns, &odd, &all);
	if (odd && name->context == HINT_STRONG)
		note_unusable(r, f);
	if (!any || (b = hint_budget(r, name, nameless)) == NULL)
		return;
	entry = entry_of(r, b);
	if (entry->exact && !exact)
		return;
	if (exact && !entry->exact) {
		b->has_reset = false;
		entry->resets.n = 0;
	}
	entry->exact = exact;
	for (i = 0; i < all.n; i++)
		hint_series_add(&entry->resets,
		    i < HINT_SERIES ? all.v[i] : ns);
	hint_budget_set_reset(b, ns);
	if (is_next(r, name->slot, f->value))
		b->refills = false;
}

static void
read_window(struct hint_reading *r, const struct hint_name *name,
    struct http1_str list)
{
	struct http1_str member;
	struct hint_number number;
	struct hint_budget *b;
	uint64_t ns = 0, one;

	while (hint_member(&list, &member)) {
		if (hint_number(member, &number))
			one = hint_number_of(number, name->time_unit);
		else if (!hint_duration(member, &one))
			continue;
		if (one > ns)
			ns = one;
	}
	if (ns > 0 && (b = hint_budget(r, name, nameless)) != NULL)
		hint_budget_set_window(b, ns);
}

/* Counts */

static void
set_count(struct hint_reading *r, struct hint_budget *b, enum hint_role role,
    uint64_t micro)
{
	struct hint_entry *entry = entry_of(r, b);

	if (role == HINT_REMAINING) {
		hint_budget_set_remaining(b, micro);
		hint_series_add(&entry->rests, micro);
	} else if (role == HINT_USED) {
		hint_keep_most(&entry->has_used, &entry->used, micro);
	} else {
		hint_budget_set_limit(b, micro);
		hint_series_add(&entry->limits, micro);
	}
}

/* Two of them, such as 32/40; also a limit and its window, such as 150/15m. */
static bool
read_pair(struct hint_reading *r, const struct hint_name *name,
    struct http1_str value)
{
	const char *slash = memchr(value.p, '/', value.len);
	struct http1_str left = value, right = value;
	struct hint_number n, m;
	struct hint_budget *b;
	bool counts;
	uint64_t window = 0;

	if (slash == NULL)
		return false;
	left.len = (size_t)(slash - value.p);
	right.p = slash + 1;
	right.len -= left.len + 1;
	counts = hint_number(right, &m);
	if (!hint_number(left, &n) ||
	    (!counts && !hint_duration(right, &window)) ||
	    (b = hint_budget(r, name, nameless)) == NULL)
		return false;
	if (!counts) {
		set_count(r, b, name->role, hint_number_micro(n));
		if (window > 0)
			hint_budget_set_window(b, window);
		return true;
	}
	set_count(r, b, name->role == HINT_REMAINING ? HINT_REMAINING :
	    HINT_USED, hint_number_micro(n));
	hint_budget_set_limit(b, hint_number_micro(m));
	return true;
}

/* 4,000 is one number; "4, 000" and 4,100 may well be two. */
static bool
is_grouped(struct http1_str s)
{
	bool sure = false;
	size_t i, n;

	for (n = 0; n < s.len && http1_is_digit(s.p[n]); n++)
		;
	if (n == 0 || n > 3 || n == s.len)
		return false;
	for (i = n; i < s.len; i += 4) {
		if (s.len - i < 4 || s.p[i] != ',' ||
		    !http1_is_digit(s.p[i + 1]) ||
		    !http1_is_digit(s.p[i + 2]) ||
		    !http1_is_digit(s.p[i + 3]))
			return false;
		sure = sure || s.p[i + 1] == '0';
	}
	return sure;
}

static uint64_t
ungroup(struct http1_str s)
{
	struct hint_number number = { 0, 0 };
	size_t i;

	for (i = 0; i < s.len; i++)
		if (http1_is_digit(s.p[i]) && number.whole < UINT64_MAX / 100)
			number.whole = number.whole * 10 +
			    (uint64_t)(s.p[i] - '0');
	return hint_number_micro(number);
}

static void
read_one_count(struct hint_reading *r, const struct hint_name *name,
    struct http1_str value)
{
	struct hint_number number;
	struct hint_budget *b;

	if (!hint_number(value, &number))
		read_pair(r, name, value);
	else if ((b = hint_budget(r, name, nameless)) != NULL)
		set_count(r, b, name->role, hint_number_micro(number));
}

static void
read_count(struct hint_reading *r, const struct hint_name *name,
    struct http1_str list)
{
	struct http1_str member;
	struct hint_budget *b;
	uint64_t micro;

	if (list.len == 0)
		return;
	if (is_grouped(list)) {
		if ((b = hint_budget(r, name, nameless)) != NULL)
			set_count(r, b, name->role, ungroup(list));
		return;
	}
	if (memchr(list.p, ';', list.len) == NULL) {
		while (hint_member(&list, &member))
			read_one_count(r, name, member);
		return;
	}
	/* before the quotas that are in the list */
	b = hint_budget(r, name, nameless);
	if (hint_ratelimit_count(r, name->role != HINT_REMAINING, list,
	    &micro) && b != NULL)
		set_count(r, b, name->role, micro);
}

/* 32/40; behind a key, and with something else behind, at Salesforce. */
static void
read_ratio(struct hint_reading *r, const struct hint_name *name,
    struct http1_str list)
{
	static const char key[] = "api-usage=";
	struct http1_str member;
	const char *end;

	while (hint_member(&list, &member)) {
		if (member.len > sizeof key - 1 &&
		    memcmp(member.p, key, sizeof key - 1) == 0) {
			member.p += sizeof key - 1;
			member.len -= sizeof key - 1;
		}
		end = memchr(member.p, ';', member.len);
		if (end != NULL)
			member.len = (size_t)(end - member.p);
		read_pair(r, name, member);
	}
}

/* A limit without a word, or the IETF's field. */
static void
read_ratelimit(struct hint_reading *r, const struct hint_name *name,
    struct http1_str value)
{
	if (value.len > 0 && http1_is_digit(value.p[0]))
		read_count(r, name, value);
	else if (name->plain)
		hint_ratelimit(r, name, value);
}

/* Words */

static bool
contains(struct http1_str s, const char *text)
{
	size_t i, n = strlen(text);
	struct http1_str part = { NULL, n };

	for (i = 0; i + n <= s.len; i++) {
		part.p = s.p + i;
		if (http1_str_is(part, text))
			return true;
	}
	return false;
}

static bool
has_part(struct http1_str value, const char *const *parts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (contains(value, parts[i]))
			return true;
	return false;
}

/* Whether one of the list's members is that word. */
static bool
has(struct http1_str list, const char *word)
{
	struct http1_str member;

	while (hint_member(&list, &member))
		if (http1_str_is(member, word))
			return true;
	return false;
}

static bool
is_true(struct http1_str list)
{
	return has(list, "true") || has(list, "?1") || has(list, "1") ||
	    has(list, "yes");
}

static bool
is_false(struct http1_str list)
{
	return has(list, "false") || has(list, "?0") || has(list, "0") ||
	    has(list, "no") || has(list, "never");
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

/*
 * Names of errors that are refusals for a limit, such as AWS has them: with a
 * namespace before and an address behind.  "AWS SDKs and Tools Reference
 * Guide", retry behavior,
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 * Azure Storage, "Common REST API error codes",
 * https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
 * Mashery's gateways: ERR_403_DEVELOPER_OVER_QPS and _OVER_RATE.
 */
static bool
is_limit_error(struct http1_str value)
{
	static const char *const words[] = {
		"throttl", "toomanyrequests", "too_many_requests",
		"too-many-requests", "ratelimit", "rate_limit", "rate-limit",
		"requestlimitexceeded", "throughputexceeded",
		"bandwidthlimitexceeded", "slowdown", "serverbusy", "maxlag",
		"over_qps", "over_rate",
	};

	return has_part(value, words, COUNT(words));
}

/*
 * Whether a budget is what refuses, where a field says that in a word; who
 * does not begin with "allowed" may be disallowed.
 */
static void
read_state(struct hint_reading *r, const struct hint_name *name,
    struct http1_str value)
{
	static const char *const refusing[] = {
		"reject", "exceed", "exhaust", "block", "denied", "throttl",
	};
	bool refuses = has_part(value, refusing, COUNT(refusing));
	struct hint_budget *b;

	if ((!refuses && !hint_begins(value.p, value.len, "allowed",
	    strlen("allowed"))) ||
	    (b = hint_budget(r, name, nameless)) == NULL)
		return;
	b->allowed = !refuses;
	entry_of(r, b)->refuses = refuses;
}

/* Milliseconds; anything else means never. */
static void
read_pushback(struct hint_reading *r, struct http1_str value)
{
	struct hint_number number;

	if (hint_number(value, &number))
		hint_keep_most(&r->has_ms, &r->ms,
		    hint_number_of(number, HINT_SECOND / 1000));
	else
		r->hint->no_retry = true;
}

static void
read_delay(struct hint_reading *r, struct http1_str list)
{
	struct http1_str member;
	struct hint_number number;

	while (hint_member(&list, &member))
		if (hint_number(member, &number) &&
		    (number.whole > 0 || number.nano > 0))
			r->delayed = true;
}

/* The first name that is told. */
static void
read_name(struct hint_reading *r, struct http1_str list)
{
	struct http1_str member;

	if (r->name.p == NULL && hint_member(&list, &member))
		r->name = member;
}

/* A field that speaks of one budget, or of the response as a whole. */
static void
read_number(struct hint_reading *r, const struct hint_name *name,
    const struct http1_field *f)
{
	switch (name->role) {
	case HINT_RESET:
	case HINT_RESET_AFTER:
		read_reset(r, name, f);
		break;
	case HINT_BACKOFF:
		r->delayed = true;
		read_retry(r, name->time_unit, f);
		break;
	case HINT_RETRY:
		read_retry(r, name->time_unit, f);
		break;
	case HINT_WINDOW:
		read_window(r, name, f->value);
		break;
	case HINT_RATIO:
		read_ratio(r, name, f->value);
		break;
	case HINT_RATELIMIT:
		read_ratelimit(r, name, f->value);
		break;
	case HINT_POLICY:
		hint_ratelimit_policy(r, f->value);
		break;
	default:
		read_count(r, name, f->value);
		break;
	}
}

static void
read_field(struct hint_reading *r, const struct hint_name *name,
    const struct http1_field *f)
{
	switch (name->role) {
	case HINT_NAME:
		read_name(r, f->value);
		break;
	case HINT_BUCKET:
		read_name(r, f->value);
		r->discord = true;
		break;
	case HINT_GLOBAL:
		r->global = r->global || is_true(f->value);
		break;
	case HINT_SCOPE:
		r->global = r->global || has(f->value, "global");
		r->partial = r->partial || has(f->value, "shared");
		break;
	case HINT_REASON:
		read_reason(r, f->value);
		break;
	case HINT_GITHUB:
		r->github = true;
		break;
	case HINT_SERVER:
		r->github = r->github || has(f->value, "github.com");
		break;
	case HINT_DELAY:
		read_delay(r, f->value);
		break;
	case HINT_ERROR:
		r->error = r->error || is_limit_error(f->value);
		break;
	case HINT_MAY_RETRY:
		r->hint->no_retry = r->hint->no_retry || is_false(f->value);
		break;
	case HINT_PUSHBACK:
		read_pushback(r, f->value);
		break;
	case HINT_STATE:
		read_state(r, name, f->value);
		break;
	case HINT_NEVER_RETRY:
		r->hint->no_retry = r->hint->no_retry || is_true(f->value);
		break;
	default:
		read_number(r, name, f);
		break;
	}
}

static void
read_fields(struct hint_reading *r, bool sure)
{
	const struct http1_field *f = r->head->fields;
	struct hint_name name;
	unsigned i;

	for (i = 0; i < r->head->nfields; i++, f++) {
		if (f->id == HTTP1_RETRY_AFTER && sure)
			read_retry(r, HINT_SECOND, f);
		if (f->id != HTTP1_OTHER)
			continue;
		name = hint_name(f->name);
		if (name.role == HINT_NONE)
			continue;
		if (sure == (name.context == HINT_STRONG))
			read_field(r, &name, f);
		else
			r->unsure = true;
	}
}

void
hint_read(const struct http1_head *head, struct http1_str method, int64_t now,
    struct hint *h)
{
	struct hint_reading r;

	/* Budgets are cleared when there are any. */
	memset(h, 0, offsetof(struct hint, budgets));
	memset(&r, 0, offsetof(struct hint_reading, entries));
	r.head = head;
	r.method = method;
	r.hint = h;
	r.now = now;
	read_fields(&r, true);
	if (r.unsure)
		read_fields(&r, false);
	hint_verdict(&r);
}

/* SPDX-License-Identifier: ISC */

/*
 * Response fields as hint_read() gets them: one a line, "D" and a Date, "N"
 * and eight bytes of our clock, "#" and a status, "=" and a field with its
 * name and colon, or else a Retry-After as it stands.
 */

#include <stdlib.h>
#include <string.h>

#include "hint/hint_date.h"
#include "hint/hint_dialect.h"
#include "hint/hint_duration.h"
#include "hint/hint_list.h"
#include "hint/hint_read.h"
#include "hint/hint_until.h"
#include "http/sf.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct http1_head head;

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
add_field(enum http1_name id, const char *p, size_t len)
{
	struct http1_field *f;

	if (head.nfields == HTTP1_FIELDS)
		return;
	f = &head.fields[head.nfields++];
	f->id = id;
	f->name.p = "";
	f->name.len = 0;
	f->value.p = p;
	f->value.len = len;
}

/* A field with a name, and without blanks around its value. */
static void
add_named(const char *p, size_t len)
{
	const char *colon = memchr(p, ':', len), *value;

	if (colon == NULL || head.nfields == HTTP1_FIELDS)
		return;
	value = colon + 1;
	while (value < p + len && (*value == ' ' || *value == '\t'))
		value++;
	add_field(HTTP1_OTHER, value, (size_t)(p + len - value));
	head.fields[head.nfields - 1].name.p = p;
	head.fields[head.nfields - 1].name.len = (size_t)(colon - p);
}

static void
add_line(const char *p, size_t len, int64_t *now)
{
	if (len > sizeof *now && p[0] == 'N')
		memcpy(now, p + 1, sizeof *now);
	else if (len == 4 && p[0] == '#')
		head.status = (p[1] - '0') * 100 + (p[2] - '0') * 10 +
		    (p[3] - '0');
	else if (len > 0 && p[0] == 'D')
		add_field(HTTP1_DATE, p + 1, len - 1);
	else if (len > 0 && p[0] == '=')
		add_named(p + 1, len - 1);
	else
		add_field(HTTP1_RETRY_AFTER, p, len);
}

#define YEAR	(366LL * 86400)

/* What holds of a single value, whatever it is. */
static void
check_value(struct http1_str value, int64_t now)
{
	int64_t seconds;
	uint64_t delay, again;
	bool usable = hint_retry_after(value.p, value.len, now, &delay);

	if (hint_date(value.p, value.len, now, &seconds)) {
		/* Years of four digits, and a leap second after the last. */
		require(seconds >= -62167219200 && seconds <= 253402300800);
		/* now may be any number at all */
		if (now > -YEAR && now < 253402300800 + YEAR) {
			require(usable == (seconds - now <= YEAR &&
			    now - seconds <= YEAR));
			require(!usable || (seconds <= now) == (delay == 0));
		}
	}
	if (usable) {
		require(value.len > 0);
		require(memchr(value.p, '\0', value.len) == NULL);
		require(hint_until(value, HINT_SECOND, now, &again));
		require(again == delay);
		require(!hint_is_over(value));
	}
	if (hint_duration(value, &again))
		require(usable && delay == again);
}

/* A list is its members, and no time is later than the latest. */
static void
check_list(struct http1_str value, int64_t now)
{
	struct http1_str list = value, member, left;
	uint64_t latest = 0, one;
	bool odd = false, any, some = false;

	any = hint_latest(value, true, HINT_SECOND, now, &latest, &odd, NULL);
	while (hint_member(&list, &member)) {
		require(member.len > 0 && member.p >= value.p);
		require(member.p + member.len <= value.p + value.len);
		left = member;
		require(memchr(member.p, ';', member.len) == NULL);
		if (hint_until(member, HINT_SECOND, now, &one)) {
			require(any && one <= latest);
			some = true;
		} else {
			require(odd || hint_is_over(member));
		}
		/* a member is a list of one */
		require(hint_member(&left, &member) && left.len == 0);
	}
	require(some <= any);
}

/* A name says the same whatever its case; its numbers are sane. */
static void
check_name(struct http1_str name)
{
	struct hint_name said = hint_name(name);

	require(said.time_unit >= 1 &&
	    said.time_unit <= 28 * 86400 * HINT_SECOND);
	require(said.role <= HINT_NEVER_RETRY && said.slot < HINT_SLOTS);
	require(said.role == HINT_NONE || said.slot != HINT_FORM ||
	    said.source != NULL);
}

/* A list and a dictionary go on to the end, or else are none. */
static void
check_structured(struct http1_str value)
{
	struct sf sf;
	struct sf_item item;
	struct http1_str key;
	size_t n = 0;

	sf_start(&sf, value);
	while (sf_member(&sf, &item)) {
		while (sf_parameter(&sf, &key, &item)) {
			require(key.len > 0 && key.p >= value.p);
			require(key.p + key.len <= value.p + value.len);
		}
		n++;
	}
	require(n <= value.len);
	require(sf_is_list(value) == !sf.bad);
	require(sf.bad || sf.p == sf.end);
	if (sf_is_dictionary(value) && value.len > 0)
		require(memchr(value.p, '\0', value.len) == NULL);
}

/* A name is a part of some field's value. */
static bool
is_inside(struct http1_str name)
{
	const struct http1_field *f = head.fields;
	unsigned i;

	for (i = 0; i < head.nfields; i++, f++)
		if (name.p >= f->value.p &&
		    name.p + name.len <= f->value.p + f->value.len)
			return true;
	return false;
}

static void
check_budget(const struct hint_budget *b)
{
	require(b->source != NULL);
	require(b->has_limit || b->has_remaining || b->has_reset);
	require(b->has_limit || b->limit == 0);
	require(b->has_remaining || b->remaining == 0);
	require(b->has_reset || b->reset == 0);
	require(b->has_window == (b->window > 0));
	require(!b->has_limit || b->remaining <= b->limit);
	require(b->unit <= HINT_TOKENS);
	require(b->name.p == NULL || is_inside(b->name));
}

static void
check_hint(const struct hint *h)
{
	uint64_t longest = 0, span;
	unsigned i;

	require(h->nbudgets <= HINT_BUDGETS);
	for (i = 0; i < h->nbudgets; i++) {
		check_budget(&h->budgets[i]);
		span = h->budgets[i].has_reset ? h->budgets[i].reset :
		    h->budgets[i].window;
		if (span > longest)
			longest = span;
	}
	require(h->retry_after || h->delay == 0);
	require(h->pause == 0 || h->source != NULL);
	require(h->part.p == NULL || is_inside(h->part));
	require(h->unusable == NULL || (h->unusable >= head.fields &&
	    h->unusable < head.fields + head.nfields));
	require((h->nbudgets > 0) <= (h->source != NULL));
	/* Nothing is waited for that nobody spoke of. */
	if (h->throttled && h->retry_after)
		require(h->pause == h->delay);
	else if (h->throttled)
		require(h->pause <= longest ||
		    h->pause == 60 * HINT_SECOND);
	else
		require(h->pause <= longest || h->pause == h->delay);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *line;
	int64_t now = 1735689600;
	struct hint hint, again;
	unsigned i;

	head.nfields = 0;
	head.status = 429;
	while (p < end) {
		line = p;
		p = memchr(line, '\n', (size_t)(end - line));
		if (p == NULL)
			p = end;
		add_line(line, (size_t)(p - line), &now);
		p += p < end;
	}
	memset(&hint, 0x5a, sizeof hint);
	hint_read(&head, (struct http1_str){ "POST", 4 }, now, &hint);
	check_hint(&hint);
	/* It depends on nothing that was there before. */
	memset(&again, 0xa5, sizeof again);
	hint_read(&head, (struct http1_str){ "POST", 4 }, now, &again);
	require(hint.pause == again.pause && hint.source == again.source);
	require(hint.nbudgets == again.nbudgets);
	require(memcmp(hint.budgets, again.budgets,
	    hint.nbudgets * sizeof hint.budgets[0]) == 0);
	for (i = 0; i < head.nfields; i++) {
		check_value(head.fields[i].value, now);
		check_list(head.fields[i].value, now);
		check_name(head.fields[i].name);
		check_structured(head.fields[i].value);
	}
	return 0;
}

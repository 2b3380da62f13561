/* SPDX-License-Identifier: ISC */
#include "hint/hint_list.h"

#include <string.h>

#include "hint/hint_timestamp.h"
#include "hint/hint_until.h"
#include "http/http1_class.h"

/*
 * Lists.  A field that stands there twice may arrive as one, its values
 * joined by commas (RFC 9110 5.3), whether its definition is a list or not.
 */

static struct http1_str
trim(const char *p, const char *end)
{
	struct http1_str s;

	while (p < end && http1_is_blank(*p))
		p++;
	while (end > p && http1_is_blank(end[-1]))
		end--;
	s.p = p;
	s.len = (size_t)(end - p);
	return s;
}

static const char *
find_comma(const char *p, const char *end)
{
	const char *comma = p == end ? NULL :
	    memchr(p, ',', (size_t)(end - p));

	return comma != NULL ? comma : end;
}

/* The days of dates as IMF-fixdate and RFC 850 have them. */
static bool
is_weekday(struct http1_str s)
{
	static const char *const days[] = {
		"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
		"Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
		"Saturday", "Sunday",
	};
	unsigned i;

	for (i = 0; i < sizeof days / sizeof days[0]; i++)
		if (http1_str_is(s, days[i]))
			return true;
	return false;
}

/* Whether a comma goes on with what stands before it. */
static bool
is_inner(struct http1_str before, const char *comma, const char *end)
{
	struct http1_str longer;
	int64_t seconds;
	uint32_t nano;

	if (comma == end)
		return false;
	if (is_weekday(before))
		return true;
	/* 2025-01-01T00:00:00,25Z */
	if (before.len < 16 || comma + 1 == end || http1_is_blank(comma[1]))
		return false;
	longer = trim(before.p, find_comma(comma + 1, end));
	return hint_timestamp(longer, &seconds, &nano);
}

/* Without parameters, and the quotes of a string. */
static struct http1_str
plain(struct http1_str s)
{
	const char *end = s.len == 0 ? NULL : memchr(s.p, ';', s.len);

	if (end != NULL)
		s = trim(s.p, end);
	if (s.len > 2 && s.p[0] == '"' && s.p[s.len - 1] == '"')
		return trim(s.p + 1, s.p + s.len - 1);
	return s;
}

bool
hint_member(struct http1_str *list, struct http1_str *member)
{
	const char *end, *comma;

	if (list->len == 0)
		return false;
	end = list->p + list->len;
	do {
		comma = find_comma(list->p, end);
		*member = trim(list->p, comma);
		if (is_inner(*member, comma, end)) {
			comma = find_comma(comma + 1, end);
			*member = trim(list->p, comma);
		}
		list->p = comma == end ? end : comma + 1;
		list->len = (size_t)(end - list->p);
		*member = plain(*member);
	} while (member->len == 0 && list->len > 0);
	return member->len > 0;
}

void
hint_series_add(struct hint_series *s, uint64_t v)
{
	if (s->n < HINT_SERIES)
		s->v[s->n] = v;
	if (s->n <= HINT_SERIES)
		s->n++;
}

bool
hint_latest(struct http1_str list, bool reset, uint64_t unit, int64_t date,
    uint64_t *ns, bool *odd, struct hint_series *all)
{
	struct http1_str member;
	uint64_t one = 0;
	bool any = false, members = false;

	while (hint_member(&list, &member)) {
		members = true;
		if (!hint_until(member, unit, date, &one) &&
		    !(reset && hint_is_over(member))) {
			*odd = true;
			continue;
		}
		if (!any || one > *ns)
			*ns = one;
		any = true;
		if (all != NULL)
			hint_series_add(all, one);
	}
	if (!members)
		*odd = true;
	return any;
}

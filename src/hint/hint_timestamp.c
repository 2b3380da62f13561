/* SPDX-License-Identifier: ISC */
#include "hint/hint_timestamp.h"

#include "hint/hint_civil.h"
#include "hint/hint_number.h"
#include "hint/hint_reader.h"
#include "http/http1_class.h"

#define ZONE_NAME	5	/* bytes, at most */

static bool
is_zone_name(char c)
{
	return (c >= 'A' && c <= 'Z') || http1_is_digit(c) || c == '+' ||
	    c == '-';
}

/*
 * What Go has behind an offset ("Time.String" of its package time,
 * https://pkg.go.dev/time): the zone's name, and how long the process has run.
 */
static void
skip_names(struct hint_reader *r)
{
	struct hint_number number;
	const char *p;

	if (!hint_reader_starts(r, " ", 1))
		return;
	p = r->p + 1;
	while (p < r->end && p - r->p <= ZONE_NAME && is_zone_name(*p))
		p++;
	if (p - r->p <= 2)
		return;
	r->p = p;
	if (!hint_reader_starts(r, " m=+", 4) &&
	    !hint_reader_starts(r, " m=-", 4))
		return;
	r->p += 4;
	hint_number_read(r, &number);
}

/* A zone's distance from UTC in seconds; where none is told, it is UTC. */
static int
read_zone(struct hint_reader *r)
{
	int sign, hours, minutes = 0;

	if (hint_reader_starts(r, " ", 1))
		r->p++;
	if (hint_reader_starts(r, "UTC", 3) ||
	    hint_reader_starts(r, "GMT", 3)) {
		r->p += 3;
		return 0;
	}
	if (hint_reader_starts(r, "Z", 1) || hint_reader_starts(r, "z", 1)) {
		r->p++;
		return 0;
	}
	if (!hint_reader_starts(r, "+", 1) && !hint_reader_starts(r, "-", 1))
		return 0;
	sign = *r->p++ == '-' ? -1 : 1;
	hours = hint_reader_digits(r, 2);
	if (hint_reader_starts(r, ":", 1)) {
		r->p++;
		minutes = hint_reader_digits(r, 2);
	} else if (r->p != r->end && http1_is_digit(*r->p)) {
		minutes = hint_reader_digits(r, 2);
	}
	if (hours > 23 || minutes > 59)
		r->bad = true;
	skip_names(r);
	return sign * (hours * 3600 + minutes * 60);
}

/* 2025-01-31T12:34:56.789Z, and as Atlassian has it without seconds. */
static void
read_iso(struct hint_reader *r, struct hint_civil *c, uint32_t *nano, int *zone)
{
	c->year = hint_reader_digits(r, 4);
	hint_reader_text(r, "-");
	c->month = hint_reader_digits(r, 2);
	hint_reader_text(r, "-");
	c->day = hint_reader_digits(r, 2);
	if (hint_reader_starts(r, "T", 1) || hint_reader_starts(r, "t", 1))
		r->p++;
	else
		hint_reader_text(r, " ");
	c->hour = hint_reader_digits(r, 2);
	hint_reader_text(r, ":");
	c->minute = hint_reader_digits(r, 2);
	if (hint_reader_starts(r, ":", 1)) {
		r->p++;
		c->second = hint_reader_digits(r, 2);
	}
	if (hint_reader_starts(r, ".", 1) || hint_reader_starts(r, ",", 1)) {
		r->p++;
		*nano = hint_number_fraction(r);
	}
	*zone = read_zone(r);
}

bool
hint_timestamp(struct http1_str s, int64_t *seconds, uint32_t *nano)
{
	struct hint_reader r;
	struct hint_civil c = { 0 };
	int zone;

	if (s.len == 0)
		return false;
	r = hint_reader(s.p, s.len);
	*nano = 0;
	read_iso(&r, &c, nano, &zone);
	if (r.bad || r.p != r.end || !hint_civil_seconds(&c, seconds))
		return false;
	*seconds -= zone;
	return true;
}

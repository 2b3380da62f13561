/* SPDX-License-Identifier: ISC */
#include "hint/hint_loose.h"

#include <string.h>

#include "base/sum.h"
#include "hint/hint.h"
#include "hint/hint_civil.h"
#include "hint/hint_number.h"
#include "http/http1_class.h"

/*
 * Times as libraries write them whose authors did not read RFC 9110: units in
 * words (5 minutes, 30 s), ISO 8601 durations (PT1M30S), what a clock shows
 * (00:01:30), and dates of other forms (RFC 5322, those of C, Ruby, JavaScript
 * and Go; 2023/11/14 22:13:20 as logs have it, and 20231114T221320Z).  Letters
 * are taken without regard to case, except for a unit that is one letter.
 */

#define MS	(HINT_SECOND / 1000)
#define MINUTE	(60 * HINT_SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

/* What is being read, and what of it has been. */
struct loose {
	const char	*p;
	const char	*end;
};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
skip_blanks(struct loose *l)
{
	while (l->p < l->end && http1_is_blank(*l->p))
		l->p++;
}

/* All that follows of one kind; may be empty. */
static struct http1_str
take(struct loose *l, bool (*is)(char))
{
	struct http1_str s = { l->p, 0 };

	while (l->p < l->end && is(*l->p))
		l->p++;
	s.len = (size_t)(l->p - s.p);
	return s;
}

static bool
is_of_number(char c)
{
	return http1_is_digit(c) || c == '.';
}

/* Durations */

struct unit {
	const char	*word;
	uint64_t	 ns;
};

static const struct unit words[] = {
	{ "second", HINT_SECOND },
	{ "sec", HINT_SECOND },
	{ "minute", MINUTE },
	{ "min", MINUTE },
	{ "hour", HOUR },
	{ "hr", HOUR },
	{ "day", DAY },
	{ "millisecond", MS },
	{ "millis", MS },
	{ "msec", MS },
	{ "ms", MS },
};

/* Small letters only, as hint_duration() has them: 30 S is what 30S is. */
static const struct unit letters[] = {
	{ "s", HINT_SECOND }, { "m", MINUTE }, { "h", HOUR }, { "d", DAY },
};

/* Letters behind the P, and behind the T.  A month is no length of time. */
static const struct unit iso_days[] = {
	{ "w", 7 * DAY }, { "d", DAY },
};
static const struct unit iso_times[] = {
	{ "h", HOUR }, { "m", MINUTE }, { "s", HINT_SECOND },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* 0: there is no such unit. */
static uint64_t
find_unit(const struct unit *units, size_t n, struct http1_str s, bool plural)
{
	size_t i;

	if (plural && s.len > 3 && (s.p[s.len - 1] | 0x20) == 's' &&
	    !http1_str_is(s, "millis"))
		s.len--;
	for (i = 0; i < n; i++)
		if (http1_str_is(s, units[i].word))
			return units[i].ns;
	return 0;
}

/* A unit in words, or in one letter. */
static uint64_t
find_word(struct http1_str s)
{
	if (s.len != 1)
		return find_unit(words, COUNT(words), s, true);
	if ((s.p[0] & 0x20) == 0)
		return 0;
	return find_unit(letters, COUNT(letters), s, false);
}

static void
add_term(uint64_t *ns, struct hint_number number, uint64_t unit)
{
	*ns = sum(*ns, hint_number_of(number, unit));
}

/* 1 minute 30 seconds */
static bool
read_words(struct loose l, uint64_t *ns)
{
	struct hint_number number;
	uint64_t unit;

	*ns = 0;
	while (l.p < l.end) {
		if (!hint_number(take(&l, is_of_number), &number))
			return false;
		skip_blanks(&l);
		unit = find_word(take(&l, is_letter));
		if (unit == 0)
			return false;
		add_term(ns, number, unit);
		skip_blanks(&l);
	}
	return true;
}

/* PT1M30S, P1DT12H; a number has to be behind the P. */
static bool
read_iso(struct loose l, uint64_t *ns)
{
	bool time = false;
	struct hint_number number;
	struct http1_str letter;
	uint64_t unit;

	*ns = 0;
	l.p++;
	if (l.p == l.end)
		return false;
	while (l.p < l.end) {
		if (!time && (*l.p | 0x20) == 't') {
			time = true;
			l.p++;
		}
		if (!hint_number(take(&l, is_of_number), &number))
			return false;
		letter = take(&l, is_letter);
		/* a T may follow at once: P1DT */
		if (!time && letter.len == 2 && (letter.p[1] | 0x20) == 't') {
			letter.len = 1;
			l.p--;
		}
		unit = time ? find_unit(iso_times, COUNT(iso_times), letter,
		    false) : find_unit(iso_days, COUNT(iso_days), letter,
		    false);
		if (unit == 0)
			return false;
		add_term(ns, number, unit);
	}
	return true;
}

/* Two digits that are less than 60. */
static bool
is_sixtieth(struct http1_str s)
{
	return s.len == 2 && s.p[0] <= '5';
}

/* 00:01:30, hours first, perhaps with a fraction. */
static bool
read_clock(struct loose l, uint64_t *ns)
{
	struct hint_number hours, minutes, seconds;
	struct http1_str part;

	*ns = 0;
	part = take(&l, http1_is_digit);
	if (part.len > 4 || !hint_number(part, &hours) || l.p == l.end ||
	    *l.p++ != ':')
		return false;
	part = take(&l, http1_is_digit);
	if (!is_sixtieth(part) || !hint_number(part, &minutes) ||
	    l.p == l.end || *l.p++ != ':')
		return false;
	part = take(&l, is_of_number);
	if (part.len < 2 || (part.len > 2 && part.p[2] != '.') ||
	    part.p[0] > '5' || !hint_number(part, &seconds) || l.p != l.end)
		return false;
	add_term(ns, hours, HOUR);
	add_term(ns, minutes, MINUTE);
	add_term(ns, seconds, HINT_SECOND);
	return true;
}

bool
hint_loose_duration(struct http1_str s, uint64_t *ns)
{
	struct loose l;

	if (s.len < 3)
		return false;
	l.p = s.p;
	l.end = s.p + s.len;
	if ((s.p[0] | 0x20) == 'p')
		return read_iso(l, ns);
	return http1_is_digit(s.p[0]) &&
	    (read_words(l, ns) || read_clock(l, ns));
}

/* Dates */

struct parts {
	struct hint_civil	 civil;
	bool			 has_time;
	int			 zone;		/* seconds east of UTC */
};

static const struct {
	const char	*name;
	int		 hours;
} zones[] = {
	{ "gmt", 0 }, { "utc", 0 }, { "ut", 0 }, { "z", 0 },
	{ "est", -5 }, { "edt", -4 }, { "cst", -6 }, { "cdt", -5 },
	{ "mst", -7 }, { "mdt", -6 }, { "pst", -8 }, { "pdt", -7 },
};

static int
number_of(struct http1_str s)
{
	int n = 0;
	size_t i;

	for (i = 0; i < s.len; i++)
		n = n * 10 + (s.p[i] - '0');
	return n;
}

/* A month, of which the first letters are enough, a day of the week, a zone. */
static bool
read_name(struct loose *l, struct parts *d)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	static const char weekdays[] = "montuewedthufrisatsun";
	struct http1_str s = take(l, is_letter);
	struct http1_str three = { s.p, 3 };
	char name[4] = "";
	size_t i;

	for (i = 0; i < COUNT(zones); i++)
		if (http1_str_is(s, zones[i].name)) {
			d->zone = zones[i].hours * 3600;
			return d->has_time;
		}
	if (s.len < 3)
		return false;
	for (i = 0; i < 12; i++) {
		memcpy(name, months + 3 * i, 3);
		if (http1_str_is(three, name) && d->civil.month == 0) {
			d->civil.month = (int)i + 1;
			return true;
		}
	}
	for (i = 0; i < 7; i++) {
		memcpy(name, weekdays + 3 * i, 3);
		if (http1_str_is(three, name))
			return true;
	}
	return false;
}

/* The rest of 08:49:37, behind its hour. */
static bool
read_time(struct loose *l, struct http1_str hour, struct parts *d)
{
	struct http1_str minute, second;

	l->p++;
	minute = take(l, http1_is_digit);
	if (d->has_time || hour.len > 2 || minute.len != 2 || l->p == l->end ||
	    *l->p++ != ':')
		return false;
	second = take(l, http1_is_digit);
	if (second.len != 2)
		return false;
	if (l->p < l->end && *l->p == '.')
		take(l, is_of_number);
	d->civil.hour = number_of(hour);
	d->civil.minute = number_of(minute);
	d->civil.second = number_of(second);
	d->has_time = true;
	return true;
}

/* So many digits of a text as a number. */
static int
digits_of(struct http1_str s, size_t at, size_t n)
{
	return number_of((struct http1_str){ s.p + at, n });
}

/* The rest of 2023/11/14, behind its year. */
static bool
read_slashes(struct loose *l, struct http1_str year, struct parts *d)
{
	struct http1_str month, day;

	l->p++;
	month = take(l, http1_is_digit);
	if (d->civil.year != 0 || d->civil.month != 0 || d->civil.day != 0 ||
	    year.len != 4 || month.len == 0 || month.len > 2 ||
	    l->p == l->end || *l->p++ != '/')
		return false;
	day = take(l, http1_is_digit);
	if (day.len == 0 || day.len > 2)
		return false;
	d->civil.year = number_of(year);
	d->civil.month = number_of(month);
	d->civil.day = number_of(day);
	return true;
}

/* The rest of 20231114T221320, behind its day. */
static bool
read_basic(struct loose *l, struct http1_str day, struct parts *d)
{
	struct http1_str time;

	l->p++;
	time = take(l, http1_is_digit);
	if (d->civil.year != 0 || d->civil.month != 0 || d->civil.day != 0 ||
	    d->has_time || time.len != 6)
		return false;
	if (l->p < l->end && *l->p == '.')
		take(l, is_of_number);
	d->civil.year = digits_of(day, 0, 4);
	d->civil.month = digits_of(day, 4, 2);
	d->civil.day = digits_of(day, 6, 2);
	d->civil.hour = digits_of(time, 0, 2);
	d->civil.minute = digits_of(time, 2, 2);
	d->civil.second = digits_of(time, 4, 2);
	d->has_time = true;
	return true;
}

/* A day, a year, or an hour or a date with what is behind it. */
static bool
read_number(struct loose *l, struct parts *d)
{
	struct http1_str s = take(l, http1_is_digit);

	if (l->p < l->end && *l->p == ':')
		return read_time(l, s, d);
	if (l->p < l->end && *l->p == '/')
		return read_slashes(l, s, d);
	if (s.len == 8 && l->p < l->end && (*l->p | 0x20) == 't')
		return read_basic(l, s, d);
	if (s.len <= 2 && d->civil.day == 0)
		d->civil.day = number_of(s);
	else if (s.len == 4 && d->civil.year == 0)
		d->civil.year = number_of(s);
	else
		return false;
	return true;
}

/* +0100 or -05:00 */
static bool
read_offset(struct loose *l, struct parts *d)
{
	int sign = *l->p++ == '-' ? -1 : 1;
	struct http1_str hours = take(l, http1_is_digit), minutes = { NULL, 0 };

	if (hours.len == 4) {
		minutes.p = hours.p + 2;
		minutes.len = hours.len = 2;
	} else if (hours.len == 2 && l->p < l->end && *l->p == ':') {
		l->p++;
		minutes = take(l, http1_is_digit);
	}
	if (hours.len != 2 || minutes.len != 2 || number_of(hours) > 23 ||
	    number_of(minutes) > 59)
		return false;
	d->zone = sign * (number_of(hours) * 3600 + number_of(minutes) * 60);
	return true;
}

/*
 * What the offset is called, to the end of the date: (Coordinated Universal
 * Time).  It is a comment (RFC 9110 5.6.5), which is closed and holds no
 * control character: otherwise this is no date.
 */
static bool
read_comment(struct loose *l)
{
	const char *p;

	if (l->end[-1] != ')')
		return false;
	for (p = l->p; p < l->end; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	l->p = l->end;
	return true;
}

static bool
read_part(struct loose *l, struct parts *d)
{
	if (is_letter(*l->p))
		return read_name(l, d);
	if (http1_is_digit(*l->p))
		return read_number(l, d);
	if ((*l->p == '+' || *l->p == '-') && d->has_time)
		return read_offset(l, d);
	if (*l->p == '(' && d->has_time)
		return read_comment(l);
	if (*l->p != ',' && *l->p != '-')
		return false;
	l->p++;
	return true;
}

bool
hint_loose_date(struct http1_str s, int64_t *seconds)
{
	struct loose l;
	struct parts d = { .has_time = false };

	/* an empty value may have no address */
	if (s.len == 0)
		return false;
	l.p = s.p;
	l.end = s.p + s.len;
	for (skip_blanks(&l); l.p < l.end; skip_blanks(&l))
		if (!read_part(&l, &d))
			return false;
	if (!d.has_time || d.civil.day == 0 || d.civil.month == 0 ||
	    d.civil.year == 0 || !hint_civil_seconds(&d.civil, seconds))
		return false;
	*seconds -= d.zone;
	return true;
}

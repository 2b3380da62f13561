/* SPDX-License-Identifier: ISC */
#include "core/hint.h"

#include <string.h>

#include "core/http1.h"

#define SECOND		1000000000ULL	/* ns */

/* A value being read.  Once something did not fit, bad stays set. */
struct reader {
	const char	*p;
	const char	*end;
	bool		 bad;
};

struct civil {
	int	year;
	int	month;		/* 1 to 12 */
	int	day;
	int	hour;
	int	minute;
	int	second;
};

static const char *const days[] = {
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
	"Sunday",
};

static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
	"Nov", "Dec",
};

/* Of at least one byte: an empty value may have no address. */
static struct reader
reader(const char *value, size_t n)
{
	struct reader r = { value, value + n, false };

	return r;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
starts_with(const struct reader *r, const char *text, size_t n)
{
	return (size_t)(r->end - r->p) >= n && memcmp(r->p, text, n) == 0;
}

static void
read_text(struct reader *r, const char *text)
{
	size_t n = strlen(text);

	if (!starts_with(r, text, n))
		r->bad = true;
	else
		r->p += n;
}

/* Exactly that many digits. */
static int
read_digits(struct reader *r, int n)
{
	int value = 0;

	for (; n > 0; n--) {
		if (r->p == r->end || !is_digit(*r->p)) {
			r->bad = true;
			return 0;
		}
		value = value * 10 + (*r->p++ - '0');
	}
	return value;
}

/* The day of the month as asctime() has it: padded with a space. */
static int
read_padded_day(struct reader *r)
{
	if (!starts_with(r, " ", 1))
		return read_digits(r, 2);
	r->p++;
	return read_digits(r, 1);
}

static int
read_month(struct reader *r)
{
	int i;

	for (i = 0; i < 12; i++)
		if (starts_with(r, months[i], 3)) {
			r->p += 3;
			return i + 1;
		}
	r->bad = true;
	return 0;
}

static void
read_time(struct reader *r, struct civil *c)
{
	c->hour = read_digits(r, 2);
	read_text(r, ":");
	c->minute = read_digits(r, 2);
	read_text(r, ":");
	c->second = read_digits(r, 2);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static void
read_imf(struct reader *r, struct civil *c)
{
	read_text(r, ", ");
	c->day = read_digits(r, 2);
	read_text(r, " ");
	c->month = read_month(r);
	read_text(r, " ");
	c->year = read_digits(r, 4);
	read_text(r, " ");
	read_time(r, c);
	read_text(r, " GMT");
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static void
read_rfc850(struct reader *r, struct civil *c)
{
	read_text(r, ", ");
	c->day = read_digits(r, 2);
	read_text(r, "-");
	c->month = read_month(r);
	read_text(r, "-");
	c->year = read_digits(r, 2);
	read_text(r, " ");
	read_time(r, c);
	read_text(r, " GMT");
}

/* Sun Nov  6 08:49:37 1994 */
static void
read_asctime(struct reader *r, struct civil *c)
{
	read_text(r, " ");
	c->month = read_month(r);
	read_text(r, " ");
	c->day = read_padded_day(r);
	read_text(r, " ");
	read_time(r, c);
	read_text(r, " ");
	c->year = read_digits(r, 4);
}

/* The name of a day in full, or else its first three letters. */
static void
read_weekday(struct reader *r, bool *full)
{
	unsigned i;

	for (i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		if (!starts_with(r, days[i], 3))
			continue;
		*full = starts_with(r, days[i], strlen(days[i]));
		r->p += *full ? strlen(days[i]) : 3;
		return;
	}
	r->bad = true;
}

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Whether the date exists; a leap second does. */
static bool
is_valid(const struct civil *c)
{
	static const int length[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};
	int last;

	if (c->month < 1 || c->month > 12)
		return false;
	last = length[c->month - 1] + (c->month == 2 && is_leap(c->year));
	return c->day >= 1 && c->day <= last && c->hour <= 23 &&
	    c->minute <= 59 && c->second <= 60;
}

/*
 * Seconds since 1970 in the proleptic Gregorian calendar.  Years are counted
 * from March, so that the leap day is the last of its year.
 */
static int64_t
civil_seconds(const struct civil *c)
{
	int64_t year = c->year - (c->month <= 2);
	int64_t month = c->month + (c->month <= 2 ? 9 : -3);
	int64_t leaps, day;

	/* Four centuries on, so that no division meets a negative year. */
	year += 400;
	leaps = year / 4 - year / 100 + year / 400;
	day = year * 365 + leaps + (153 * month + 2) / 5 + c->day - 1;
	/* 1970-01-01 is day 719468 from 0000-03-01; 400 years: 146097. */
	day -= 719468 + 146097;
	return day * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
}

/*
 * Gives a two-digit year its century: the latest of four-digit ones that does
 * not put the date more than 50 years ahead of now.
 */
static void
place_year(struct civil *c, int64_t now)
{
	struct civil early = *c;

	for (c->year += 9900; c->year >= 100; c->year -= 100) {
		early.year = c->year - 50;
		if (civil_seconds(&early) <= now)
			break;
	}
}

bool
hint_date(const char *value, size_t n, int64_t now, int64_t *seconds)
{
	struct reader r;
	struct civil c = { 0 };
	bool full = false;

	if (n == 0)
		return false;
	r = reader(value, n);
	read_weekday(&r, &full);
	if (r.bad)
		return false;
	if (full)
		read_rfc850(&r, &c);
	else if (starts_with(&r, ",", 1))
		read_imf(&r, &c);
	else
		read_asctime(&r, &c);
	if (r.bad || r.p != r.end)
		return false;
	if (full)
		place_year(&c, now);
	if (!is_valid(&c))
		return false;
	*seconds = civil_seconds(&c);
	return true;
}

/* a * SECOND + b; saturates. */
static uint64_t
to_ns(uint64_t a, uint64_t b)
{
	if (a > (UINT64_MAX - b) / SECOND)
		return UINT64_MAX;
	return a * SECOND + b;
}

/*
 * Digits after the point, as ns.  What is finer than a nanosecond is rounded
 * up: never back too early.
 */
static uint64_t
read_fraction(struct reader *r)
{
	uint64_t ns = 0, unit = SECOND / 10;
	bool more = false;

	if (r->p == r->end)
		r->bad = true;
	for (; r->p < r->end && is_digit(*r->p); r->p++) {
		ns += (uint64_t)(*r->p - '0') * unit;
		if (unit == 0 && *r->p != '0')
			more = true;
		unit /= 10;
	}
	return ns + more;
}

/* delay-seconds, also with a fraction. */
static bool
read_delay(struct reader *r, uint64_t *delay)
{
	uint64_t seconds = 0, fraction = 0;

	if (r->p == r->end || !is_digit(*r->p))
		return false;
	for (; r->p < r->end && is_digit(*r->p); r->p++) {
		/* Past this it is saturated, whatever follows. */
		if (seconds <= UINT64_MAX / SECOND)
			seconds = seconds * 10 + (uint64_t)(*r->p - '0');
	}
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		fraction = read_fraction(r);
	}
	if (r->bad || r->p != r->end)
		return false;
	*delay = to_ns(seconds, fraction);
	return true;
}

bool
hint_retry_after(const char *value, size_t n, int64_t date, uint64_t *delay)
{
	struct reader r;
	int64_t until;

	if (n == 0)
		return false;
	r = reader(value, n);
	if (read_delay(&r, delay))
		return true;
	if (!hint_date(value, n, date, &until))
		return false;
	*delay = 0;
	if (until > date)
		*delay = to_ns((uint64_t)until - (uint64_t)date, 0);
	return true;
}

/* What the response's dates are measured against. */
static int64_t
response_date(const struct http1_head *head, int64_t now)
{
	const struct http1_field *f;
	int64_t date;
	unsigned i;

	for (i = 0; i < head->nfields; i++) {
		f = &head->fields[i];
		if (f->id == HTTP1_DATE &&
		    hint_date(f->value.p, f->value.len, now, &date))
			return date;
	}
	return now;
}

void
hint_read(const struct http1_head *head, int64_t now, struct hint *hint)
{
	const struct http1_field *f;
	int64_t date = response_date(head, now);
	uint64_t delay;
	unsigned i;

	hint->retry_after = false;
	hint->delay = 0;
	for (i = 0; i < head->nfields; i++) {
		f = &head->fields[i];
		if (f->id != HTTP1_RETRY_AFTER ||
		    !hint_retry_after(f->value.p, f->value.len, date, &delay))
			continue;
		hint->retry_after = true;
		if (delay > hint->delay)
			hint->delay = delay;
	}
}

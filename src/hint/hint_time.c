/* SPDX-License-Identifier: ISC */
#include "hint/hint_internal.h"

#include <string.h>

/* Numbers, dates and durations, as they stand in fields. */

/* A value being read.  Once something did not fit, bad stays set. */
struct reader {
	const char	*p;
	const char	*end;
	bool		 bad;
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
read_time(struct reader *r, struct hint_civil *c)
{
	c->hour = read_digits(r, 2);
	read_text(r, ":");
	c->minute = read_digits(r, 2);
	read_text(r, ":");
	c->second = read_digits(r, 2);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static void
read_imf(struct reader *r, struct hint_civil *c)
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
read_rfc850(struct reader *r, struct hint_civil *c)
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
read_asctime(struct reader *r, struct hint_civil *c)
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
is_valid(const struct hint_civil *c)
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
civil_seconds(const struct hint_civil *c)
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

bool
hint_civil_seconds(const struct hint_civil *c, int64_t *seconds)
{
	if (!is_valid(c))
		return false;
	*seconds = civil_seconds(c);
	return true;
}

/*
 * Gives a two-digit year its century: the latest of four-digit ones that does
 * not put the date more than 50 years ahead of now.
 */
static void
place_year(struct hint_civil *c, int64_t now)
{
	struct hint_civil early = *c;

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
	struct hint_civil c = { 0 };
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
	return hint_civil_seconds(&c, seconds);
}

/* a * SECOND + b; saturates. */
static uint64_t
to_ns(uint64_t a, uint64_t b)
{
	if (a > (UINT64_MAX - b) / HINT_SECOND)
		return UINT64_MAX;
	return a * HINT_SECOND + b;
}

/*
 * How long it is from date until then; 0 where it is over.  False where the
 * two are more than a year apart: nobody waits for that, and nobody means it.
 */
static bool
until(int64_t seconds, uint32_t nano, int64_t date, uint64_t *ns)
{
	uint64_t apart = seconds < date ? (uint64_t)date - (uint64_t)seconds :
	    (uint64_t)seconds - (uint64_t)date;

	*ns = 0;
	if (apart > HINT_YEAR)
		return false;
	if (seconds >= date)
		*ns = to_ns(apart, nano);
	return true;
}

static uint64_t
add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t
times(uint64_t a, uint64_t b)
{
	return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/*
 * Digits after the point, in billionths.  What is finer is rounded up: never
 * back too early.
 */
static uint32_t
read_fraction(struct reader *r)
{
	uint32_t nano = 0, unit = 100000000;
	bool more = false;

	if (r->p == r->end || !is_digit(*r->p))
		r->bad = true;
	for (; r->p < r->end && is_digit(*r->p); r->p++) {
		nano += (uint32_t)(*r->p - '0') * unit;
		if (unit == 0 && *r->p != '0')
			more = true;
		unit /= 10;
	}
	return nano + more;
}

/* Digits, with a fraction or without. */
static void
read_number(struct reader *r, struct hint_number *number)
{
	number->whole = 0;
	number->nano = 0;
	if (r->p == r->end || !is_digit(*r->p)) {
		r->bad = true;
		return;
	}
	for (; r->p < r->end && is_digit(*r->p); r->p++)
		number->whole = add(times(number->whole, 10),
		    (uint64_t)(*r->p - '0'));
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		number->nano = read_fraction(r);
	}
	if (number->nano == HINT_SECOND) {
		number->nano = 0;
		number->whole = add(number->whole, 1);
	}
}

bool
hint_number(struct http1_str s, struct hint_number *number)
{
	struct reader r;

	if (s.len == 0)
		return false;
	r = reader(s.p, s.len);
	read_number(&r, number);
	return !r.bad && r.p == r.end;
}

uint64_t
hint_number_micro(struct hint_number number)
{
	return add(times(number.whole, HINT_MICRO), number.nano / 1000);
}

/* The fraction is rounded up; a unit is a second or divides or holds one. */
uint64_t
hint_number_of(struct hint_number number, uint64_t unit)
{
	uint64_t part, fine;

	if (unit >= HINT_SECOND) {
		part = number.nano * (unit / HINT_SECOND);
	} else {
		fine = HINT_SECOND / unit;
		part = (number.nano + fine - 1) / fine;
	}
	return add(times(number.whole, unit), part);
}

/* A zone's distance from UTC in seconds; where none is told, it is UTC. */
static int
read_zone(struct reader *r)
{
	int sign, hours, minutes = 0;

	if (starts_with(r, " ", 1))
		r->p++;
	if (starts_with(r, "UTC", 3) || starts_with(r, "GMT", 3)) {
		r->p += 3;
		return 0;
	}
	if (starts_with(r, "Z", 1) || starts_with(r, "z", 1)) {
		r->p++;
		return 0;
	}
	if (!starts_with(r, "+", 1) && !starts_with(r, "-", 1))
		return 0;
	sign = *r->p++ == '-' ? -1 : 1;
	hours = read_digits(r, 2);
	if (starts_with(r, ":", 1)) {
		r->p++;
		minutes = read_digits(r, 2);
	} else if (r->p != r->end && is_digit(*r->p)) {
		minutes = read_digits(r, 2);
	}
	if (hours > 23 || minutes > 59)
		r->bad = true;
	/* and its name, as Go has both */
	if (starts_with(r, " UTC", 4))
		r->p += 4;
	return sign * (hours * 3600 + minutes * 60);
}

/* 2025-01-31T12:34:56.789Z, and as Atlassian has it without seconds. */
static void
read_iso(struct reader *r, struct hint_civil *c, uint32_t *nano, int *zone)
{
	c->year = read_digits(r, 4);
	read_text(r, "-");
	c->month = read_digits(r, 2);
	read_text(r, "-");
	c->day = read_digits(r, 2);
	if (starts_with(r, "T", 1) || starts_with(r, "t", 1))
		r->p++;
	else
		read_text(r, " ");
	c->hour = read_digits(r, 2);
	read_text(r, ":");
	c->minute = read_digits(r, 2);
	if (starts_with(r, ":", 1)) {
		r->p++;
		c->second = read_digits(r, 2);
	}
	if (starts_with(r, ".", 1) || starts_with(r, ",", 1)) {
		r->p++;
		*nano = read_fraction(r);
	}
	*zone = read_zone(r);
}

bool
hint_timestamp(struct http1_str s, int64_t *seconds, uint32_t *nano)
{
	struct reader r;
	struct hint_civil c = { 0 };
	int zone;

	if (s.len == 0)
		return false;
	r = reader(s.p, s.len);
	*nano = 0;
	read_iso(&r, &c, nano, &zone);
	if (r.bad || r.p != r.end || !hint_civil_seconds(&c, seconds))
		return false;
	*seconds -= zone;
	return true;
}

/* The unit of a term, in ns; 0: it is none. */
static uint64_t
read_unit(struct reader *r)
{
	static const struct {
		const char	*text;
		uint64_t	 ns;
	} units[] = {		/* the longer of two first */
		{ "ms", 1000000 },
		{ "us", 1000 },
		{ "\xc2\xb5s", 1000 },
		{ "\xce\xbcs", 1000 },
		{ "ns", 1 },
		{ "s", HINT_SECOND },
		{ "m", 60 * HINT_SECOND },
		{ "h", 3600 * HINT_SECOND },
		{ "d", 86400 * HINT_SECOND },
	};
	unsigned i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!starts_with(r, units[i].text, strlen(units[i].text)))
			continue;
		r->p += strlen(units[i].text);
		return units[i].ns;
	}
	return 0;
}

bool
hint_duration(struct http1_str s, uint64_t *ns)
{
	struct reader r;
	struct hint_number number;
	uint64_t unit;

	if (s.len == 0)
		return false;
	r = reader(s.p, s.len);
	*ns = 0;
	while (r.p < r.end) {
		read_number(&r, &number);
		unit = read_unit(&r);
		if (r.bad || unit == 0)
			return false;
		*ns = add(*ns, hint_number_of(number, unit));
	}
	return true;
}

/* A number that is that large counts so many of them since 1970. */
static const struct {
	uint64_t	above;
	uint64_t	of_second;
} epochs[] = {
	{ 100000000000000000ULL, 1000000000 },
	{ 100000000000000ULL, 1000000 },
	{ 100000000000ULL, 1000 },
	{ 1000000000ULL, 1 },
};

#define NEPOCHS	(sizeof(epochs) / sizeof(epochs[0]))

/* Whether a number is an instant, by its magnitude alone. */
static bool
is_instant(struct hint_number number, int64_t *seconds, uint32_t *nano)
{
	uint64_t of_second, fine;
	unsigned i;

	for (i = 0; i < NEPOCHS && number.whole <= epochs[i].above; i++)
		;
	if (i == NEPOCHS)
		return false;
	of_second = epochs[i].of_second;
	fine = HINT_SECOND / of_second;
	/* at most 10^11: seconds are that few by the next one's bound */
	*seconds = (int64_t)(number.whole / of_second);
	*nano = (uint32_t)(number.whole % of_second * fine +
	    (number.nano + of_second - 1) / of_second);
	return true;
}

/*
 * By its magnitude an instant, else so many units; what says its unit and is
 * no instant near enough is that many all the same.
 */
static bool
number_until(struct hint_number number, uint64_t unit, int64_t date,
    uint64_t *ns)
{
	int64_t seconds;
	uint32_t nano;

	if (is_instant(number, &seconds, &nano)) {
		if (until(seconds, nano, date, ns))
			return true;
		if (unit == HINT_SECOND)
			return false;
	}
	*ns = hint_number_of(number, unit);
	return true;
}

bool
hint_is_over(struct http1_str s)
{
	struct hint_number number;

	if (s.len < 2 || s.p[0] != '-')
		return false;
	s.p++;
	s.len--;
	return hint_number(s, &number);
}

bool
hint_until_number(struct hint_number number, int64_t date, uint64_t *ns)
{
	return number_until(number, HINT_SECOND, date, ns);
}

bool
hint_until(struct http1_str s, uint64_t unit, int64_t date, uint64_t *ns)
{
	struct hint_number number;
	int64_t seconds;
	uint32_t nano = 0;

	*ns = 0;
	if (hint_number(s, &number))
		return number_until(number, unit, date, ns);
	if (hint_timestamp(s, &seconds, &nano) ||
	    hint_date(s.p, s.len, date, &seconds) ||
	    hint_loose_date(s, &seconds))
		return until(seconds, nano, date, ns);
	return hint_duration(s, ns) || hint_loose_duration(s, ns);
}

bool
hint_retry_after(const char *value, size_t n, int64_t date, uint64_t *delay)
{
	struct http1_str s = { value, n };

	return hint_until(s, HINT_SECOND, date, delay);
}

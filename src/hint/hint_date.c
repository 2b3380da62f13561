/* SPDX-License-Identifier: ISC */
#include "hint/hint_date.h"

#include <string.h>

#include "hint/hint_civil.h"
#include "hint/hint_reader.h"

static const char *const days[] = {
	"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
	"Sunday",
};

static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
	"Nov", "Dec",
};

/* The day of the month as asctime() has it: padded with a space. */
static int
read_padded_day(struct hint_reader *r)
{
	if (!hint_reader_starts(r, " ", 1))
		return hint_reader_digits(r, 2);
	r->p++;
	return hint_reader_digits(r, 1);
}

static int
read_month(struct hint_reader *r)
{
	int i;

	for (i = 0; i < 12; i++)
		if (hint_reader_starts(r, months[i], 3)) {
			r->p += 3;
			return i + 1;
		}
	r->bad = true;
	return 0;
}

static void
read_time(struct hint_reader *r, struct hint_civil *c)
{
	c->hour = hint_reader_digits(r, 2);
	hint_reader_text(r, ":");
	c->minute = hint_reader_digits(r, 2);
	hint_reader_text(r, ":");
	c->second = hint_reader_digits(r, 2);
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static void
read_imf(struct hint_reader *r, struct hint_civil *c)
{
	hint_reader_text(r, ", ");
	c->day = hint_reader_digits(r, 2);
	hint_reader_text(r, " ");
	c->month = read_month(r);
	hint_reader_text(r, " ");
	c->year = hint_reader_digits(r, 4);
	hint_reader_text(r, " ");
	read_time(r, c);
	hint_reader_text(r, " GMT");
}

/* Sunday, 06-Nov-94 08:49:37 GMT */
static void
read_rfc850(struct hint_reader *r, struct hint_civil *c)
{
	hint_reader_text(r, ", ");
	c->day = hint_reader_digits(r, 2);
	hint_reader_text(r, "-");
	c->month = read_month(r);
	hint_reader_text(r, "-");
	c->year = hint_reader_digits(r, 2);
	hint_reader_text(r, " ");
	read_time(r, c);
	hint_reader_text(r, " GMT");
}

/* Sun Nov  6 08:49:37 1994 */
static void
read_asctime(struct hint_reader *r, struct hint_civil *c)
{
	hint_reader_text(r, " ");
	c->month = read_month(r);
	hint_reader_text(r, " ");
	c->day = read_padded_day(r);
	hint_reader_text(r, " ");
	read_time(r, c);
	hint_reader_text(r, " ");
	c->year = hint_reader_digits(r, 4);
}

/* The name of a day in full, or else its first three letters. */
static void
read_weekday(struct hint_reader *r, bool *full)
{
	unsigned i;

	for (i = 0; i < sizeof days / sizeof days[0]; i++) {
		if (!hint_reader_starts(r, days[i], 3))
			continue;
		*full = hint_reader_starts(r, days[i], strlen(days[i]));
		r->p += *full ? strlen(days[i]) : 3;
		return;
	}
	r->bad = true;
}

bool
hint_date(const char *value, size_t n, int64_t now, int64_t *seconds)
{
	struct hint_reader r;
	struct hint_civil c = { 0 };
	bool full = false;

	if (n == 0)
		return false;
	r = hint_reader(value, n);
	read_weekday(&r, &full);
	if (r.bad)
		return false;
	if (full)
		read_rfc850(&r, &c);
	else if (hint_reader_starts(&r, ",", 1))
		read_imf(&r, &c);
	else
		read_asctime(&r, &c);
	if (r.bad || r.p != r.end)
		return false;
	if (full)
		hint_civil_place_year(&c, now);
	return hint_civil_seconds(&c, seconds);
}

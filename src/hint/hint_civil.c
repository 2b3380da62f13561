/* SPDX-License-Identifier: ISC */
#include "hint/hint_civil.h"

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
void
hint_civil_place_year(struct hint_civil *c, int64_t now)
{
	struct hint_civil early = *c;

	for (c->year += 9900; c->year >= 100; c->year -= 100) {
		early.year = c->year - 50;
		if (civil_seconds(&early) <= now)
			break;
	}
}

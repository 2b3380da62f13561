/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_CIVIL_H
#define SLUICE_HINT_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

/* A day and a time of the Gregorian calendar. */
struct hint_civil {
	int	year;
	int	month;		/* 1 to 12 */
	int	day;
	int	hour;
	int	minute;
	int	second;
};

/*
 * Counts its seconds since 1970 (UTC).  Returns false when there is no such day
 * or time; a leap second is one.
 */
bool		 hint_civil_seconds(const struct hint_civil *,
		    int64_t *seconds);

/*
 * Gives a two-digit year its century: the latest of four-digit ones that does
 * not put the date more than 50 years ahead of now.
 */
void		 hint_civil_place_year(struct hint_civil *, int64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_DATE_H
#define SLUICE_HINT_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An HTTP-date (RFC 9110 5.6.7: IMF-fixdate, RFC 850, asctime) to seconds
 * since 1970; now places a two-digit year (one that appears more than 50
 * years ahead is in the past).  Returns false when it is not a date.
 */
bool	 hint_date(const char *, size_t n, int64_t now, int64_t *seconds);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_VALUE_H
#define SLUICE_ADMIN_VALUE_H

#include <stdint.h>

#include <jansson.h>

/* How they are written: as few digits as a double holds, so that 0.1 is 0.1. */
#define ADMIN_DUMP	(JSON_COMPACT | JSON_ENSURE_ASCII | \
			    JSON_REAL_PRECISION(15))

/* Values as the API has them; each NULL without memory. */

/* Seconds, with fractions. */
json_t		*admin_seconds(uint64_t ns);
/* Cost units, with fractions, of micro units. */
json_t		*admin_units(int64_t micro);
/*
 * RFC 3339 of a monotonic instant (ns) that is to come, by how far from now it
 * is.  What has happened is told by the clock of then: admin_time_ns().
 */
json_t		*admin_instant(uint64_t at, uint64_t now);
/* RFC 3339 of ms since 1970. */
json_t		*admin_time(int64_t ms);
/* The same of ns. */
json_t		*admin_time_ns(uint64_t ns);
/* Text, of which bytes that are no UTF-8 are shown as "?". */
json_t		*admin_string(const char *);

#endif

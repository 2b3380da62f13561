/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_AMOUNT_H
#define SLUICE_JSON_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers of JSON as amounts of something, in millionths. */

#define JSON_AMOUNT_UNIT	1000000ULL
#define JSON_AMOUNT_MOST	(1000000000ULL * JSON_AMOUNT_UNIT)

/* Returns whether a text is a number (RFC 8259 6). */
bool		 json_amount_is_number(const char *);

/*
 * Sets *amount to a number that is not negative, rounded up; to 0, and returns
 * false, where it is more than JSON_AMOUNT_MOST.
 */
bool		 json_amount_of(const char *, uint64_t *amount);

#endif

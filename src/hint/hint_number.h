/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_NUMBER_H
#define SLUICE_HINT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "hint/hint_reader.h"
#include "http/http1_str.h"

/* Not negative.  The whole saturates; what is finer is rounded up. */
struct hint_number {
	uint64_t	 whole;
	uint32_t	 nano;		/* less than a billion */
};

/*
 * Reads digits, with a fraction or without, and with an exponent or without:
 * all of the string.  Returns false when it is anything else.
 */
bool		 hint_number(struct http1_str, struct hint_number *);

/* Returns it in micro units, rounded down; saturates. */
uint64_t	 hint_number_micro(struct hint_number);

/*
 * Returns so many units (ns), rounded up; saturates.  The unit divides a second
 * or is made of seconds.
 */
uint64_t	 hint_number_of(struct hint_number, uint64_t unit);

/* Reads digits, with a fraction or without. */
void		 hint_number_read(struct hint_reader *, struct hint_number *);

/*
 * Reads the digits after a point.  Returns billionths, up to a whole billion:
 * what is finer is rounded up, so that nobody is back too early.
 */
uint32_t	 hint_number_fraction(struct hint_reader *);

#endif

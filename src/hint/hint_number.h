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

bool		 hint_number(struct http1_str, struct hint_number *);
/* In micro units, rounded down; all of these saturate. */
uint64_t	 hint_number_micro(struct hint_number);
/* So many units; a unit (ns) divides a second, or is seconds. */
uint64_t	 hint_number_of(struct hint_number, uint64_t unit);

/* Saturates. */
uint64_t	 hint_number_add(uint64_t a, uint64_t b);
/* Digits, with a fraction or without. */
void		 hint_number_read(struct hint_reader *, struct hint_number *);
/*
 * Digits after the point, in billionths.  What is finer is rounded up: never
 * back too early.
 */
uint32_t	 hint_number_fraction(struct hint_reader *);

#endif

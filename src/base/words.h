/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_WORDS_H
#define SLUICE_WORDS_H

#include <stdint.h>

/* Numbers as people read them, in answers and logs. */

#define WORDS	64

/*
 * A time in ns with two or three digits that count, and its unit: "10 ms",
 * "1.5 s", "90 s", "12 min", "1 h 30 min", "3 d 4 h".  What is not nothing is
 * never shown as nothing.  Returns buf.
 */
const char	*words_duration(char buf[WORDS], uint64_t ns);

#endif

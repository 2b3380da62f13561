/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STATE_LINE_H
#define SLUICE_STATE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * A line of the file in which what is known outlives the process: a kind, a
 * name, and what is said of it as NAME=VALUE, apart by a space, with a checksum
 * (CRC-32) at its end.  Values are numbers, numbers apart by a comma, or text
 * in which what is not visible, and %, is %XX.
 *
 *	host api.example.com wall=1 budget=host rate=... crc=9ae0daaf
 */

#define STATE_NUMBERS	8	/* in one value, at most */

/* Writing.  A failed text says so itself. */
void		 state_put_text(struct text *, const char *name,
		    const char *value);
void		 state_put_number(struct text *, const char *name, uint64_t);
void		 state_put_numbers(struct text *, const char *name,
		    const uint64_t *, unsigned n);
/* Ends the line that begins there: the checksum and a line feed. */
void		 state_put_end(struct text *, size_t begin);

/*
 * Reading.  Cuts the checksum off a line, which has no line feed any more, and
 * ends it there with a zero.  Returns false where it is not that line's.
 */
bool		 state_line_check(char *line, size_t len);

/* The next word of a line, which is cut in place: a name, and what it is. */
struct state_word {
	char		*name;
	char		*value;		/* decoded; NULL: there is no = */
};

/* Returns false at the end of the line; *at moves on. */
bool		 state_line_next(char **at, struct state_word *);

/*
 * Reads numbers of a value.  Returns how many; 0 where it is none of so many at
 * most.
 */
unsigned	 state_numbers(const char *value, uint64_t *, unsigned max);
/* Returns one number; 0 where it is none. */
uint64_t	 state_number(const char *value);

#endif

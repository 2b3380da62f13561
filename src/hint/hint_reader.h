/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_READER_H
#define SLUICE_HINT_READER_H

#include <stdbool.h>
#include <stddef.h>

/* A value being read.  Once something did not fit, bad stays set. */
struct hint_reader {
	const char	*p;
	const char	*end;
	bool		 bad;
};

/*
 * Returns a reader of n bytes.  It has to be one at least: an empty value may
 * have no address.
 */
struct hint_reader hint_reader(const char *value, size_t n);

/* Returns whether the n bytes of a text stand next. */
bool	 hint_reader_starts(const struct hint_reader *, const char *text,
	    size_t n);

/* Reads a text that has to stand next. */
void	 hint_reader_text(struct hint_reader *, const char *text);

/* Reads exactly n digits.  Returns their value; 0 when it went bad. */
int	 hint_reader_digits(struct hint_reader *, int n);

#endif

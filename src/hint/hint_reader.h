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

/* Of at least one byte: an empty value may have no address. */
struct hint_reader hint_reader(const char *value, size_t n);

bool	 hint_reader_starts(const struct hint_reader *, const char *text,
	    size_t n);
void	 hint_reader_text(struct hint_reader *, const char *text);

/* Exactly that many digits. */
int	 hint_reader_digits(struct hint_reader *, int n);

#endif

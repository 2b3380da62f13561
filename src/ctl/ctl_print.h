/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_PRINT_H
#define SLUICE_CTL_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/text.h"

/*
 * What people read: text that no host's name can break, and tables as wide as
 * what is in them.
 */

/* How something is shown, where the output can. */
enum ctl_style {
	CTL_PLAIN,
	CTL_BOLD,
	CTL_DIM,
	CTL_GOOD,		/* green */
	CTL_WARN,		/* yellow */
	CTL_BAD,		/* red */
	CTL_PICKED,		/* reversed */
};

/* Where a table goes, or a line. */
struct ctl_paper {
	FILE		*out;
	unsigned	 width;		/* columns; 0: as wide as it gets */
	bool		 styles;	/* escapes are understood */
};

/*
 * Standard output: as wide as COLUMNS or the terminal; with styles where it
 * is a terminal, and neither NO_COLOR nor TERM=dumb is set.
 */
struct ctl_paper ctl_paper(void);

/*
 * Puts text of n bytes with what a terminal would obey, or could not show,
 * written as \x1b or \u{202e}: control bytes, what is no UTF-8, marks that
 * change the direction.
 */
void		 ctl_print_safe(struct text *, const char *, size_t n);

/*
 * Returns text as JSON; one that is no UTF-8 is made safe, rather than lost.
 * NULL without memory.
 */
json_t		*ctl_print_text(const char *);

/*
 * Returns how many of n bytes of safe text fit in so many columns; *columns is
 * how many they take.
 */
size_t		 ctl_print_fit(const char *, size_t n, unsigned max,
		    unsigned *columns);

/*
 * Prints formatted text in that style.  All of it is made safe, but for a line
 * end with which the format ends.
 */
void		 ctl_printf(const struct ctl_paper *, enum ctl_style,
		    const char *, ...) __attribute__((format(printf, 3, 4)));

/* A table. */
struct ctl_table;

/*
 * Makes one; titles are separated by '|', and those that begin with '>' are of
 * columns that stand right.  Where it does not fit the last column is cut, then
 * the first one; then columns go, from the last.  Returns NULL without memory.
 */
struct ctl_table *ctl_table_new(const char *titles);
void		 ctl_table_free(struct ctl_table *);
/*
 * Puts the next cell, formatted and made safe; after the last of a row comes
 * the first of the next.  Without a table it does nothing.
 */
void		 ctl_cell(struct ctl_table *, enum ctl_style,
		    const char *, ...) __attribute__((format(printf, 3, 4)));
/* Returns whether there was no memory for something that was to be printed. */
bool		 ctl_print_lost(void);
/*
 * Prints rows from one on, at most max of them, below the titles; picked: a
 * row that is shown so, or -1.
 */
void		 ctl_table_print(const struct ctl_table *,
		    const struct ctl_paper *, size_t from, size_t max,
		    long picked);

#endif

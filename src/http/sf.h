/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SF_H
#define SLUICE_SF_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http1.h"

/*
 * Structured fields (RFC 9651), strictly, without inner lists.
 *
 * One of the checks goes first, over the whole field.  Then a reader starts
 * with sf_start() and is asked for members, and after each of them for
 * its parameters, as many as are wanted.
 */

enum sf_type {
	SF_NUMBER,		/* an Integer or a Decimal */
	SF_STRING,
	SF_TOKEN,
	SF_BYTES,
	SF_BOOLEAN,
	SF_DATE,
	SF_DISPLAY,
};

struct sf_item {
	enum sf_type		 type;
	int64_t			 milli;		/* thousandths, of a number */
	bool			 yes;
	/* Of a string or a token, without quotes; escapes as they stand. */
	struct http1_str	 text;
};

struct sf {
	const char	*p;
	const char	*end;
	bool		 begun;
	bool		 bad;
};

/* Return whether all of the value is a list, or a dictionary. */
bool		 sf_is_list(struct http1_str);
bool		 sf_is_dictionary(struct http1_str);

/* Begins to read a value, which was checked. */
void		 sf_start(struct sf *, struct http1_str);

/*
 * Take the next member of a list, or of a dictionary.  Return false behind the
 * last.
 */
bool		 sf_member(struct sf *, struct sf_item *);
bool		 sf_entry(struct sf *, struct http1_str *key,
		    struct sf_item *);

/* Takes the next parameter of a member.  Returns false behind the last. */
bool		 sf_parameter(struct sf *, struct http1_str *key,
		    struct sf_item *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_FIELDS_H
#define SLUICE_HTTP1_FIELDS_H

#include <stdbool.h>

#include "http/http1.h"

/* What parsing the fields finds out for the checks that follow. */
struct http1_tally {
	unsigned	 count[HTTP1_VIA + 1];	/* fields of each name */
	bool		 close;		/* options of Connection... */
	bool		 keep_alive;
	bool		 upgrade;
};

/*
 * Parses the field line at *p, which ends before end, and moves *p behind its
 * CRLF.  In a response white space may stand before the colon.
 */
enum http1_error http1_field_next(const char **p, const char *end,
		    struct http1_field *, bool response)
		    __attribute__((warn_unused_result));

/* The field lines from p to the empty line, which ends the head. */
enum http1_error http1_fields_parse(struct http1_head *,
		    struct http1_tally *, const char *p, const char *end,
		    bool response) __attribute__((warn_unused_result));

/*
 * Takes the next element of a list, possibly an empty one; the rest's p is
 * NULL behind the last.
 */
bool		 http1_list_next(struct http1_str *rest,
		    struct http1_str *element);

#endif

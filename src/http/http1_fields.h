/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_FIELDS_H
#define SLUICE_HTTP1_FIELDS_H

#include <stdbool.h>

#include "http/http1.h"

/* What parsing the fields finds out for the checks that follow. */
struct http1_tally {
	unsigned	 count[HTTP1_VIA + 1];	/* fields of each name */
	/* What Connection says; set by http1_connection.h's. */
	bool		 close;
	bool		 keep_alive;
	bool		 upgrade;
};

/*
 * Parses the field line at *p, which ends before end, and moves *p behind its
 * CRLF.  In a response white space may stand before the colon.  Returns what is
 * wrong with the line; HTTP1_OK when nothing is.
 */
enum http1_error http1_field_next(const char **p, const char *end,
		    struct http1_field *, bool response)
		    __attribute__((warn_unused_result));

/*
 * Parses the field lines from p to the empty line, which ends the head, and
 * counts them by name.  Returns what is wrong with them; HTTP1_OK when nothing
 * is.
 */
enum http1_error http1_fields_parse(struct http1_head *,
		    struct http1_tally *, const char *p, const char *end,
		    bool response) __attribute__((warn_unused_result));

/*
 * Takes the next element, possibly an empty one, off a field's value that is a
 * list (RFC 9110 5.6.1).  Returns false behind the last, when the rest's p is
 * NULL.
 */
bool		 http1_list_next(struct http1_str *rest,
		    struct http1_str *element);

#endif

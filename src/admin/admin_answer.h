/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_ANSWER_H
#define SLUICE_ADMIN_ANSWER_H

#include <stddef.h>

#include "admin/admin_request.h"

/* Answers to a request; each is called once, and the request is over then. */

/* Sends a JSON value, whose reference it takes; NULL is 503, out of memory. */
void		 admin_answer_json(struct admin_request *, int status,
		    json_t *);
/* Sends text of that media type; copied as far as the socket needs. */
void		 admin_answer_text(struct admin_request *, int status,
		    const char *type, const char *, size_t);
/* ... with field lines of its own, each ended by "\r\n". */
void		 admin_answer_text_with(struct admin_request *, int status,
		    const char *fields, const char *type, const char *, size_t);
/*
 * Sends a problem (RFC 9457): what is wrong, and what would have been right
 * (or NULL).
 */
void		 admin_answer_problem(struct admin_request *, int status,
		    const char *expected, const char *detail, ...)
		    __attribute__((format(printf, 4, 5)));
/* ... with a field line of its own, such as "Allow: GET\r\n". */
void		 admin_answer_problem_with(struct admin_request *, int status,
		    const char *field, const char *expected,
		    const char *detail, ...)
		    __attribute__((format(printf, 5, 6)));

/* Times as the API has them: seconds, and instants. */
json_t		*admin_seconds(uint64_t ns);
/* RFC 3339 of a monotonic instant (ns), by how far from now it is. */
json_t		*admin_instant(uint64_t at, uint64_t now);

#endif

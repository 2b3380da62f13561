/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_ANSWER_H
#define SLUICE_ADMIN_ANSWER_H

#include <stddef.h>

#include "admin/admin_request.h"
#include "admin/admin_value.h"

/* Answers to a request; each is called once, and the request is over then. */

/* Sends a JSON value, whose reference it takes; NULL is 503, out of memory. */
void		 admin_answer_json(struct admin_request *, int status,
		    json_t *);
/* Sends text of that media type; copied as far as the socket needs. */
void		 admin_answer_text(struct admin_request *, int status,
		    const char *type, const char *, size_t);
/*
 * ... with field lines of its own, each ended by "\r\n".  A policy for scripts
 * (Content-Security-Policy) among them stands for the one that allows nothing.
 */
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

/*
 * Begins a stream: 200, of that media type, without an end yet.  Returns
 * whether anything is to follow: false to HEAD, and where the client is gone;
 * the request is over then.
 */
bool		 admin_stream_begin(struct admin_request *, const char *type);
/* Sends a piece of it, n > 0. */
void		 admin_stream_put(struct admin_request *, const char *, size_t n);
/* Returns how much of it the client has not taken yet. */
size_t		 admin_stream_waiting(const struct admin_request *);
/* Ends it, whole or (cut) in the middle; the request is over. */
void		 admin_stream_end(struct admin_request *, bool cut);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_LINE_H
#define SLUICE_HTTP1_LINE_H

#include <stdbool.h>

#include "http/http1.h"

/* Returns what is wrong with a byte that no text may hold. */
enum http1_error http1_wrong_byte(char);

/*
 * Takes the line at *p and moves *p behind its CRLF.  Returns what is wrong
 * with it; HTTP1_OK when nothing is.
 */
enum http1_error http1_line_next(const char **p, const char *end,
		    struct http1_str *line)
		    __attribute__((warn_unused_result));

/* Takes what stands before the next SP.  Returns false when there is none. */
bool		 http1_line_word(struct http1_str *line,
		    struct http1_str *word);

/*
 * Parses "HTTP/1.1", and nothing shorter or longer; a higher minor version is 1
 * (RFC 9110 2.5).  Returns what is wrong with it; HTTP1_OK when nothing is.
 */
enum http1_error http1_line_version(struct http1_str, unsigned *minor)
		    __attribute__((warn_unused_result));

#endif

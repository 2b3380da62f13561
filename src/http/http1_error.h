/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_ERROR_H
#define SLUICE_HTTP1_ERROR_H

#include <stdbool.h>

#include "http/http1.h"

/* Returns a short English text without line end, such as "bare LF". */
const char	*http1_strerror(enum http1_error);

#define HTTP1_WHY	64	/* bytes that http1_explain() may need */

/*
 * Says the same of this message: it names the status that is none, and how
 * many fields there may be.  Returns buf, or a fixed text.
 */
const char	*http1_explain(enum http1_error, const struct http1_head *,
		    unsigned max_fields, char buf[HTTP1_WHY]);

/* Returns whether the method is that of HTTP/2's preface (RFC 9113 3.4). */
bool		 http1_is_preface(const struct http1_head *);

/*
 * Returns the status that a proxy answers such a request with: 400, 414, 417,
 * 431, 501 or 505.
 */
int		 http1_error_status(enum http1_error);

#endif

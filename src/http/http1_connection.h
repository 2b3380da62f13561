/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_CONNECTION_H
#define SLUICE_HTTP1_CONNECTION_H

#include "http/http1_fields.h"

/* Whether a connection goes on, and which fields are for it alone. */

#define HTTP1_CONNECTION_OPTIONS 100	/* options in Connection, at most */

/*
 * Reads the Connection fields (RFC 9110 7.6.1): notes the options in the tally
 * and marks the fields that they name as hop-by-hop.  Returns
 * HTTP1_BAD_CONNECTION when there are too many options; else HTTP1_OK.
 */
enum http1_error http1_connection_parse(struct http1_head *,
		    struct http1_tally *) __attribute__((warn_unused_result));

/*
 * Puts the names of fields that are hop-by-hop only because Connection has
 * them, with a comma behind each, unless names is NULL.  Returns how many bytes
 * these are: usually none, and at most two more than the head has in
 * Connection.
 */
size_t		 http1_connection_names(const struct http1_head *,
		    char *names);

/*
 * Reads Proxy-Connection, an invention of browsers, which counts only in a
 * request without Connection.
 */
void		 http1_connection_proxy(const struct http1_head *,
		    struct http1_tally *);

/* Sets the head's keep_alive and upgrade, by its version and options, and binds. */
void		 http1_connection_decide(struct http1_head *,
		    const struct http1_tally *);

#endif

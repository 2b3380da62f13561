/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_CONNECTION_H
#define SLUICE_HTTP1_CONNECTION_H

#include "http/http1_fields.h"

#define HTTP1_CONNECTION_OPTIONS 100	/* options in Connection, at most */

/* Takes what the Connection fields say. */
enum http1_error http1_connection_parse(struct http1_head *,
		    struct http1_tally *) __attribute__((warn_unused_result));

/* Proxy-Connection, an invention of browsers, counts where nothing else. */
void		 http1_connection_proxy(const struct http1_head *,
		    struct http1_tally *);

/* Sets the head's keep_alive and upgrade. */
void		 http1_connection_decide(struct http1_head *,
		    const struct http1_tally *);

#endif

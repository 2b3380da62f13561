/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_FRAMING_H
#define SLUICE_HTTP1_FRAMING_H

#include "http/http1_fields.h"

/*
 * Reads Content-Length and Transfer-Encoding (RFC 9112 6), and sets the head's
 * body and length by them alone: that some methods and statuses have no body
 * whatever stands there is the caller's to know.  Returns what is wrong with
 * them; HTTP1_OK when nothing is.
 */
enum http1_error http1_framing_parse(struct http1_head *,
		    const struct http1_tally *)
		    __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_FRAMING_H
#define SLUICE_HTTP1_FRAMING_H

#include "http/http1_fields.h"

/* Where either is found, body is what follows, methods and statuses apart. */
enum http1_error http1_framing_parse(struct http1_head *,
		    const struct http1_tally *)
		    __attribute__((warn_unused_result));

#endif

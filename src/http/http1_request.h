/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_REQUEST_H
#define SLUICE_HTTP1_REQUEST_H

#include <stddef.h>

#include "http/http1.h"

/*
 * Parses a whole request head of len bytes, as http1_scan() found it.  Returns
 * what is wrong with it; HTTP1_OK when nothing is.  On HTTP1_OK the head's
 * strings point into buf.  Checks all that can be wrong with a request to a
 * forward proxy: syntax, target and its form, Host, framing, Expect, connection
 * options.  On HTTP1_NOT_PROXY, which comes last, everything is set.  On any
 * other error as much of the head as was understood is set (method, target,
 * path, minor), the rest is zero.
 */
enum http1_error http1_request(struct http1_head *, const char *buf,
		    size_t len) __attribute__((warn_unused_result));

#endif

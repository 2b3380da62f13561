/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_RESPONSE_H
#define SLUICE_HTTP1_RESPONSE_H

#include <stddef.h>

#include "http/http1.h"

/*
 * Parses a whole response head of len bytes, as http1_scan() found it.  Returns
 * what is wrong with it; HTTP1_OK when nothing is.  The request's method
 * decides whether a body follows (HEAD, CONNECT with 2xx: none).  obs-fold is
 * an error here too; white space before a colon is not part of the field's name
 * (RFC 9112 5.1).
 */
enum http1_error http1_response(struct http1_head *, const char *buf,
		    size_t len, struct http1_str method)
		    __attribute__((warn_unused_result));

#endif

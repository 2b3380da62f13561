/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_HOST_H
#define SLUICE_HTTP1_HOST_H

#include <stddef.h>

#include "http/http1.h"

/*
 * Parses "host", "host:port", "[v6]", "[v6]:port" (RFC 3986 3.2, strictly):
 * names of letters, digits, '-', '_' and '.', with labels of 1 to 63 bytes;
 * IPv4 in dotted quads only (other all-numeric forms are refused); no userinfo,
 * no zone, no percent-encoding.  An empty port is none.  Returns
 * HTTP1_BAD_HOST, and clears the host, when it is anything else.
 */
enum http1_error http1_host_parse(struct http1_host *, const char *,
		    size_t len) __attribute__((warn_unused_result));

#endif

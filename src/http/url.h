/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_URL_H
#define SLUICE_URL_H

#include <stdbool.h>

#include "http/http1.h"
#include "http/http1_str.h"

/*
 * A URL in a field of a peer's, taken apart as it was written; the strings
 * point into that.
 */
struct url {
	struct http1_str	 user;	/* userinfo, with its '@'; or empty */
	struct http1_str	 name;	/* the host, without a port */
	struct http1_str	 rest;	/* path, query and fragment */
	struct http1_host	 host;	/* port 0: none was given */
};

/*
 * Returns whether the text is an absolute https URL (RFC 9110 4.2.2) whose host
 * everybody takes for the same one.  References that are relative are none, nor
 * is what programs only take for one: without "//", with a backslash or a second
 * '@' before the path, with a port that is no number.
 */
bool	 url_https(struct url *, struct http1_str text);

#endif

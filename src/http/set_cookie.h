/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SET_COOKIE_H
#define SLUICE_SET_COOKIE_H

#include <stdbool.h>

#include "http/http1_str.h"

/* Set-Cookie, as clients read it (RFC 6265 5.2): quotes mean nothing. */

/*
 * Takes the next part off a value: the pair of name and value, then each
 * attribute with the semicolon before it.  Returns false behind the last.
 */
bool	 set_cookie_next(struct http1_str *rest, struct http1_str *part);

/* Returns whether a part is the attribute Secure. */
bool	 set_cookie_is_secure(struct http1_str part);

/*
 * Returns whether a part is an attribute for requests from other sites:
 * SameSite=None or Partitioned.  A cookie that has one and lacks Secure is to be
 * ignored (RFC 6265bis, Storage Model; CHIPS).
 */
bool	 set_cookie_is_cross_site(struct http1_str part);

/* Returns whether a value has the attribute Secure. */
bool	 set_cookie_has_secure(struct http1_str value);

/*
 * Returns whether the name is one with which clients take no cookie that lacks
 * Secure: it begins with "__Secure-", "__Host-" or "__Http-".
 */
bool	 set_cookie_needs_secure(struct http1_str value);

#endif

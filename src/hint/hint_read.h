/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_READ_H
#define SLUICE_HINT_READ_H

#include <stdint.h>

#include "hint/hint.h"

/*
 * Reads a response's fields: Retry-After (RFC 9110 10.2.3), and all others
 * that say when, for how long or how much.  Each may stand there several times
 * or be a list: the latest time counts, and the smallest number of what is
 * left.  retry-after-ms is Retry-After's finer form.  Dates and times since
 * 1970 are measured against the response's own Date where that is usable, else
 * against now (seconds of the wall clock since 1970).  Budgets of a response
 * that comes from a cache (Age) are ignored, and those of another method than
 * its request's (p NULL: that is not known).
 */
void	 hint_read(const struct http1_head *, struct http1_str method,
	    int64_t now, struct hint *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_MAX_FORWARDS_H
#define SLUICE_MAX_FORWARDS_H

#include "http/http1.h"

/*
 * Max-Forwards, of TRACE and OPTIONS (RFC 9110 7.6.2).  Pure.
 */

struct text;

enum max_forwards {
	MAX_FORWARDS_NONE,	/* neither TRACE nor OPTIONS, or absent */
	MAX_FORWARDS_SOME,
	MAX_FORWARDS_REACHED,	/* 0: to be answered here */
	MAX_FORWARDS_BAD,	/* not a number */
};

/*
 * Returns what it means for a request.  For MAX_FORWARDS_SOME *least is the
 * smallest number that is named: digits, however many, without leading zeros.
 */
enum max_forwards max_forwards_read(const struct http1_head *,
	    struct http1_str *least);

/*
 * Puts the field's line with one less than a number that is above 0, in as many
 * digits as it takes.
 */
void	 max_forwards_put(struct text *, struct http1_str);

#endif

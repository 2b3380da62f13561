/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_KEEP_ALIVE_H
#define SLUICE_HTTP1_KEEP_ALIVE_H

#include <stdint.h>

#include "http/http1.h"

/*
 * What Keep-Alive says of the connection (RFC 2068 19.7.1.1; RFC 9112 C.2.2):
 * for how many seconds without a request it will be kept, and how many more
 * requests it will take; of what is said twice, the smaller.  UINT64_MAX where
 * nothing is said that makes sense.
 */
struct http1_keep_alive {
	uint64_t		 timeout;	/* seconds */
	uint64_t		 max;		/* requests */
};

/* Reads all Keep-Alive fields of a head. */
void		 http1_keep_alive(const struct http1_head *,
		    struct http1_keep_alive *);

#endif

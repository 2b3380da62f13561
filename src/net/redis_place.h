/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REDIS_PLACE_H
#define SLUICE_REDIS_PLACE_H

#include <stdbool.h>

#include "http/http1.h"

/* Where a Redis says that something is. */

struct redis_reply;

/*
 * Reads what a node of a cluster answers where a key is another one's: "MOVED
 * 3999 10.0.0.7:6379"; without a host it is at the one that was asked.  Returns
 * false where that is not what it says.
 */
bool		 redis_place_moved(const struct redis_reply *,
		    const struct http1_host *asked, struct http1_host *);

/* What it says besides: ask there this time only. */
bool		 redis_place_is_once(const struct redis_reply *);

/*
 * Reads what a sentinel says of a master: its address and port, as texts.
 * Returns false where it is anything else.
 */
bool		 redis_place_master(const struct redis_reply *,
		    struct http1_host *);

#endif

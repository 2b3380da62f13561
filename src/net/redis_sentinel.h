/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REDIS_SENTINEL_H
#define SLUICE_REDIS_SENTINEL_H

#include <stddef.h>

#include "net/redis.h"

/*
 * Asks sentinels where the master of a name is: one after another, until one
 * of them tells.
 */

struct redis_sentinel;

struct redis_sentinels {
	struct redis_setup	 setup;
	const struct http1_host	*list;
	size_t			 n;	/* not 0 */
	size_t			 at;	/* which has told last */
	const char		*master;
};

/* Where it is, or NULL and why nobody can tell. */
typedef void	 redis_sentinel_cb(void *arg, const struct http1_host *,
		    const char *why);

/*
 * cb is called once, never before this returns.  The sentinels must stay until
 * then.  NULL without memory.
 */
struct redis_sentinel *redis_sentinel_ask(struct redis_sentinels *,
		    redis_sentinel_cb *cb, void *arg);
/* Before cb was called; NULL is allowed. */
void		 redis_sentinel_cancel(struct redis_sentinel *);

#endif

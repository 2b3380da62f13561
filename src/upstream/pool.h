/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_POOL_H
#define SLUICE_POOL_H

#include <stdint.h>

/*
 * A thread's idle upstream connections, by origin.  The one used last is
 * taken first; where there are too many, the one idle longest is closed.
 */

struct http1_host;
struct pool;
struct pool_kind;
struct upstream;

/*
 * Returns NULL without memory.  close() ends a connection that the pool does
 * not keep, and calls pool_remove().
 */
struct pool	*pool_new(void (*close)(struct upstream *));
/* Closes all that are idle; those that are not have ended before. */
void		 pool_free(struct pool *);

/*
 * Takes an idle connection of that kind to that host and port out; NULL: none.
 * Those that their host is about to close (now is ns) are left for it to do so.
 */
struct upstream	*pool_get(struct pool *, const struct http1_host *,
		    const struct pool_kind *, uint64_t now);
/* Puts one in.  The pool may close others, and this one without memory. */
void		 pool_put(struct pool *, struct upstream *);
/* Forgets one that ends, whether it is in there, was once or never. */
void		 pool_remove(struct pool *, struct upstream *);
/* Closes all of an owner's (struct pool_kind), not 0. */
void		 pool_part(struct pool *, uint64_t owner);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RESOLVE_CACHE_H
#define SLUICE_RESOLVE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/resolve_answer.h"

/*
 * What names were resolved to, for as long as that holds: addresses, or that
 * there are none.  Bounded in entries; the one that was not asked for the
 * longest goes first.  Times are ns of a monotonic clock.
 */

struct resolve_cache;

/* Returns one that knows no name; NULL without memory. */
struct resolve_cache *resolve_cache_new(void);
void		 resolve_cache_free(struct resolve_cache *);

/*
 * Remembers an answer until then, in place of what is known of the name, and
 * forgets others so that there are at most max.  Without memory, or with a
 * time that is over, nothing is known of the name afterwards.
 */
void		 resolve_cache_put(struct resolve_cache *, const char *name,
		    const struct resolve_answer *, uint64_t until, size_t max,
		    uint64_t now);

/*
 * Copies what is known of a name, which is compared byte by byte: it is
 * canonical.  Returns false when nothing is known, or not any more.
 */
bool		 resolve_cache_get(struct resolve_cache *, const char *name,
		    uint64_t now, struct resolve_answer *)
		    __attribute__((warn_unused_result));

/* Forgets all of them. */
void		 resolve_cache_clear(struct resolve_cache *);

/* Returns how many are remembered, those included whose time is over. */
size_t		 resolve_cache_count(const struct resolve_cache *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_USER_CACHE_H
#define SLUICE_USER_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/client_hash.h"

/*
 * Which credentials were checked of late, by their keyed hashes: so many, for so
 * long.  A thread has one for those that are right and one for those that are
 * wrong, lest whoever guesses pushes out the others.
 */

#define USER_CACHE_SETS	256
#define USER_CACHE_WAYS	4

struct user_cache {
	uint64_t	 keep;		/* ns */
	struct user_cache_entry {
		struct client_hash	 hash;
		uint64_t		 until;	/* ns; 0: none */
	} entries[USER_CACHE_SETS][USER_CACHE_WAYS];
};

bool	 user_cache_has(const struct user_cache *, const struct client_hash *,
	    uint64_t now);
/* In the place of the oldest of its set, where there is no room. */
void	 user_cache_put(struct user_cache *, const struct client_hash *,
	    uint64_t now);

#endif

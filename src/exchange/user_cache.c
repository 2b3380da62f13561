/* SPDX-License-Identifier: ISC */
#include "exchange/user_cache.h"

static bool
is(const struct user_cache_entry *e, const struct client_hash *hash)
{
	return e->hash.a == hash->a && e->hash.b == hash->b;
}

bool
user_cache_has(const struct user_cache *c, const struct client_hash *hash,
    uint64_t now)
{
	const struct user_cache_entry *set =
	    c->entries[hash->a % USER_CACHE_SETS];
	unsigned i;

	for (i = 0; i < USER_CACHE_WAYS; i++) {
		if (is(&set[i], hash))
			return now < set[i].until;
	}
	return false;
}

void
user_cache_put(struct user_cache *c, const struct client_hash *hash,
    uint64_t now)
{
	struct user_cache_entry *set = c->entries[hash->a % USER_CACHE_SETS];
	struct user_cache_entry *place = &set[0];
	unsigned i;

	for (i = 0; i < USER_CACHE_WAYS; i++) {
		if (is(&set[i], hash)) {
			place = &set[i];
			break;
		}
		if (set[i].until < place->until)
			place = &set[i];
	}
	*place = (struct user_cache_entry){ *hash, now + c->keep };
}

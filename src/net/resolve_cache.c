/* SPDX-License-Identifier: ISC */
#include "net/resolve_cache.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

/*
 * An entry is in the tree by its name, and in the list by when it was asked
 * for, the latest first.  Its addresses stand behind its name, so that it is
 * no longer than it has to be.
 */
struct entry {
	RB_ENTRY(entry)		 node;
	TAILQ_ENTRY(entry)	 used;
	uint64_t		 until;		/* ns */
	enum resolve_result	 result;
	size_t			 n;
	struct address		*list;		/* within the entry */
	char			*name;		/* behind it */
};
RB_HEAD(entry_tree, entry);
TAILQ_HEAD(list, entry);

struct resolve_cache {
	struct entry_tree	 tree;
	struct list		 used;
	size_t			 n;
};

static int
compare(const struct entry *a, const struct entry *b)
{
	return strcmp(a->name, b->name);
}

RB_PROTOTYPE(entry_tree, entry, node, compare)
RB_GENERATE(entry_tree, entry, node, compare)

struct resolve_cache *
resolve_cache_new(void)
{
	struct resolve_cache *cache = calloc(1, sizeof *cache);

	if (cache != NULL) {
		RB_INIT(&cache->tree);
		TAILQ_INIT(&cache->used);
	}
	return cache;
}

static void
drop(struct resolve_cache *cache, struct entry *entry)
{
	RB_REMOVE(entry_tree, &cache->tree, entry);
	TAILQ_REMOVE(&cache->used, entry, used);
	cache->n--;
	free(entry);
}

void
resolve_cache_clear(struct resolve_cache *cache)
{
	struct entry *entry;

	while ((entry = TAILQ_FIRST(&cache->used)) != NULL)
		drop(cache, entry);
}

void
resolve_cache_free(struct resolve_cache *cache)
{
	if (cache == NULL)
		return;
	resolve_cache_clear(cache);
	free(cache);
}

static struct entry *
find(struct resolve_cache *cache, const char *name)
{
	struct entry key = { .name = (char *)(uintptr_t)name };

	return RB_FIND(entry_tree, &cache->tree, &key);
}

static struct entry *
new_entry(const char *name, const struct resolve_answer *answer)
{
	size_t addresses = answer->n * sizeof answer->list[0];
	size_t len = strlen(name) + 1;
	struct entry *entry;

	entry = malloc(sizeof *entry + addresses + len);
	if (entry == NULL)
		return NULL;
	entry->result = answer->result;
	entry->n = answer->n;
	entry->list = (struct address *)(void *)(entry + 1);
	memcpy(entry->list, answer->list, addresses);
	entry->name = (char *)(entry->list + answer->n);
	memcpy(entry->name, name, len);
	return entry;
}

void
resolve_cache_put(struct resolve_cache *cache, const char *name,
    const struct resolve_answer *answer, uint64_t until, size_t max,
    uint64_t now)
{
	struct entry *entry = find(cache, name);

	if (entry != NULL)
		drop(cache, entry);
	while (cache->n > 0 && cache->n >= max)
		drop(cache, TAILQ_LAST(&cache->used, list));
	if (max == 0 || until <= now ||
	    (entry = new_entry(name, answer)) == NULL)
		return;
	entry->until = until;
	RB_INSERT(entry_tree, &cache->tree, entry);
	TAILQ_INSERT_HEAD(&cache->used, entry, used);
	cache->n++;
}

bool
resolve_cache_get(struct resolve_cache *cache, const char *name, uint64_t now,
    struct resolve_answer *answer)
{
	struct entry *entry = find(cache, name);

	if (entry == NULL)
		return false;
	if (entry->until <= now) {
		drop(cache, entry);
		return false;
	}
	TAILQ_REMOVE(&cache->used, entry, used);
	TAILQ_INSERT_HEAD(&cache->used, entry, used);
	answer->result = entry->result;
	answer->n = entry->n;
	memcpy(answer->list, entry->list, entry->n * sizeof entry->list[0]);
	return true;
}

size_t
resolve_cache_count(const struct resolve_cache *cache)
{
	return cache->n;
}

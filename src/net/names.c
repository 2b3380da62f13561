/* SPDX-License-Identifier: ISC */
#include "net/names.h"

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
	int			 code;
	size_t			 n;
	struct address		*list;		/* within the entry */
	char			*name;		/* behind it */
};
RB_HEAD(names_tree, entry);
TAILQ_HEAD(list, entry);

struct names {
	struct names_tree	 tree;
	struct list	 used;
	size_t		 n;
};

static int
compare(const struct entry *a, const struct entry *b)
{
	return strcmp(a->name, b->name);
}

RB_PROTOTYPE(names_tree, entry, node, compare)
RB_GENERATE(names_tree, entry, node, compare)

struct names *
names_new(void)
{
	struct names *names = calloc(1, sizeof *names);

	if (names != NULL) {
		RB_INIT(&names->tree);
		TAILQ_INIT(&names->used);
	}
	return names;
}

static void
drop(struct names *names, struct entry *entry)
{
	RB_REMOVE(names_tree, &names->tree, entry);
	TAILQ_REMOVE(&names->used, entry, used);
	names->n--;
	free(entry);
}

void
names_clear(struct names *names)
{
	struct entry *entry;

	while ((entry = TAILQ_FIRST(&names->used)) != NULL)
		drop(names, entry);
}

void
names_free(struct names *names)
{
	if (names == NULL)
		return;
	names_clear(names);
	free(names);
}

static struct entry *
find(struct names *names, const char *name)
{
	struct entry key = { .name = (char *)(uintptr_t)name };

	return RB_FIND(names_tree, &names->tree, &key);
}

static struct entry *
new_entry(const char *name, const struct names_answer *answer)
{
	size_t addresses = answer->n * sizeof answer->list[0];
	size_t len = strlen(name) + 1;
	struct entry *entry;

	entry = malloc(sizeof *entry + addresses + len);
	if (entry == NULL)
		return NULL;
	entry->code = answer->code;
	entry->n = answer->n;
	entry->list = (struct address *)(void *)(entry + 1);
	memcpy(entry->list, answer->list, addresses);
	entry->name = (char *)(entry->list + answer->n);
	memcpy(entry->name, name, len);
	return entry;
}

void
names_put(struct names *names, const char *name,
    const struct names_answer *answer, uint64_t until, size_t max,
    uint64_t now)
{
	struct entry *entry = find(names, name);

	if (entry != NULL)
		drop(names, entry);
	while (names->n > 0 && names->n >= max)
		drop(names, TAILQ_LAST(&names->used, list));
	if (max == 0 || until <= now ||
	    (entry = new_entry(name, answer)) == NULL)
		return;
	entry->until = until;
	RB_INSERT(names_tree, &names->tree, entry);
	TAILQ_INSERT_HEAD(&names->used, entry, used);
	names->n++;
}

bool
names_get(struct names *names, const char *name, uint64_t now,
    struct names_answer *answer)
{
	struct entry *entry = find(names, name);

	if (entry == NULL)
		return false;
	if (entry->until <= now) {
		drop(names, entry);
		return false;
	}
	TAILQ_REMOVE(&names->used, entry, used);
	TAILQ_INSERT_HEAD(&names->used, entry, used);
	answer->code = entry->code;
	answer->n = entry->n;
	memcpy(answer->list, entry->list, entry->n * sizeof entry->list[0]);
	return true;
}

size_t
names_count(const struct names *names)
{
	return names->n;
}

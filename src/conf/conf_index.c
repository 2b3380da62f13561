/* SPDX-License-Identifier: ISC */
#include "conf/conf_index.h"

#include <stdlib.h>
#include <string.h>

static int
entry_cmp(const void *a, const void *b)
{
	const struct conf_entry *const *x = a, *const *y = b;

	return strcmp((*x)->key->text, (*y)->key->text);
}

static int
key_cmp(const void *key, const void *entry)
{
	const struct conf_entry *const *e = entry;

	return strcmp(key, (*e)->key->text);
}

void
conf_index_init(struct conf_index *index, const struct conf_node *node)
{
	const struct conf_entry *entry;
	size_t n = 0;

	*index = (struct conf_index){ .node = NULL };
	if (node == NULL || node->type != CONF_MAPPING || node->n == 0)
		return;
	index->node = node;
	index->entries = calloc(node->n, sizeof *index->entries);
	if (index->entries == NULL)
		return;
	for (entry = node->first; entry != NULL; entry = entry->next)
		index->entries[n++] = entry;
	qsort(index->entries, n, sizeof *index->entries, entry_cmp);
}

void
conf_index_free(struct conf_index *index)
{
	free(index->entries);
}

const struct conf_node *
conf_index_value(const struct conf_index *index, const char *key)
{
	const struct conf_entry **found;

	if (index->node == NULL)
		return NULL;
	/* without memory it is slow, and right all the same */
	if (index->entries == NULL)
		return conf_node_value(index->node, key);
	found = bsearch(key, index->entries, index->node->n,
	    sizeof *index->entries, key_cmp);
	return found != NULL ? (*found)->value : NULL;
}

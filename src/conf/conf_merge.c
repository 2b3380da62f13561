/* SPDX-License-Identifier: ISC */
#include "conf/conf_merge.h"

#include <stdint.h>
#include <string.h>

#include "policy/path.h"

static const char *const rate_keys[] = {
	"capacity", "period", "burst", "strict", "rates",
};

static bool
is_rate_key(const char *key)
{
	size_t i;

	for (i = 0; i < sizeof rate_keys / sizeof rate_keys[0]; i++)
		if (strcmp(key, rate_keys[i]) == 0)
			return true;
	return false;
}

bool
conf_merge_has_rate(const struct conf_node *node)
{
	const struct conf_entry *entry;

	for (entry = node->first; entry != NULL; entry = entry->next)
		if (is_rate_key(entry->key->text))
			return true;
	return false;
}

/* Whether two keys are patterns of the same paths: "/a" and "/a/". */
static bool
same_path(const char *a, const char *b)
{
	struct path_pattern p, q;

	return a[0] == '/' && b[0] == '/' &&
	    path_pattern_parse(&p, a, strlen(a)) == NULL &&
	    path_pattern_parse(&q, b, strlen(b)) == NULL &&
	    path_pattern_compare(&p, &q) == 0;
}

static const struct conf_node *
value_of(const struct conf_node *mapping, const char *key)
{
	const struct conf_entry *entry;

	for (entry = mapping->first; entry != NULL; entry = entry->next)
		if (strcmp(entry->key->text, key) == 0 ||
		    same_path(entry->key->text, key))
			return entry->value;
	return NULL;
}

/* A mapping that grows at its end. */
struct merged {
	struct conf_yaml	*yaml;
	struct conf_node	*node;
	struct conf_entry	**tail;
};

static bool
add(struct merged *m, const struct conf_entry *from,
    const struct conf_node *value)
{
	struct conf_entry *entry = conf_yaml_alloc(m->yaml, sizeof *entry);

	if (entry == NULL || value == NULL)
		return false;
	entry->key = from->key;
	entry->value = (struct conf_node *)(uintptr_t)value;
	*m->tail = entry;
	m->tail = &entry->next;
	m->node->n++;
	return true;
}

/* The depth of a tree is bounded (CONF_YAML_DEPTH), so these may recurse. */
static const struct conf_node *
merge_value(struct conf_yaml *yaml, const struct conf_node *above,
    const struct conf_node *below)
{
	if (below == NULL || above->type != CONF_MAPPING ||
	    below->type != CONF_MAPPING)
		return above;
	return conf_merge(yaml, above, below);
}

static bool
add_above(struct merged *m, const struct conf_node *above,
    const struct conf_node *below)
{
	const struct conf_entry *entry;

	for (entry = above->first; entry != NULL; entry = entry->next)
		if (!add(m, entry, merge_value(m->yaml, entry->value,
		    value_of(below, entry->key->text))))
			return false;
	return true;
}

static bool
add_below(struct merged *m, const struct conf_node *above,
    const struct conf_node *below)
{
	bool has_rate = conf_merge_has_rate(above);
	const struct conf_entry *entry;

	for (entry = below->first; entry != NULL; entry = entry->next) {
		if (value_of(above, entry->key->text) != NULL ||
		    (has_rate && is_rate_key(entry->key->text)))
			continue;
		if (!add(m, entry, entry->value))
			return false;
	}
	return true;
}

const struct conf_node *
conf_merge(struct conf_yaml *yaml, const struct conf_node *above,
    const struct conf_node *below)
{
	struct merged m = {
		.yaml = yaml,
		.node = conf_yaml_alloc(yaml, sizeof *m.node),
	};

	if (m.node == NULL)
		return NULL;
	*m.node = *above;
	m.node->first = NULL;
	m.node->n = 0;
	m.tail = &m.node->first;
	return add_above(&m, above, below) && add_below(&m, above, below) ?
	    m.node : NULL;
}

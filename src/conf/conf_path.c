/* SPDX-License-Identifier: ISC */
#include "conf/conf_path.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice_path.h"
#include "conf/conf_limits.h"

/* A slash at the end does not count, and is not shown. */
static char *
canonical(const char *text)
{
	size_t len = strlen(text);

	if (len > 1 && text[len - 1] == '/')
		len--;
	return strndup(text, len);
}

/* The key of the path that was loaded as number i. */
static const struct conf_node *
key_of(const struct conf_node *paths, size_t i)
{
	const struct conf_entry *entry = paths->first;

	while (i-- > 0)
		entry = entry->next;
	return entry->key;
}

static bool
is_new(struct conf_walk *w, const struct conf_node *paths,
    const struct conf_node *key, const struct rule *rule,
    const struct rule_path *path)
{
	size_t i;

	for (i = 0; &rule->paths[i] != path; i++)
		if (path_pattern_compare(&rule->paths[i].pattern,
		    &path->pattern) == 0)
			return conf_walk_twice(w, key, key_of(paths, i));
	return true;
}

static bool
load_path(struct conf_walk *w, const struct conf_node *paths,
    const struct conf_entry *entry, struct rule *rule)
{
	struct rule_path *path = &rule->paths[rule->npaths++];
	const char *expected;
	char advice[CONF_ADVICE];

	path->text = canonical(entry->key->text);
	if (path->text == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	expected = path_pattern_parse(&path->pattern, path->text,
	    strlen(path->text));
	if (expected != NULL)
		return conf_wrong(&w->report, entry->key,
		    "no path pattern, expected %s%s", expected,
		    conf_advice_path(advice, entry->key->text));
	path->of_preset = strcmp(entry->key->file, w->report.name) != 0;
	path->limits = w->path;
	return is_new(w, paths, entry->key, rule, path) &&
	    conf_walk_mapping(w, entry->value,
	    "a mapping such as {capacity: 10}") &&
	    conf_walk_level(w, CONF_PATH, entry->value, &path->limits) &&
	    conf_limits_finish(w, entry->value, &path->limits);
}

static int
compare(const void *a, const void *b)
{
	const struct rule_path *p = a;
	const struct rule_path *q = b;

	return path_pattern_compare(&p->pattern, &q->pattern);
}

bool
conf_path_load(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule *rule = field;
	const struct conf_entry *entry;
	bool ok = true;

	if (!conf_walk_mapping(w, node, "a mapping of path patterns"))
		return false;
	if (node->n > option->max)
		return conf_wrong(&w->report, node, "%zu paths, expected %s",
		    node->n, option->range);
	if (node->n == 0)
		return true;
	rule->paths = calloc(node->n, sizeof *rule->paths);
	if (rule->paths == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, entry->key->text, 0);
		ok = load_path(w, node, entry, rule);
		conf_leave(&w->report);
	}
	if (ok)
		qsort(rule->paths, rule->npaths, sizeof *rule->paths, compare);
	return ok;
}

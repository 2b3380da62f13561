/* SPDX-License-Identifier: ISC */
#include "conf/conf_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice.h"
#include "conf/conf_advice_key.h"
#include "conf/conf_advice_section.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"

/* Lists of single mappings are what some other programs have. */
static const char *
list_advice(const struct conf_node *node)
{
	if (node->n == 0)
		return "";
	if (node->first->value->type == CONF_MAPPING)
		return "; leave the dashes out, and begin each entry with its "
		    "name and a colon";
	return "; leave the dashes out, and put a colon behind each name";
}

static const char *
section_advice(const struct conf_walk *w, char buf[CONF_ADVICE],
    const struct conf_node *node)
{
	const struct conf_step *steps = w->report.steps;
	unsigned n = w->report.nsteps;
	bool is_rule;

	is_rule = n > 0 && ((n == 2 && strcmp(steps[0].name, "hosts") == 0) ||
	    (n == 1 && strcmp(steps[0].name, "defaults") == 0) ||
	    (n > 2 && steps[n - 2].name != NULL &&
	    strcmp(steps[n - 2].name, "paths") == 0) ||
	    (n > 1 && steps[n - 1].name == NULL && steps[n - 2].name != NULL &&
	    strcmp(steps[n - 2].name, "rates") == 0));
	return conf_advice_section(buf, w->report.options,
	    n > 0 ? steps[n - 1].name : NULL, is_rule,
	    node->text);
}

bool
conf_walk_mapping(struct conf_walk *w, const struct conf_node *node,
    const char *what)
{
	char advice[CONF_ADVICE];

	if (node->type == CONF_MAPPING)
		return true;
	if (conf_node_null(node))
		return conf_wrong(&w->report, node, "nothing, expected %s "
		    "(for none leave the key out, or write {})", what);
	if (node->type == CONF_LIST)
		return conf_wrong(&w->report, node, "a list, expected %s%s",
		    what, list_advice(node));
	return conf_wrong(&w->report, node, "a plain value, expected %s%s",
	    what, section_advice(w, advice, node));
}

static bool
unknown(struct conf_walk *w, enum conf_level level,
    const struct conf_entry *entry)
{
	char *keys = conf_option_keys(w->report.options, level);
	char advice[CONF_ADVICE];

	if (keys == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	conf_wrong(&w->report, entry->key, "an unknown key, expected %s%s",
	    keys, conf_advice_key(advice, w->report.options, level, entry));
	free(keys);
	return false;
}

bool
conf_walk_twice(struct conf_walk *w, const struct conf_node *key,
    const struct conf_node *first)
{
	return conf_wrong(&w->report, key, "a key that is there twice, "
	    "expected once; the first is at line %u, column %u", first->line,
	    first->column);
}

bool
conf_walk_wrong(struct conf_walk *w, const struct conf_node *node,
    const char *key, const char *what)
{
	conf_enter(&w->report, key, 0);
	conf_wrong(&w->report, conf_node_value(node, key), "%s", what);
	conf_leave(&w->report);
	return false;
}

/* Two keys that are of no use without each other. */
static bool
are_both(struct conf_walk *w, const struct conf_node *node, const char *a,
    const char *b)
{
	bool has_a = conf_node_value(node, a) != NULL;
	bool has_b = conf_node_value(node, b) != NULL;
	const char *missing = has_a ? b : a;
	char text[96];

	if (has_a == has_b)
		return true;
	snprintf(text, sizeof text, "without %s, expected %s beside it",
	    missing, missing);
	return conf_walk_wrong(w, node, has_a ? a : b, text);
}

/* What the keys of a section must be together. */
static bool
finish_section(struct conf_walk *w, enum conf_level level,
    const struct conf_node *node)
{
	switch (level) {
	case CONF_TLS:
		return are_both(w, node, "ca_certificate", "ca_key");
	case CONF_HOST_TLS:
	case CONF_PARENT_TLS:
		return are_both(w, node, "certificate", "key");
	case CONF_LISTENER_TLS:
		if (node->n == 0)
			return conf_wrong(&w->report, node,
			    "empty, expected certificate and key");
		return are_both(w, node, "certificate", "key");
	default:
		return true;
	}
}

bool
conf_walk_section(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *base)
{
	return conf_walk_mapping(w, node, "a mapping") &&
	    conf_walk_level(w, option->behind, node, base) &&
	    finish_section(w, option->behind, node);
}

bool
conf_walk_option(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *base)
{
	if (option->as->scalar &&
	    !conf_option_scalar(&w->report, option, node))
		return false;
	return option->as->read(w, option, node,
	    (char *)base + option->offset);
}

/* What stands below a section that is empty may have been meant for it. */
static bool
is_unindented(const struct conf_walk *w, enum conf_level level,
    const struct conf_option *option, const struct conf_entry *entry)
{
	return level == CONF_TOP && conf_node_null(entry->value) &&
	    entry->next != NULL && option->as->section &&
	    conf_option_find(w->report.options, CONF_TOP,
	    entry->next->key->text) == NULL;
}

/*
 * Files are opened after the rest: what is wrong with them is told there.  Of
 * other keys it counts whether they were written.
 */
static void
keep_place(const struct conf_option *option, const struct conf_node *node,
    void *base)
{
	if (option->place != 0)
		*(struct place *)(void *)((char *)base + option->place) =
		    conf_node_place(node);
}

static bool
load_entry(struct conf_walk *w, enum conf_level level,
    const struct conf_node *node, const struct conf_entry *entry, void *base)
{
	const struct conf_option *option;
	const struct conf_entry *first;
	char show[CONF_SHOW], advice[CONF_ADVICE];

	option = conf_option_find(w->report.options, level, entry->key->text);
	if (option == NULL)
		return unknown(w, level, entry);
	first = conf_node_get(node, entry->key->text);
	if (first != entry)
		return conf_walk_twice(w, entry->key, first->key);
	if (is_unindented(w, level, option, entry) &&
	    conf_advice_foreign(advice, entry->next->key->text))
		return conf_wrong(&w->report, entry->next->key, "\"%s\" is no "
		    "key%s", conf_show(show, entry->next->key->text), advice);
	if (is_unindented(w, level, option, entry))
		return conf_wrong(&w->report, entry->value, "nothing, expected "
		    "a mapping; indent the lines below that belong to it, "
		    "from \"%s:\" on", conf_show(show,
		    entry->next->key->text));
	keep_place(option, entry->value, base);
	return conf_walk_option(w, option, entry->value, base);
}

bool
conf_walk_level(struct conf_walk *w, enum conf_level level,
    const struct conf_node *node, void *base)
{
	const struct conf_entry *entry;
	bool ok = true;

	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, entry->key->text, 0);
		ok = load_entry(w, level, node, entry, base);
		conf_leave(&w->report);
	}
	return ok;
}

/* SPDX-License-Identifier: ISC */
#include "conf/conf_loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_addresses.h"
#include "conf/conf_body.h"
#include "conf/conf_cost.h"
#include "conf/conf_path.h"
#include "conf/conf_pause.h"
#include "conf/conf_rule.h"

/*
 * First every default is read out of the option table, then the file's tree is
 * walked level by level against that table.
 */

static bool	 load_option(struct conf_loader *, const struct conf_option *,
		    const struct conf_node *, void *);

/* The defaults of the table as a list in YAML, to be freed. */
static char *
defaults_text(size_t *size)
{
	const struct conf_option	*option;
	char				*text = NULL;
	FILE				*out = open_memstream(&text, size);

	if (out == NULL)
		return NULL;
	fputs("[\n", out);
	for (option = conf_options(); option->path != NULL; option++)
		if (option->fallback != NULL)
			fprintf(out, "%s,\n", option->fallback);
	fputs("]\n", out);
	fclose(out);
	return text;
}

static void *
base_of(struct conf_loader *l, const struct conf_option *option)
{
	switch (option->level) {
	case CONF_RULE:
	case CONF_QUEUE:
	case CONF_PAUSE:
	case CONF_RETRY:
	case CONF_TUNNEL:
	case CONF_HOST_TLS:
		return &l->rule;
	case CONF_RATE:
		return &l->rate;
	case CONF_PATH:
		return &l->path;
	default:
		return l->conf;
	}
}

static bool
read_defaults(struct conf_loader *l, const struct conf_node *list)
{
	const struct conf_option	*option;
	const struct conf_entry		*entry = list->first;

	for (option = conf_options(); option->path != NULL; option++) {
		if (option->fallback == NULL)
			continue;
		if (!load_option(l, option, entry->value, base_of(l, option)))
			return false;
		entry = entry->next;
	}
	return true;
}

/* Defaults come the same way as what a file says. */
static bool
load_defaults(struct conf_loader *l)
{
	struct conf_yaml	*yaml;
	size_t			 size;
	char			*text = defaults_text(&size);
	bool			 ok;

	if (text == NULL)
		return conf_wrong(&l->report, NULL, "out of memory");
	yaml = conf_yaml_parse(&l->report, text, size);
	free(text);
	if (yaml == NULL)
		return false;
	ok = read_defaults(l, conf_yaml_root(yaml));
	conf_yaml_free(yaml);
	return ok;
}

bool
conf_loader_mapping(struct conf_loader *l, const struct conf_node *node,
    const char *what)
{
	if (node->type == CONF_MAPPING)
		return true;
	if (conf_node_null(node))
		return conf_wrong(&l->report, node, "nothing, expected %s "
		    "(for none leave the key out, or write {})", what);
	return conf_wrong(&l->report, node, "a %s, expected %s",
	    node->type == CONF_LIST ? "list" : "plain value", what);
}

static bool
unknown(struct conf_loader *l, enum conf_level level,
    const struct conf_node *key)
{
	const char	*nearest = conf_option_nearest(level, key->text);
	char		*keys = conf_option_keys(level);

	if (keys == NULL)
		return conf_wrong(&l->report, NULL, "out of memory");
	conf_wrong(&l->report, key, "an unknown key, expected %s%s%s%s", keys,
	    nearest == NULL ? "" : "; did you mean \"",
	    nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?");
	free(keys);
	return false;
}

bool
conf_loader_twice(struct conf_loader *l, const struct conf_node *key,
    const struct conf_node *first)
{
	return conf_wrong(&l->report, key, "a key that is there twice, "
	    "expected once; the first is at line %u, column %u", first->line,
	    first->column);
}

bool
conf_loader_wrong(struct conf_loader *l, const struct conf_node *node,
    const char *key, const char *what)
{
	conf_enter(&l->report, key, 0);
	conf_wrong(&l->report, conf_node_value(node, key), "%s", what);
	conf_leave(&l->report);
	return false;
}

/* Two keys that are of no use without each other. */
static bool
are_both(struct conf_loader *l, const struct conf_node *node, const char *a,
    const char *b)
{
	bool		 has_a = conf_node_value(node, a) != NULL;
	bool		 has_b = conf_node_value(node, b) != NULL;
	const char	*missing = has_a ? b : a;
	char		 text[96];

	if (has_a == has_b)
		return true;
	snprintf(text, sizeof text, "without %s, expected %s beside it",
	    missing, missing);
	return conf_loader_wrong(l, node, has_a ? a : b, text);
}

/* What the keys of a section must be together. */
static bool
finish_section(struct conf_loader *l, enum conf_level level,
    const struct conf_node *node)
{
	switch (level) {
	case CONF_TLS:
		return are_both(l, node, "ca_certificate", "ca_key");
	case CONF_HOST_TLS:
		return are_both(l, node, "certificate", "key");
	case CONF_LISTENER_TLS:
		if (node->n == 0)
			return conf_wrong(&l->report, node,
			    "empty, expected certificate and key");
		return are_both(l, node, "certificate", "key");
	default:
		return true;
	}
}

static bool
load_section(struct conf_loader *l, enum conf_level level,
    const struct conf_node *node, void *base)
{
	return conf_loader_mapping(l, node, "a mapping") &&
	    conf_loader_level(l, level, node, base) &&
	    finish_section(l, level, node);
}

static bool
load_option(struct conf_loader *l, const struct conf_option *option,
    const struct conf_node *node, void *base)
{
	void	*field = (char *)base + option->offset;

	switch (option->kind) {
	case CONF_SECTION:
		return load_section(l, (enum conf_level)option->max, node,
		    base);
	case CONF_DEFAULTS:
		l->conf->fallback.name = "defaults";
		l->conf->fallback.builtin = false;
		return conf_rule_load(l, node, &l->conf->fallback, false);
	case CONF_HOSTS:
		return conf_rule_hosts(l, node);
	case CONF_RATES:
		return conf_rule_rates(l, option, node, field);
	case CONF_COSTS:
		return conf_cost_load(l, option, node, base);
	case CONF_WEIGHTS:
		return true;	/* what they are, fair_by says: later */
	case CONF_PATHS:
		return conf_path_load(l, option, node, base);
	case CONF_BODIES:
		return conf_body_load(l, option, node, base);
	case CONF_DELAY:
		return conf_body_delay(l, option, node, base);
	case CONF_PAUSE_STATUSES:
		return conf_pause_statuses(l, option, node, base);
	case CONF_LISTEN:
	case CONF_RESOLVER:
		return conf_addresses_load(l, option, node, field);
	default:
		return conf_option_read(&l->report, option, node, base);
	}
}

static bool
load_entry(struct conf_loader *l, enum conf_level level,
    const struct conf_node *node, const struct conf_entry *entry, void *base)
{
	const struct conf_option	*option;
	const struct conf_entry		*first;

	option = conf_option_find(level, entry->key->text);
	if (option == NULL)
		return unknown(l, level, entry->key);
	first = conf_node_get(node, entry->key->text);
	if (first != entry)
		return conf_loader_twice(l, entry->key, first->key);
	return load_option(l, option, entry->value, base);
}

bool
conf_loader_level(struct conf_loader *l, enum conf_level level,
    const struct conf_node *node, void *base)
{
	const struct conf_entry	*entry;
	bool			 ok = true;

	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&l->report, entry->key->text, 0);
		ok = load_entry(l, level, node, entry, base);
		conf_leave(&l->report);
	}
	return ok;
}

static bool
load_root(struct conf_loader *l, const struct conf_node *root)
{
	if (conf_node_null(root))
		return conf_wrong(&l->report, root,
		    "the file is empty, expected at least one key");
	if (root->type != CONF_MAPPING)
		return conf_wrong(&l->report, root,
		    "not a configuration, expected keys such as listen: and "
		    "hosts:");
	return conf_loader_level(l, CONF_TOP, root, l->conf);
}

bool
conf_loader_run(struct conf_loader *l, const char *text, size_t len)
{
	struct conf_yaml	*yaml;
	bool			 ok;

	l->conf->path = strdup(l->report.name);
	l->conf->patterns = pattern_set_new();
	if (l->conf->path == NULL || l->conf->patterns == NULL)
		return conf_wrong(&l->report, NULL, "out of memory");
	if (!load_defaults(l))
		return false;
	l->rule.name = "unlimited";
	l->conf->fallback = l->rule;
	l->conf->fallback.builtin = true;
	yaml = conf_yaml_parse(&l->report, text, len);
	if (yaml == NULL)
		return false;
	ok = load_root(l, conf_yaml_root(yaml));
	conf_yaml_free(yaml);
	if (ok)
		conf_rule_complete(l->conf);
	return ok;
}

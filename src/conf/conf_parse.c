/* SPDX-License-Identifier: ISC */
#include "conf/conf_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice_key.h"
#include "conf/conf_advice_syntax.h"
#include "conf/conf_destinations.h"
#include "conf/conf_walk.h"
#include "conf/conf_presets.h"
#include "conf/conf_rule.h"
#include "conf/conf_rule_auto.h"
#include "conf/conf_table.h"

/*
 * First every default is read out of the option table, then the file's tree is
 * walked level by level against that table.
 */

/* The defaults of the table as a list in YAML, to be freed. */
static char *
defaults_text(size_t *size)
{
	const struct conf_option *option;
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	if (out == NULL)
		return NULL;
	fputs("[\n", out);
	for (option = conf_options(); option != NULL;
	    option = conf_option_next(option))
		if (option->fallback != NULL)
			fprintf(out, "%s,\n", option->fallback);
	fputs("]\n", out);
	fclose(out);
	return text;
}

static void *
base_of(struct conf_walk *w, const struct conf_option *option)
{
	switch (option->level) {
	case CONF_RULE:
	case CONF_QUEUE:
	case CONF_PAUSE:
	case CONF_RETRY:
	case CONF_UPSTREAM:
	case CONF_TUNNEL:
	case CONF_HOST_TLS:
		return &w->rule;
	case CONF_RATE:
		return &w->rate;
	case CONF_PATH:
		return &w->path;
	case CONF_BUDGET:
	case CONF_BUDGET_RESERVE:
	case CONF_BUDGET_SETTLE:
	case CONF_BUDGET_STREAM:
		return &w->budget;
	case CONF_PARENT_TLS:
		return &w->parent;
	default:
		return w->conf;
	}
}

static bool
read_defaults(struct conf_walk *w, const struct conf_node *list)
{
	const struct conf_option *option;
	const struct conf_entry *entry = list->first;

	for (option = conf_options(); option != NULL;
	    option = conf_option_next(option)) {
		if (option->fallback == NULL)
			continue;
		if (!conf_walk_option(w, option, entry->value,
		    base_of(w, option)))
			return false;
		entry = entry->next;
	}
	return true;
}

/* Defaults come the same way as what a file says. */
static bool
load_defaults(struct conf_walk *w)
{
	struct conf_yaml *yaml;
	size_t size, i;
	char *text = defaults_text(&size);
	bool ok;

	if (text == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	yaml = conf_yaml_parse(&w->report, text, size);
	free(text);
	if (yaml == NULL)
		return false;
	ok = read_defaults(w, conf_yaml_root(yaml));
	conf_yaml_free(yaml);
	/* that text is no file's: nobody could look there */
	for (i = 0; ok && i < w->conf->listen.n; i++)
		w->conf->listen.list[i].at = (struct place){ 0 };
	conf_destinations_nowhere(&w->conf->destinations);
	return ok;
}

static bool
load_root(struct conf_walk *w, const struct conf_node *root)
{
	char advice[CONF_ADVICE];

	if (conf_node_null(root))
		return conf_wrong(&w->report, root,
		    "the file is empty, expected at least one key");
	if (root->type != CONF_MAPPING)
		return conf_wrong(&w->report, root,
		    "not a configuration, expected keys such as listen: and "
		    "hosts:%s", root->type == CONF_SCALAR &&
		    conf_advice_space(advice, w->report.options, root->text) ?
		    advice : "");
	return conf_walk_level(w, CONF_TOP, root, w->conf);
}

/* Fills w->conf, which is zeroed; false leaves it to be freed. */
static bool
fill(struct conf_walk *w, const char *text, size_t len)
{
	struct conf_yaml *yaml;
	bool ok;

	w->conf->path = strdup(w->report.name);
	w->conf->patterns = host_pattern_set_new();
	if (w->conf->path == NULL || w->conf->patterns == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	if (!load_defaults(w))
		return false;
	w->rule.name = "unlimited";
	w->conf->fallback = w->rule;
	w->conf->fallback.builtin = true;
	yaml = conf_yaml_parse(&w->report, text, len);
	if (yaml == NULL)
		return false;
	ok = conf_presets_begin(w, conf_yaml_root(yaml)) &&
	    load_root(w, conf_yaml_root(yaml)) &&
	    conf_rule_auto(w, conf_yaml_root(yaml));
	if (ok)
		conf_presets_apart(w);
	conf_presets_end(w);
	conf_yaml_free(yaml);
	if (ok)
		conf_rule_complete(w->conf);
	return ok;
}

struct conf *
conf_parse(const char *name, const char *text, size_t len, char **cause)
{
	struct conf_walk w = { .report = {
		.name = name,
		.options = conf_options(),
		.advise = conf_advice_syntax,
	} };

	*cause = NULL;
	w.conf = conf_new();
	if (w.conf == NULL) {
		*cause = strdup("out of memory");
		return NULL;
	}
	if (fill(&w, text, len))
		return w.conf;
	*cause = w.report.cause;
	conf_unref(w.conf);
	return NULL;
}

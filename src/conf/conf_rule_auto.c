/* SPDX-License-Identifier: ISC */
#include "conf/conf_rule_auto.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_presets.h"
#include "conf/conf_rule.h"
#include "policy/host_pattern.h"

/*
 * A host of a preset's may fall under a wildcard of the file's: then its rule
 * is that wildcard's with the preset below it.  Where nothing covers it, it is
 * what defaults say with the preset on top: they are about hosts of which
 * nothing is known.
 */

struct making {
	struct conf_walk	*w;
	const struct conf_node	*hosts;		/* or NULL */
	const struct conf_node	*defaults;
};

/* The entry of the rule that was loaded as number i. */
static const struct conf_entry *
entry_of(const struct conf_node *hosts, size_t i)
{
	const struct conf_entry *entry = hosts->first;

	while (i-- > 0)
		entry = entry->next;
	return entry;
}

/* A wildcard whose throttle is shared, or that says which preset, is left. */
static bool
takes_preset(const struct rule *rule, const struct conf_node *node)
{
	return !rule->shared && conf_node_value(node, "preset") == NULL;
}

/* The rule of a pattern on top of that of a wildcard which covers it. */
static bool
make_under(struct making *m, const struct host_pattern *pattern,
    const struct rule *cover)
{
	const struct conf_entry *entry = entry_of(m->hosts,
	    (size_t)(cover - m->w->conf->rules));
	const struct conf_node *node;
	struct rule *rule, *there;
	bool ok;

	if (!takes_preset(cover, entry->value))
		return true;
	rule = conf_rule_add(m->w, pattern, cover->at, &there);
	if (rule == NULL)
		return false;
	conf_enter(&m->w->report, "hosts", 0);
	conf_enter(&m->w->report, entry->key->text, 0);
	node = conf_presets_under(m->w, entry->value, pattern, rule);
	ok = node != NULL &&
	    conf_rule_load(m->w, node, rule, pattern->wildcard);
	conf_leave(&m->w->report);
	conf_leave(&m->w->report);
	return ok;
}

static bool
make_over(struct making *m, struct conf_preset *preset,
    const struct host_pattern *pattern)
{
	const struct conf_node *node;
	struct rule *rule, *there;
	bool ok;

	rule = conf_rule_add(m->w, pattern, conf_node_place(
	    conf_node_get(m->defaults, "preset")->key), &there);
	if (rule == NULL)
		return false;
	rule->preset_only = true;
	conf_enter(&m->w->report, "defaults", 0);
	node = conf_presets_over(m->w, m->defaults, preset, rule);
	ok = node != NULL &&
	    conf_rule_load(m->w, node, rule, pattern->wildcard);
	conf_leave(&m->w->report);
	return ok;
}

/* Whether the rule is that of the pattern, and not of a wildcard above it. */
static bool
is_own(const struct rule *rule, const struct host_pattern *pattern)
{
	struct host_pattern of;

	return host_pattern_parse(&of, rule->name, strlen(rule->name)) ==
	    NULL && (!of.wildcard || (pattern->wildcard &&
	    strcmp(of.host.name, pattern->host.name) == 0));
}

static bool
make_host(struct making *m, struct conf_preset *preset,
    const struct host_pattern *pattern)
{
	struct http1_host host = conf_presets_cover(pattern);
	const struct rule *cover = host_pattern_set_match(m->w->conf->patterns,
	    &host);

	if (cover == NULL || cover->preset_only)
		return make_over(m, preset, pattern);
	if (is_own(cover, pattern) || (size_t)(cover - m->w->conf->rules) >=
	    m->hosts->n)
		return true;
	return make_under(m, pattern, cover);
}

/* Whole names first: what is made for wildcards covers some of them. */
static bool
make_hosts(struct making *m, bool wildcards)
{
	const struct conf_entry *entry;
	struct conf_preset *preset;
	struct host_pattern pattern;

	for (preset = m->w->presets; preset != NULL; preset = preset->next)
		for (entry = preset->parts.hosts->first; entry != NULL;
		    entry = entry->next) {
			if (host_pattern_parse(&pattern, entry->value->text,
			    strlen(entry->value->text)) != NULL ||
			    pattern.wildcard != wildcards)
				continue;
			if (!make_host(m, preset, &pattern))
				return false;
		}
	return true;
}

bool
conf_rule_auto(struct conf_walk *w, const struct conf_node *root)
{
	struct making m = { .w = w };

	if (!w->preset_auto)
		return true;
	m.hosts = conf_node_value(root, "hosts");
	m.defaults = conf_node_value(root, "defaults");
	if (w->conf->rules == NULL)
		w->conf->rules = calloc(conf_presets_hosts(w) + 1,
		    sizeof *w->conf->rules);
	if (w->conf->rules == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	return make_hosts(&m, false) && make_hosts(&m, true);
}

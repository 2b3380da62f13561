/* SPDX-License-Identifier: ISC */
#include "conf/conf_rule_auto.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_presets.h"
#include "conf/conf_rule.h"
#include "conf/conf_same.h"
#include "policy/host_pattern.h"

/*
 * A host of a preset's may fall under a wildcard of the file's: then its rule
 * is that wildcard's with the preset below it.  Where nothing covers it, it is
 * what defaults say with the preset on top: they are about hosts of which
 * nothing is known.  Hosts of a preset that have their limits together get one
 * rule, unless their wildcards differ.
 */

struct making {
	struct conf_walk	*w;
	const struct conf_node	*hosts;		/* or NULL */
	const struct conf_node	*defaults;
	/* the last one that was made for hosts together, or NULL */
	struct rule		*together;
	const struct rule	*cover;		/* ... under which wildcard's */
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
static struct rule *
make_under(struct making *m, const struct host_pattern *pattern,
    const struct rule *cover)
{
	const struct conf_entry *entry = entry_of(m->hosts,
	    (size_t)(cover - m->w->conf->rules));
	const struct conf_node *node;
	struct rule *rule, *there;
	bool ok;

	rule = conf_rule_add(m->w, pattern, cover->at, &there);
	if (rule == NULL)
		return NULL;
	conf_enter(&m->w->report, "hosts", 0);
	conf_enter(&m->w->report, entry->key->text, 0);
	node = conf_presets_under(m->w, entry->value, pattern, rule);
	ok = node != NULL &&
	    conf_rule_load(m->w, node, rule, pattern->wildcard);
	conf_leave(&m->w->report);
	conf_leave(&m->w->report);
	return ok ? rule : NULL;
}

static struct rule *
make_over(struct making *m, struct conf_preset *preset,
    const struct host_pattern *pattern)
{
	const struct conf_node *node;
	struct rule *rule, *there;
	bool ok;

	rule = conf_rule_add(m->w, pattern, conf_node_place(
	    conf_node_get(m->defaults, "preset")->key), &there);
	if (rule == NULL)
		return NULL;
	rule->preset_only = true;
	conf_enter(&m->w->report, "defaults", 0);
	node = conf_presets_over(m->w, m->defaults, preset, rule);
	ok = node != NULL &&
	    conf_rule_load(m->w, node, rule, pattern->wildcard);
	conf_leave(&m->w->report);
	return ok ? rule : NULL;
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

/* cover: the wildcard's, or NULL. */
static bool
make_rule(struct making *m, struct conf_preset *preset,
    const struct host_pattern *pattern, const char *host,
    const struct rule *cover)
{
	struct rule *rule;

	if (m->together != NULL && m->cover == cover)
		return conf_same_join(m->w, m->together, pattern, host);
	rule = cover == NULL ? make_over(m, preset, pattern) :
	    make_under(m, pattern, cover);
	if (preset->parts.same) {
		m->together = rule;
		m->cover = cover;
	}
	return rule != NULL;
}

static bool
make_host(struct making *m, struct conf_preset *preset,
    const struct host_pattern *pattern, const char *name)
{
	struct http1_host host = conf_presets_cover(pattern);
	const struct rule *cover = host_pattern_set_match(m->w->conf->patterns,
	    &host);
	size_t i;

	if (cover == NULL || cover->preset_only)
		return make_rule(m, preset, pattern, name, NULL);
	i = (size_t)(cover - m->w->conf->rules);
	if (is_own(cover, pattern) || i >= m->hosts->n ||
	    !takes_preset(cover, entry_of(m->hosts, i)->value))
		return true;
	return make_rule(m, preset, pattern, name, cover);
}

/* Whole names first: what is made for wildcards covers some of them. */
static bool
make_hosts(struct making *m, bool wildcards)
{
	const struct conf_entry *entry;
	struct conf_preset *preset;
	struct host_pattern pattern;

	for (preset = m->w->presets; preset != NULL; preset = preset->next) {
		m->together = NULL;
		for (entry = preset->parts.hosts->first; entry != NULL;
		    entry = entry->next) {
			if (host_pattern_parse(&pattern, entry->value->text,
			    strlen(entry->value->text)) != NULL ||
			    pattern.wildcard != wildcards)
				continue;
			if (!make_host(m, preset, &pattern,
			    entry->value->text))
				return false;
		}
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

/* SPDX-License-Identifier: ISC */
#include "conf/conf_presets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"
#include "conf/conf_merge.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"
#include "http/http1_host.h"

static bool
no_memory(struct conf_walk *w)
{
	return conf_wrong(&w->report, NULL, "out of memory");
}

/* The presets that are there */

static bool
add_host(struct conf_walk *w, struct conf_preset *preset,
    const struct conf_node *node)
{
	const struct conf_preset *first;
	struct host_pattern pattern;
	void *other;

	if (host_pattern_parse(&pattern, node->text, strlen(node->text)) !=
	    NULL || !host_pattern_set_add(w->preset_hosts, &pattern, preset,
	    &other))
		return no_memory(w);
	first = other;
	return first == NULL || conf_wrong(&w->report, node, "\"%s\" is a "
	    "host of the preset %s, expected it once", node->text,
	    first->name);
}

static bool
add_hosts(struct conf_walk *w)
{
	struct conf_preset *preset;
	const struct conf_entry *host;

	for (preset = w->presets; preset != NULL; preset = preset->next)
		for (host = preset->parts.hosts->first; host != NULL;
		    host = host->next)
			if (!add_host(w, preset, host->value))
				return false;
	return true;
}

/* Reads all of them, once. */
static bool
have_all(struct conf_walk *w)
{
	struct conf_preset *named = w->presets;

	if (w->preset_hosts != NULL)
		return true;
	w->preset_hosts = host_pattern_set_new();
	if (w->preset_hosts == NULL)
		return no_memory(w);
	if (!conf_preset_load_all(&w->report, &w->presets)) {
		w->presets = named;
		return false;
	}
	/* those that rules were read with are still theirs */
	w->presets_named = named;
	return add_hosts(w);
}

/* One of them by its name; NULL when that is wrong. */
static struct conf_preset *
named(struct conf_walk *w, const struct conf_node *node)
{
	struct conf_preset *preset;

	for (preset = w->presets; preset != NULL; preset = preset->next)
		if (strcmp(preset->name, node->text) == 0)
			return preset;
	preset = conf_preset_load(&w->report, node, node->text);
	if (preset != NULL) {
		preset->next = w->presets;
		w->presets = preset;
	}
	return preset;
}

struct http1_host
conf_presets_cover(const struct host_pattern *pattern)
{
	struct http1_host host = pattern->host;

	if (pattern->wildcard)
		snprintf(host.name, sizeof host.name, "*.%.*s",
		    (int)sizeof host.name - 3, pattern->host.name);
	return host;
}

bool
conf_presets_begin(struct conf_walk *w, const struct conf_node *root)
{
	const struct conf_node *defaults = NULL, *word = NULL;
	bool ok;

	if (root->type == CONF_MAPPING)
		defaults = conf_node_value(root, "defaults");
	if (defaults != NULL && defaults->type == CONF_MAPPING)
		word = conf_node_value(defaults, "preset");
	if (word == NULL || word->type != CONF_SCALAR ||
	    strcmp(word->text, "auto") != 0)
		return true;
	w->preset_auto = true;
	conf_enter(&w->report, "defaults", 0);
	conf_enter(&w->report, "preset", 0);
	ok = have_all(w);
	conf_leave(&w->report);
	conf_leave(&w->report);
	return ok;
}

/* What was read is to be told from what is read later, no more. */
static uint64_t
hash(uint64_t h, const struct conf_preset *preset)
{
	for (; preset != NULL; preset = preset->next)
		h = fnv_bytes(h, preset->text, preset->len);
	return h;
}

void
conf_presets_end(struct conf_walk *w)
{
	if (w->presets != NULL || w->presets_named != NULL)
		w->conf->presets = hash(hash(FNV_BASIS,
		    w->presets), w->presets_named);
	host_pattern_set_free(w->preset_hosts);
	conf_preset_free(w->presets);
	conf_preset_free(w->presets_named);
}

/* Hosts that are not where their limits are */

static const struct conf_preset *
by_name(const struct conf_preset *preset, const char *name)
{
	while (preset != NULL && strcmp(preset->name, name) != 0)
		preset = preset->next;
	return preset;
}

static const struct conf_preset *
preset_of(const struct conf_walk *w, const struct rule *rule)
{
	const struct conf_preset *preset = by_name(w->presets, rule->preset);

	return preset != NULL ? preset : by_name(w->presets_named,
	    rule->preset);
}

/* The rule of a host of a preset, all of which are names; NULL: none. */
static const struct rule *
rule_of(const struct conf_walk *w, const char *name)
{
	struct http1_host host;

	return http1_host_parse(&host, name, strlen(name)) != 0 ? NULL :
	    host_pattern_set_match(w->conf->patterns, &host);
}

/* Whether a rule is for that host, which then is not said to be another's. */
static bool
is_apart(const struct rule *rule, const struct rule *other)
{
	return other != rule && (other == NULL || (other->preset != NULL &&
	    strcmp(other->preset, rule->preset) == 0));
}

static void
note_apart(const struct conf_walk *w, const struct conf_preset *preset,
    struct rule *rule)
{
	const struct conf_entry *host;
	const char *apart = NULL;
	bool among = false;

	for (host = preset->parts.hosts->first; host != NULL;
	    host = host->next) {
		if (rule_of(w, host->value->text) == rule)
			among = true;
		else if (is_apart(rule, rule_of(w, host->value->text)))
			apart = host->value->text;
	}
	if (among && apart != NULL)
		rule->preset_apart = strdup(apart);
}

void
conf_presets_apart(struct conf_walk *w)
{
	const struct conf_preset *preset;
	struct rule *rule;
	size_t i;

	for (i = 0; i < w->conf->nrules; i++) {
		rule = &w->conf->rules[i];
		if (rule->preset == NULL || rule->preset_only)
			continue;
		preset = preset_of(w, rule);
		if (preset != NULL && preset->parts.same)
			note_apart(w, preset, rule);
	}
}

size_t
conf_presets_hosts(const struct conf_walk *w)
{
	const struct conf_preset *preset = w->preset_auto ? w->presets : NULL;
	size_t n = 0;

	for (; preset != NULL; preset = preset->next)
		n += preset->parts.hosts->n;
	return n;
}

/* Which one a rule is put on top of */

static struct conf_preset *
of_pattern(const struct conf_walk *w, const struct host_pattern *pattern)
{
	struct http1_host host = conf_presets_cover(pattern);

	return host_pattern_set_match(w->preset_hosts, &host);
}

static bool
no_preset(struct conf_walk *w, const struct conf_node *node)
{
	conf_enter(&w->report, "preset", 0);
	conf_wrong(&w->report, node, "auto, but no preset has this host, "
	    "expected a name that \"sluice presets\" lists, or off");
	conf_leave(&w->report);
	return false;
}

/* What the rule says itself; *preset may be NULL: none. */
static bool
of_word(struct conf_walk *w, const struct conf_node *word,
    const struct host_pattern *pattern, struct conf_preset **preset)
{
	if (strcmp(word->text, "off") == 0)
		return true;
	if (strcmp(word->text, "auto") != 0) {
		conf_enter(&w->report, "preset", 0);
		*preset = named(w, word);
		conf_leave(&w->report);
		return *preset != NULL;
	}
	if (!have_all(w))
		return false;
	*preset = of_pattern(w, pattern);
	return *preset != NULL || no_preset(w, word);
}

/* Merges it, and notes what of it holds. */
static const struct conf_node *
merge(struct conf_walk *w, struct conf_preset *preset,
    const struct conf_node *above, const struct conf_node *below,
    struct rule *rule)
{
	const struct conf_node *node;

	rule->preset = strdup(preset->name);
	node = rule->preset == NULL ? NULL : conf_merge(preset->yaml, above,
	    below);
	if (node == NULL)
		no_memory(w);
	rule->preset_rates = conf_merge_has_rate(preset->parts.rule) &&
	    (above == preset->parts.rule || !conf_merge_has_rate(above));
	return node;
}

const struct conf_node *
conf_presets_under(struct conf_walk *w, const struct conf_node *node,
    const struct host_pattern *pattern, struct rule *rule)
{
	const struct conf_node *word;
	struct conf_preset *preset = NULL;

	if (node->type != CONF_MAPPING)
		return node;
	word = conf_node_value(node, "preset");
	if (word == NULL && w->preset_auto)
		preset = of_pattern(w, pattern);
	else if (word != NULL && word->type == CONF_SCALAR &&
	    !conf_node_null(word) && !of_word(w, word, pattern, &preset))
		return NULL;
	return preset == NULL ? node : merge(w, preset, node, preset->parts.rule,
	    rule);
}

const struct conf_node *
conf_presets_over(struct conf_walk *w, const struct conf_node *defaults,
    struct conf_preset *preset, struct rule *rule)
{
	return merge(w, preset, preset->parts.rule, defaults, rule);
}

bool
conf_presets_word(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	(void)option;
	if (field != &w->conf->fallback || strcmp(node->text, "auto") == 0 ||
	    strcmp(node->text, "off") == 0)
		return true;
	return conf_wrong(&w->report, node, "a preset for hosts of any kind, "
	    "expected auto or off; name it in the rule of its host");
}

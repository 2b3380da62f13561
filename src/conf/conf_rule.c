/* SPDX-License-Identifier: ISC */
#include "conf/conf_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice_host.h"
#include "conf/conf_candidate.h"
#include "conf/conf_fair.h"
#include "conf/conf_limits.h"
#include "conf/conf_pause.h"
#include "conf/conf_presets.h"
#include "conf/conf_same.h"
#include "conf/conf_total.h"

/*
 * What holds for the hosts that a pattern names: each rule begins as a copy of
 * the table's defaults, is read key by key, and completed where it ends.
 */

/*
 * HTTPS is intercepted only where somebody wrote down the hosts: defaults
 * would decrypt what nobody thought of.
 */
static bool
finish_https(struct conf_walk *w, const struct conf_node *node,
    struct rule *rule)
{
	const struct conf_node *https = conf_node_value(node, "https");

	if (https == NULL)
		return true;
	if (rule == &w->conf->fallback && rule->https == RULE_HTTPS_INTERCEPT)
		return conf_walk_wrong(w, node, "https", "intercept, "
		    "expected tunnel or upstream: name the hosts to "
		    "intercept");
	return true;
}

bool
conf_rule_load(struct conf_walk *w, const struct conf_node *node,
    struct rule *rule, bool wildcard)
{
	if (!conf_walk_mapping(w, node, "a mapping such as {capacity: 10}") ||
	    !conf_walk_level(w, CONF_RULE, node, rule) ||
	    !conf_limits_finish(w, node, &rule->limits) ||
	    !conf_candidate_finish(w, node, rule) ||
	    !conf_pause_finish(w, node, rule) ||
	    !finish_https(w, node, rule) ||
	    !conf_fair_weights(w, node, rule) ||
	    !conf_total_finish(w, node, rule) ||
	    !conf_same_finish(w, node, rule, wildcard))
		return false;
	if (rule->shared && !wildcard && rule->nsame == 0)
		return conf_walk_wrong(w, node, "shared", "true, expected "
		    "that with a pattern that begins with * only");
	return true;
}

bool
conf_rule_defaults(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule *rule = field;

	(void)option;
	rule->name = "defaults";
	rule->builtin = false;
	rule->at = conf_node_place(node);
	return conf_rule_load(w, node, rule, false);
}

static char *
pattern_name(const struct host_pattern *pattern)
{
	const struct http1_host *host = &pattern->host;
	bool v6 = host->kind == HTTP1_IPV6;
	char *name = NULL;
	char port[8] = "";

	if (host->port != 0)
		snprintf(port, sizeof port, ":%u", (unsigned)host->port);
	if (asprintf(&name, "%s%s%s%s%s%s", pattern->wildcard ? "*" : "",
	    pattern->wildcard && host->name[0] != '\0' ? "." : "",
	    v6 ? "[" : "", host->name, v6 ? "]" : "", port) < 0)
		return NULL;
	return name;
}

/* The key of the rule that was loaded as number i. */
static const struct conf_node *
key_of(const struct conf_node *hosts, size_t i)
{
	const struct conf_entry *entry = hosts->first;

	while (i-- > 0)
		entry = entry->next;
	return entry->key;
}

/*
 * A second key for the same hosts; they may be spelled in another way, or be
 * listed with the first.
 */
static bool
host_twice(struct conf_walk *w, const struct conf_node *key,
    const struct conf_node *first, const struct rule *is,
    const struct rule *was)
{
	if (strcmp(is->name, was->name) != 0)
		return conf_wrong(&w->report, key, "a host of \"%s\", whose "
		    "\"same\" lists it, expected once; that is at line %u, "
		    "column %u", first->text, first->line, first->column);
	if (strcmp(key->text, first->text) == 0)
		return conf_walk_twice(w, key, first);
	return conf_wrong(&w->report, key, "another spelling of \"%s\", "
	    "expected once; the first is at line %u, column %u", first->text,
	    first->line, first->column);
}

/* A key that stands beside its host, and not below it. */
static bool
is_rule_key(const struct conf_walk *w, const struct conf_entry *entry)
{
	return entry != NULL &&
	    conf_option_find(w->report.options, CONF_RULE,
	    entry->key->text) != NULL;
}

struct rule *
conf_rule_add(struct conf_walk *w, const struct host_pattern *pattern,
    struct place at, struct rule **there)
{
	struct conf *conf = w->conf;
	struct rule *rule = &conf->rules[conf->nrules];
	void *other = NULL;

	*rule = w->rule;
	rule->at = at;
	rule->has_port = pattern->host.port != 0;
	rule->name = pattern_name(pattern);
	if (rule->name != NULL)
		conf->nrules++;
	if (rule->name == NULL || !host_pattern_set_add(conf->patterns,
	    pattern, rule, &other)) {
		conf_wrong(&w->report, NULL, "out of memory");
		return NULL;
	}
	*there = other;
	return rule;
}

static bool
load_host(struct conf_walk *w, const struct conf_node *hosts,
    const struct conf_entry *entry)
{
	const struct conf_node *node;
	struct rule *rule, *other;
	struct host_pattern pattern;
	const char *expected;
	char advice[CONF_ADVICE];

	expected = host_pattern_parse(&pattern, entry->key->text,
	    strlen(entry->key->text));
	if (expected != NULL)
		return conf_wrong(&w->report, entry->key,
		    "no host pattern, expected %s%s", expected,
		    conf_advice_host(advice, entry->key->text));
	if (conf_node_null(entry->value) && is_rule_key(w, entry->next))
		return conf_wrong(&w->report, entry->value, "nothing, expected "
		    "a mapping; indent the lines below further, from \"%s:\" "
		    "on", entry->next->key->text);
	rule = conf_rule_add(w, &pattern, conf_node_place(entry->key), &other);
	if (rule == NULL)
		return false;
	if (other != NULL)
		return host_twice(w, entry->key, key_of(hosts,
		    (size_t)(other - w->conf->rules)), rule, other);
	node = conf_presets_under(w, entry->value, &pattern, rule);
	return node != NULL && conf_rule_load(w, node, rule, pattern.wildcard);
}

bool
conf_rule_hosts(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	const struct conf_entry *entry;
	bool ok = true;

	(void)option;
	(void)field;
	if (!conf_walk_mapping(w, node, "a mapping of host patterns"))
		return false;
	if (node->n == 0)
		return true;
	w->conf->rules = calloc(node->n + conf_presets_hosts(w),
	    sizeof *w->conf->rules);
	if (w->conf->rules == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, entry->key->text, 0);
		ok = load_host(w, node, entry);
		conf_leave(&w->report);
	}
	return ok;
}

/* Where idle is not given it is zero, which its range does not allow. */
static void
complete(const struct conf *conf, struct rule *rule)
{
	if (rule->tunnel_idle == 0)
		rule->tunnel_idle = conf->timeout_tunnel;
	/* who says how long to wait knows what the host is to be spared */
	if (rule->learn == RULE_LEARN_AUTO)
		rule->learn = rule->limits.nrates == 0 &&
		    rule->pause_default_at.line == 0 ?
		    RULE_LEARN_ESTIMATE : RULE_LEARN_PAUSE;
	conf_pause_complete(rule);
}

void
conf_rule_complete(struct conf *conf)
{
	size_t i;

	complete(conf, &conf->fallback);
	for (i = 0; i < conf->nrules; i++)
		complete(conf, &conf->rules[i]);
}

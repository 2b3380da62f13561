/* SPDX-License-Identifier: ISC */
#include "conf/conf_cost.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice_path.h"
#include "conf/conf_option_wrong.h"

bool
conf_cost_path(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	struct rule_cost *cost = field;
	const char *expected;
	char advice[CONF_ADVICE];

	(void)option;
	cost->path = strdup(node->text);
	if (cost->path == NULL)
		return conf_wrong(report, NULL, "out of memory");
	expected = path_pattern_parse(&cost->pattern, cost->path,
	    strlen(cost->path));
	return expected == NULL || conf_wrong(report, node,
	    "no path pattern, expected %s%s", expected,
	    conf_advice_path(advice, node->text));
}

/* The text without the blanks around it, which belong to no field's value. */
static char *
trimmed(const char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return strndup(text, len);
}

bool
conf_cost_header(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	struct rule_cost *cost = field;
	size_t len = strcspn(node->text, ":");

	if (!http1_is_token(node->text, len))
		return conf_option_wrong(report, option, node,
		    "does not begin with a field's name");
	cost->header = strndup(node->text, len);
	if (node->text[len] == ':')
		cost->value = trimmed(node->text + len + 1);
	if (cost->header == NULL ||
	    (node->text[len] == ':' && cost->value == NULL))
		return conf_wrong(report, NULL, "out of memory");
	if (cost->value != NULL && cost->value[0] == '\0')
		return conf_option_wrong(report, option, node,
		    "has nothing behind the colon");
	return true;
}

static bool
load_cost(struct conf_walk *w, const struct conf_node *node,
    struct rule_cost *cost)
{
	if (!conf_walk_mapping(w, node,
	    "a rule such as {path: /search, cost: 5}") ||
	    !conf_walk_level(w, CONF_COST, node, cost))
		return false;
	if (conf_node_value(node, "cost") == NULL)
		return conf_wrong(&w->report, node,
		    "a rule without cost, expected one with it");
	return true;
}

bool
conf_cost_load(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule *rule = field;
	const struct conf_entry *entry;
	bool ok = true;

	if (node->type != CONF_LIST)
		return conf_wrong(&w->report, node, "no list, expected %s such "
		    "as [{path: /search, cost: 5}]", option->range);
	if (node->n > option->max)
		return conf_wrong(&w->report, node, "%zu rules, expected %s",
		    node->n, option->range);
	if (node->n == 0)
		return true;
	rule->costs = calloc(node->n, sizeof *rule->costs);
	if (rule->costs == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, NULL, rule->ncosts);
		ok = load_cost(w, entry->value, &rule->costs[rule->ncosts++]);
		conf_leave(&w->report);
	}
	return ok;
}

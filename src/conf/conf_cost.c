/* SPDX-License-Identifier: ISC */
#include "conf/conf_cost.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice.h"
#include "conf/conf_methods.h"
#include "conf/conf_path.h"

bool
conf_cost_path(struct conf_report *report, const struct conf_node *node,
    struct conf_cost *cost)
{
	const char	*expected;
	char		 advice[CONF_ADVICE];

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
	size_t	 len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return strndup(text, len);
}

bool
conf_cost_header(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, struct conf_cost *cost)
{
	size_t	 len = strcspn(node->text, ":");

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
load_cost(struct conf_loader *l, const struct conf_node *node,
    struct conf_cost *cost)
{
	if (!conf_loader_mapping(l, node,
	    "a rule such as {path: /search, cost: 5}") ||
	    !conf_loader_level(l, CONF_COST, node, cost))
		return false;
	if (conf_node_value(node, "cost") == NULL)
		return conf_wrong(&l->report, node,
		    "a rule without cost, expected one with it");
	return true;
}

bool
conf_cost_load(struct conf_loader *l, const struct conf_option *option,
    const struct conf_node *node, struct conf_rule *rule)
{
	const struct conf_entry	*entry;
	bool			 ok = true;

	if (node->type != CONF_LIST)
		return conf_wrong(&l->report, node, "no list, expected %s such "
		    "as [{path: /search, cost: 5}]", option->range);
	if (node->n > option->max)
		return conf_wrong(&l->report, node, "%zu rules, expected %s",
		    node->n, option->range);
	if (node->n == 0)
		return true;
	rule->costs = calloc(node->n, sizeof *rule->costs);
	if (rule->costs == NULL)
		return conf_wrong(&l->report, NULL, "out of memory");
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&l->report, NULL, rule->ncosts);
		ok = load_cost(l, entry->value, &rule->costs[rule->ncosts++]);
		conf_leave(&l->report);
	}
	return ok;
}

void
conf_cost_free(struct conf_rule *rule)
{
	size_t	 i;

	for (i = 0; i < rule->ncosts; i++) {
		conf_methods_free(rule->costs[i].methods,
		    rule->costs[i].nmethods);
		free(rule->costs[i].path);
		free(rule->costs[i].header);
		free(rule->costs[i].value);
	}
	free(rule->costs);
}

static bool
has_field(const struct http1_head *head, const struct conf_cost *cost)
{
	const struct http1_field	*field;
	unsigned			 i;

	for (i = 0; i < head->nfields; i++) {
		field = &head->fields[i];
		if (http1_str_is(field->name, cost->header) &&
		    (cost->value == NULL ||
		    (strlen(cost->value) == field->value.len &&
		    memcmp(cost->value, field->value.p,
		    field->value.len) == 0)))
			return true;
	}
	return false;
}

/* path: the request's; NULL where it has none. */
static bool
matches(const struct conf_cost *cost, const struct http1_head *head,
    const struct path *path)
{
	if (cost->nmethods > 0 && !conf_methods_has(cost->methods,
	    cost->nmethods, head->method))
		return false;
	if (cost->path != NULL && (path == NULL ||
	    !path_pattern_match(&cost->pattern, path)))
		return false;
	return cost->header == NULL || has_field(head, cost);
}

uint64_t
conf_rule_cost(const struct conf_rule *rule, const struct http1_head *head)
{
	struct path	 path;
	bool		 has_path;
	size_t		 i;

	if (rule->ncosts == 0)
		return BUDGET_UNIT;
	has_path = conf_path_of(head, &path);
	for (i = 0; i < rule->ncosts; i++)
		if (matches(&rule->costs[i], head, has_path ? &path : NULL))
			return rule->costs[i].cost;
	return BUDGET_UNIT;
}

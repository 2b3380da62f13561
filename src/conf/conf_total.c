/* SPDX-License-Identifier: ISC */
#include "conf/conf_total.h"

#include "conf/conf_limits.h"

static bool
has_strict(const struct budget_limits *limits)
{
	unsigned i;

	for (i = 0; i < limits->nrates; i++)
		if (limits->rates[i].strict)
			return true;
	return false;
}

static bool
load(struct conf_walk *w, const struct conf_node *node,
    struct budget_limits *limits)
{
	*limits = w->path;
	if (!conf_walk_mapping(w, node, "a mapping such as {capacity: 10}") ||
	    !conf_walk_level(w, CONF_PATH, node, limits) ||
	    !conf_limits_finish(w, node, limits))
		return false;
	if (has_strict(limits))
		return conf_wrong(&w->report, node, "a strict rate, expected "
		    "others: when a host has counted is known of each "
		    "credential only");
	return true;
}

bool
conf_total(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct budget_limits *limits = field;

	(void)option;
	if (!load(w, node, limits))
		return false;
	if (limits->nrates == 0 && limits->concurrency == 0)
		return conf_wrong(&w->report, node, "no limit, expected "
		    "capacity, rates or concurrency");
	return true;
}

bool
conf_total_rates(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct budget_limits *limits = field;

	(void)option;
	if (!load(w, node, limits))
		return false;
	if (conf_node_value(node, "concurrency") != NULL)
		return conf_walk_wrong(w, node, "concurrency", "slots, "
		    "expected capacity or rates: named budgets have no slots");
	if (limits->nrates == 0)
		return conf_wrong(&w->report, node, "no limit, expected "
		    "capacity or rates");
	return true;
}

/* Where a mapping has some, for which nothing is told apart. */
static bool
is_alone(struct conf_walk *w, const struct conf_node *mapping)
{
	if (mapping->type != CONF_MAPPING ||
	    conf_node_value(mapping, "per_total") == NULL)
		return true;
	return conf_walk_wrong(w, mapping, "per_total", "limits, expected "
	    "them with \"per\", as in per: authorization; without it the "
	    "rule's own limits are all there is");
}

bool
conf_total_finish(struct conf_walk *w, const struct conf_node *mapping,
    const struct rule *rule)
{
	const struct conf_node *budgets = conf_node_value(mapping, "budgets");
	const struct conf_entry *entry = NULL;
	bool ok;

	if (rule->per.kind != RULE_KEY_NONE)
		return true;
	ok = is_alone(w, mapping);
	conf_enter(&w->report, "budgets", 0);
	if (budgets != NULL && budgets->type == CONF_MAPPING)
		entry = budgets->first;
	for (; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, entry->key->text, 0);
		ok = is_alone(w, entry->value);
		conf_leave(&w->report);
	}
	conf_leave(&w->report);
	return ok;
}

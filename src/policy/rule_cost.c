/* SPDX-License-Identifier: ISC */
#include "policy/rule_cost.h"

#include <string.h>

#include "policy/rule_methods.h"
#include "policy/rule_path.h"

static bool
has_field(const struct http1_head *head, const struct rule_cost *cost)
{
	const struct http1_field *field;
	unsigned i;

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
matches(const struct rule_cost *cost, const struct http1_head *head,
    const struct path *path)
{
	if (cost->nmethods > 0 && !rule_methods_have(cost->methods,
	    cost->nmethods, head->method))
		return false;
	if (cost->path != NULL && (path == NULL ||
	    !path_pattern_match(&cost->pattern, path)))
		return false;
	return cost->header == NULL || has_field(head, cost);
}

/* By the first that matches one reading of the path; NULL: it has none. */
static uint64_t
cost_of(const struct rule *rule, const struct http1_head *head,
    const struct path *path)
{
	size_t i;

	for (i = 0; i < rule->ncosts; i++)
		if (matches(&rule->costs[i], head, path))
			return rule->costs[i].cost;
	return BUDGET_UNIT;
}

uint64_t
rule_cost_of(const struct rule *rule, const struct http1_head *head)
{
	struct path_readings readings;
	uint64_t cost, most = 0;
	struct path path;

	if (rule->ncosts == 0)
		return BUDGET_UNIT;
	if (!rule_path_requested(head, &readings))
		return cost_of(rule, head, NULL);
	while (path_readings_next(&readings, &path)) {
		cost = cost_of(rule, head, &path);
		most = cost > most ? cost : most;
	}
	return most;
}

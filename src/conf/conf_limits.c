/* SPDX-License-Identifier: ISC */
#include "conf/conf_limits.h"

#include "throttle/gcra.h"

/* What a host, or a part of it, allows: rates, and how they hold together. */

#define LONGEST		(3652 * 86400 * UINT64_C(1000000000)) /* ns */

static void
default_burst(struct gcra_rate *rate)
{
	rate->burst = rate->capacity > BUDGET_UNIT ? rate->capacity :
	    BUDGET_UNIT;
}

/* More than the window allows is never spent at once. */
static bool
strict_holds(const struct gcra_rate *rate)
{
	return !rate->strict || rate->burst <= rate->capacity ||
	    rate->burst == BUDGET_UNIT;
}

/* Whether a full burst comes back within a time that can be computed with. */
static bool
refills(const struct gcra_rate *rate)
{
	uint64_t cost = rate->burst;
	unsigned __int128 time;

	if (cost < BUDGET_UNIT)
		cost = BUDGET_UNIT;
	time = (unsigned __int128)cost * rate->period / rate->capacity;
	return time < LONGEST;
}

static const char burst_wrong[] = "more than capacity, expected as much or less "
    "beside strict: true";
static const char capacity_wrong[] = "so little that burst (or a request of "
    "cost 1) takes 10 years or more, expected more, or a shorter period";

/* Completes a rate out of the keys of its mapping, and checks them together. */
static bool
finish_rate(struct conf_walk *w, const struct conf_node *node,
    struct gcra_rate *rate)
{
	if (conf_node_value(node, "burst") == NULL)
		default_burst(rate);
	if (!strict_holds(rate))
		return conf_walk_wrong(w, node, "burst", burst_wrong);
	if (!refills(rate))
		return conf_walk_wrong(w, node, "capacity", capacity_wrong);
	return true;
}

const char *
conf_limits_complete(struct gcra_rate *rate, const char **key)
{
	if (rate->burst == 0)
		default_burst(rate);
	if (!strict_holds(rate)) {
		*key = "burst";
		return burst_wrong;
	}
	*key = "capacity";
	return refills(rate) ? NULL : capacity_wrong;
}

static bool
load_rate(struct conf_walk *w, const struct conf_node *node,
    struct gcra_rate *rate)
{
	*rate = w->rate;
	if (!conf_walk_mapping(w, node,
	    "a rate such as {capacity: 10, period: 1s}") ||
	    !conf_walk_level(w, CONF_RATE, node, rate))
		return false;
	if (conf_node_value(node, "capacity") == NULL)
		return conf_wrong(&w->report, node,
		    "a rate without capacity, expected one with it");
	return finish_rate(w, node, rate);
}

bool
conf_limits_rates(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct budget_limits *limits = field;
	const struct conf_entry *entry;
	bool ok = true;

	if (node->type != CONF_LIST)
		return conf_wrong(&w->report, node, "no list, expected %s such "
		    "as [{capacity: 10, period: 1s}]%s", option->range,
		    node->type == CONF_MAPPING ?
		    "; put [ ] around it, or a dash before each rate" : "");
	if (node->n < option->min || node->n > option->max)
		return conf_wrong(&w->report, node, "%zu rates, expected %s",
		    node->n, option->range);
	limits->nrates = 0;
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, NULL, limits->nrates);
		ok = load_rate(w, entry->value,
		    &limits->rates[limits->nrates]);
		conf_leave(&w->report);
		limits->nrates++;
	}
	return ok;
}

/* capacity and its like, and rates: one or the other. */
bool
conf_limits_finish(struct conf_walk *w, const struct conf_node *node,
    struct budget_limits *limits)
{
	static const char *const keys[] = {
		"capacity", "period", "burst", "strict",
	};
	size_t i;

	for (i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (conf_node_value(node, keys[i]) == NULL)
			continue;
		if (conf_node_value(node, "rates") != NULL)
			return conf_walk_wrong(w, node, keys[i], "beside "
			    "rates, expected one or the other; put it into "
			    "rates");
		if (conf_node_value(node, "capacity") == NULL)
			return conf_walk_wrong(w, node, keys[i], "without "
			    "capacity, expected capacity beside it");
	}
	if (conf_node_value(node, "capacity") == NULL)
		return true;
	limits->nrates = 1;
	return finish_rate(w, node, &limits->rates[0]);
}

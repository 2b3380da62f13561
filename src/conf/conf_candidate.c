/* SPDX-License-Identifier: ISC */
#include "conf/conf_candidate.h"

#include "conf/conf_limits.h"

/*
 * A rate of its own is of the rule's kind, but for what it names; where the
 * rule has several there is no such kind.
 */
static void
complete_rate(const struct conf_walk *w, const struct conf_node *node,
    const struct rule *rule, struct gcra_rate *rate)
{
	const struct gcra_rate *own = rule->limits.nrates > 1 ? &w->rate :
	    &rule->limits.rates[0];

	if (conf_node_value(node, "period") == NULL)
		rate->period = own->period;
	if (conf_node_value(node, "strict") == NULL)
		rate->strict = own->strict;
}

static void
complete_limits(const struct conf_walk *w, const struct conf_node *node,
    const struct rule *rule, struct budget_limits *limits)
{
	unsigned i;

	if (conf_node_value(node, "capacity") != NULL)
		complete_rate(w, node, rule, &limits->rates[0]);
	else if (conf_node_value(node, "rates") == NULL) {
		limits->nrates = rule->limits.nrates;
		for (i = 0; i < limits->nrates; i++)
			limits->rates[i] = rule->limits.rates[i];
	}
	if (conf_node_value(node, "concurrency") == NULL)
		limits->concurrency = rule->limits.concurrency;
}

static void
complete_queue(const struct conf_node *queue, const struct rule *rule,
    struct rule_candidate *candidate)
{
	if (queue == NULL || conf_node_value(queue, "length") == NULL)
		candidate->queue_length = rule->queue_length;
	if (queue == NULL || conf_node_value(queue, "max_wait") == NULL)
		candidate->max_wait = rule->max_wait;
}

bool
conf_candidate_finish(struct conf_walk *w, const struct conf_node *node,
    struct rule *rule)
{
	const struct conf_node *candidate = conf_node_value(node, "candidate");
	bool ok;

	if (candidate == NULL)
		return true;
	if (rule->mode == RULE_OBSERVE)
		return conf_walk_wrong(w, node, "candidate", "beside mode: "
		    "observe, expected one or the other; observe tells what "
		    "the rule's own limits would do, candidate tries others "
		    "while those hold");
	if (candidate->n == 0)
		return conf_walk_wrong(w, node, "candidate", "nothing to try, "
		    "expected limits such as {capacity: 10}");
	rule->tries = true;
	complete_queue(conf_node_value(candidate, "queue"), rule,
	    &rule->candidate);
	complete_limits(w, candidate, rule, &rule->candidate.limits);
	conf_enter(&w->report, "candidate", 0);
	ok = conf_limits_finish(w, candidate, &rule->candidate.limits);
	conf_leave(&w->report);
	return ok;
}

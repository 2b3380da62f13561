/* SPDX-License-Identifier: ISC */
#include "policy/rule.h"

#include <stdlib.h>

#include "policy/rule_methods.h"
#include "policy/tokens.h"

const struct rule_status *
rule_pauses(const struct rule *rule, int status)
{
	unsigned i;

	for (i = 0; i < rule->npause_statuses; i++)
		if ((int)rule->pause_statuses[i].status == status)
			return &rule->pause_statuses[i];
	return NULL;
}

bool
rule_has_total(const struct rule *rule)
{
	return rule->mode == RULE_ENFORCE &&
	    (rule->total.nrates > 0 || rule->total.concurrency > 0 ||
	    (rule->tokens != NULL && rule->tokens->ntotals > 0));
}

static bool
is_strict(const struct budget_limits *limits)
{
	unsigned i;

	for (i = 0; i < limits->nrates; i++)
		if (limits->rates[i].strict)
			return true;
	return false;
}

/* Whether any budget of it is an exact window. */
static bool
has_strict(const struct rule *rule)
{
	unsigned i;

	if (is_strict(&rule->limits) || is_strict(&rule->total))
		return true;
	for (i = 0; i < rule->npaths; i++)
		if (is_strict(&rule->paths[i].limits))
			return true;
	for (i = 0; rule->tokens != NULL && i < rule->tokens->n; i++)
		if (is_strict(&rule->tokens->budgets[i].limits))
			return true;
	return false;
}

enum rule_without
rule_without_store(const struct rule *rule)
{
	if (rule->without_store != RULE_WITHOUT_AUTO)
		return rule->without_store;
	return has_strict(rule) ? RULE_WITHOUT_HOLD : RULE_WITHOUT_SHARE;
}

bool
rule_upgrades(const struct rule *rule, struct http1_str protocol)
{
	unsigned i;

	for (i = 0; i < rule->nupgrades; i++)
		if (http1_str_is(protocol, rule->upgrades[i]))
			return true;
	return false;
}

static void
free_body(struct rule *rule)
{
	struct rule_body *body;
	size_t i, j;

	for (i = 0; i < rule->nbodies; i++) {
		body = &rule->bodies[i];
		for (j = 0; j < body->nin; j++)
			free(body->in[j]);
		free(body->path);
		free(body->json);
		free(body->contains);
		free(body->delay);
		free(body->need);
		free(body->have);
		free(body->rate);
	}
	free(rule->bodies);
}

static void
free_cost(struct rule *rule)
{
	size_t i;

	for (i = 0; i < rule->ncosts; i++) {
		rule_methods_free(rule->costs[i].methods,
		    rule->costs[i].nmethods);
		free(rule->costs[i].path);
		free(rule->costs[i].header);
		free(rule->costs[i].value);
	}
	free(rule->costs);
}

static void
free_path(struct rule *rule)
{
	size_t i;

	for (i = 0; i < rule->npaths; i++)
		free(rule->paths[i].text);
	free(rule->paths);
}

static void
free_fair(struct rule *rule)
{
	size_t i;

	for (i = 0; i < rule->nweights; i++)
		free(rule->weights[i].value);
	free(rule->weights);
	free(rule->per.header);
	free(rule->per.claims);
	free(rule->fair_by.header);
}

static void
free_same(struct rule *rule)
{
	while (rule->nsame > 0)
		free(rule->same[--rule->nsame]);
	free(rule->same);
}

void
rule_free(struct rule *rule)
{
	free(rule->preset);
	free(rule->preset_apart);
	free_same(rule);
	rule_methods_free(rule->retry_methods, rule->nretry_methods);
	free_body(rule);
	free_cost(rule);
	free_path(rule);
	free_fair(rule);
	tokens_free(rule->tokens);
	free(rule->tls_trust);
	free(rule->tls_certificate);
	free(rule->tls_key);
}

/* SPDX-License-Identifier: ISC */
#include "policy/rule.h"

#include <stdlib.h>
#include <string.h>

#define WEIGHT	1000000		/* of who is not named */

bool
rule_methods_have(char *const *methods, size_t n, struct http1_str method)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (strlen(methods[i]) == method.len &&
		    memcmp(methods[i], method.p, method.len) == 0)
			return true;
	return false;
}

bool
rule_retries(const struct rule *rule, struct http1_str method,
    bool idempotent, bool has_key)
{
	if (rule->retry_attempts == 0)
		return false;
	return (has_key && rule->retry_idempotency_key) ||
	    (idempotent && rule->retry_idempotent) ||
	    rule_methods_have(rule->retry_methods, rule->nretry_methods,
	    method);
}

const struct rule_status *
rule_pauses(const struct rule *rule, int status)
{
	unsigned	 i;

	for (i = 0; i < rule->npause_statuses; i++)
		if ((int)rule->pause_statuses[i].status == status)
			return &rule->pause_statuses[i];
	return NULL;
}

bool
rule_upgrades(const struct rule *rule, struct http1_str protocol)
{
	unsigned	 i;

	for (i = 0; i < rule->nupgrades; i++)
		if (http1_str_is(protocol, rule->upgrades[i]))
			return true;
	return false;
}

/*
 * The path of a request; false where it has none: OPTIONS of an empty path is
 * for the host as a whole.
 */
static bool
request_path(const struct http1_head *head, struct path *path)
{
	static const char	 whole[] = "OPTIONS";

	if (head->path.len == 0 && head->method.len == sizeof whole - 1 &&
	    memcmp(head->method.p, whole, sizeof whole - 1) == 0)
		return false;
	return path_split(path, head->path);
}

int
rule_path_of(const struct rule *rule, const struct http1_head *head)
{
	struct path	 path;
	size_t		 i;

	if (rule->npaths == 0 || !request_path(head, &path))
		return -1;
	for (i = 0; i < rule->npaths; i++)
		if (path_pattern_match(&rule->paths[i].pattern, &path))
			return (int)i;
	return -1;
}

static bool
has_field(const struct http1_head *head, const struct rule_cost *cost)
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

uint64_t
rule_cost_of(const struct rule *rule, const struct http1_head *head)
{
	struct path	 path;
	bool		 has_path;
	size_t		 i;

	if (rule->ncosts == 0)
		return BUDGET_UNIT;
	has_path = request_path(head, &path);
	for (i = 0; i < rule->ncosts; i++)
		if (matches(&rule->costs[i], head, has_path ? &path : NULL))
			return rule->costs[i].cost;
	return BUDGET_UNIT;
}

static int
compare_values(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return memcmp(a, b, a_len);
}

int
rule_weight_compare(const struct rule_weight *a, const struct rule_weight *b)
{
	if (a->value == NULL)
		return network_compare(&a->network, &b->network);
	return compare_values(a->value, strlen(a->value), b->value,
	    strlen(b->value));
}

/* The longest prefix comes first. */
static uint32_t
weight_of_client(const struct rule *rule, const struct sockaddr *sa)
{
	struct network	 client;
	size_t		 i;

	if (sa == NULL || !network_of(&client, sa))
		return WEIGHT;
	for (i = 0; i < rule->nweights; i++)
		if (network_has(&rule->weights[i].network, &client))
			return rule->weights[i].weight;
	return WEIGHT;
}

static uint32_t
weight_of_value(const struct rule *rule, const char *value, size_t len)
{
	size_t	 i, low = 0, high = rule->nweights;
	int	 difference;

	while (low < high) {
		i = low + (high - low) / 2;
		difference = compare_values(value, len,
		    rule->weights[i].value, strlen(rule->weights[i].value));
		if (difference == 0)
			return rule->weights[i].weight;
		if (difference < 0)
			high = i;
		else
			low = i + 1;
	}
	return WEIGHT;
}

uint32_t
rule_weight_of(const struct rule *rule, const struct sockaddr *client,
    const char *value, size_t len)
{
	if (rule->nweights == 0)
		return WEIGHT;
	if (rule->fair_by.kind == RULE_KEY_CLIENT)
		return weight_of_client(rule, client);
	return value == NULL ? WEIGHT : weight_of_value(rule, value, len);
}

void
rule_methods_free(char **methods, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		free(methods[i]);
	free(methods);
}

static void
free_body(struct rule *rule)
{
	struct rule_body	*body;
	size_t			 i, j;

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
	size_t	 i;

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
	size_t	 i;

	for (i = 0; i < rule->npaths; i++)
		free(rule->paths[i].text);
	free(rule->paths);
}

static void
free_fair(struct rule *rule)
{
	size_t	 i;

	for (i = 0; i < rule->nweights; i++)
		free(rule->weights[i].value);
	free(rule->weights);
	free(rule->per.header);
	free(rule->per.claims);
	free(rule->fair_by.header);
}

void
rule_free(struct rule *rule)
{
	rule_methods_free(rule->retry_methods, rule->nretry_methods);
	free_body(rule);
	free_cost(rule);
	free_path(rule);
	free_fair(rule);
	free(rule->tls_trust);
	free(rule->tls_certificate);
	free(rule->tls_key);
}

/* SPDX-License-Identifier: ISC */
#include "policy/rule_weight.h"

#include <string.h>

#define WEIGHT	1000000		/* of who is not named */

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
	struct network client;
	size_t i;

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
	size_t i, low = 0, high = rule->nweights;
	int difference;

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

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "hint/json_path.h"
#include "http/http1_host.h"
#include "policy/rule_cost.h"
#include "policy/rule_path.h"
#include "policy/rule_retry.h"
#include "policy/rule_weight.h"

/*
 * Any bytes are a configuration or one line of what is wrong with them; and
 * what is taken keeps the promises that others rely on.
 */

#define SECOND	UINT64_C(1000000000)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(int condition)
{
	if (!condition)
		abort();
}

static void
check_rate(const struct gcra_rate *rate)
{
	require(rate->capacity > 0 && rate->period > 0 && rate->burst > 0);
}

/* What one has without the other is of no use to anybody. */
static void
check_pair(const char *a, const char *b)
{
	require((a == NULL) == (b == NULL));
	require(a == NULL || (a[0] != '\0' && b[0] != '\0'));
}

static void
check_https(const struct rule *rule)
{
	require(rule->https == RULE_HTTPS_TUNNEL || rule->https_at.line > 0);
	require((rule->https_at.line > 0) == (rule->https_at.column > 0));
	require(rule->tunnel_cost > 0);
	require(rule->tunnel_idle >= SECOND &&
	    rule->tunnel_idle <= 7 * 86400 * SECOND);
	require(rule->tls_port >= 1 && rule->tls_port <= 65535);
	require(rule->tls_trust == NULL || rule->tls_trust[0] != '\0');
	check_pair(rule->tls_certificate, rule->tls_key);
}

static void
check_statuses(const int *statuses, unsigned n)
{
	unsigned i;

	require(n <= RULE_STATUSES_MAX);
	for (i = 0; i < n; i++)
		require(statuses[i] >= 200 && statuses[i] <= 999);
}

static void
check_body(const struct rule_body *body)
{
	const struct refusal_rule *r = &body->rule;

	check_statuses(r->statuses, r->nstatuses);
	require(r->nstatuses > 0);
	require(r->json != NULL || r->contains != NULL || r->delay != NULL ||
	    r->need != NULL);
	require(r->json == NULL || json_path_is(r->json));
	require(r->in == NULL || r->json != NULL);
	require((r->need == NULL) == (r->rate == NULL));
	require(body->path == NULL || body->pattern.text.p == body->path);
}

static void
check_pauses(const struct rule *rule)
{
	const struct rule_status *status;
	unsigned i;
	size_t j;

	require(rule->npause_statuses <= RULE_STATUSES_MAX);
	for (i = 0; i < rule->npause_statuses; i++) {
		status = &rule->pause_statuses[i];
		require(status->status >= 200 && status->status <= 999);
		require(status->pause <= rule->pause_max);
		require(rule_pauses(rule, (int)status->status) == status);
	}
	require(rule->pause_default <= rule->pause_max);
	require(rule->nbodies <= RULE_BODIES_MAX);
	for (j = 0; j < rule->nbodies; j++)
		check_body(&rule->bodies[j]);
}

static void
check_methods(char *const *methods, size_t n)
{
	size_t i;

	require(n <= RULE_METHODS_MAX);
	for (i = 0; i < n; i++)
		require(http1_is_token(methods[i], strlen(methods[i])));
}

static void
check_retry(const struct rule *rule)
{
	const struct http1_str get = { "GET", 3 };

	require(rule->retry_attempts <= 10);
	require(rule->retry_body <= UINT64_C(1) << 30);
	check_statuses(rule->retry_statuses, rule->nretry_statuses);
	check_methods(rule->retry_methods, rule->nretry_methods);
	require(rule->retry_attempts > 0 ||
	    !rule_retries(rule, get, true, true));
}

static void
check_limits(const struct budget_limits *limits)
{
	unsigned i;

	require(limits->nrates <= BUDGET_RATES);
	for (i = 0; i < limits->nrates; i++)
		check_rate(&limits->rates[i]);
}

static void
check_costs(const struct rule *rule)
{
	static const struct http1_head head;
	const struct rule_cost *cost;
	size_t i;

	require(rule->ncosts <= RULE_COSTS_MAX);
	for (i = 0; i < rule->ncosts; i++) {
		cost = &rule->costs[i];
		check_methods(cost->methods, cost->nmethods);
		require(cost->path == NULL ||
		    cost->pattern.text.p == cost->path);
		require(cost->header == NULL ||
		    http1_is_token(cost->header, strlen(cost->header)));
		require(cost->value == NULL || (cost->header != NULL &&
		    cost->value[0] != '\0'));
		require(cost->cost <= 1000000000 * BUDGET_UNIT);
	}
	require(rule_cost_of(rule, &head) <= 1000000000 * BUDGET_UNIT);
}

/* Without * and ** a pattern is a path, and its own. */
static void
check_paths(const struct rule *rule)
{
	static struct http1_head head;
	unsigned parts[RULE_PATH_PARTS];
	const struct rule_path *path;
	size_t i;
	int n;

	require(rule->npaths <= RULE_PATHS_MAX);
	for (i = 0; i < rule->npaths; i++) {
		path = &rule->paths[i];
		head.path = path->pattern.text;
		check_limits(&path->limits);
		require(path->pattern.text.p == path->text);
		require(i == 0 || path_pattern_compare(&path[-1].pattern,
		    &path->pattern) < 0);
		n = rule_path_of(rule, &head, parts);
		require(path->pattern.rest || path->pattern.nliterals <
		    path->pattern.nsegments || n == -1 ||
		    (n > 0 && parts[0] == i));
	}
}

static void
check_key(const struct rule_key *key)
{
	require(key->kind <= RULE_KEY_HEADER);
	require((key->header != NULL) == (key->kind == RULE_KEY_HEADER));
	require(key->header == NULL ||
	    http1_is_token(key->header, strlen(key->header)));
}

static void
check_weights(const struct rule *rule)
{
	const struct rule_weight *weight;
	size_t i;

	check_key(&rule->per);
	check_key(&rule->fair_by);
	require(rule->per.kind != RULE_KEY_USER);
	require(rule->fair_by.kind != RULE_KEY_NONE);
	require(rule->nweights <= RULE_WEIGHTS_MAX);
	for (i = 0; i < rule->nweights; i++) {
		weight = &rule->weights[i];
		require(weight->weight >= 1000 && weight->weight <= 1000000000);
		require((weight->value == NULL) ==
		    (rule->fair_by.kind == RULE_KEY_CLIENT));
		require(weight->value == NULL ? weight->network.family != 0 :
		    rule_weight_of(rule, NULL, weight->value,
		    strlen(weight->value)) == weight->weight);
	}
}

static void
check_rule(const struct rule *rule)
{
	require(rule->name != NULL);
	check_limits(&rule->limits);
	check_pauses(rule);
	require(rule->learn <= RULE_LEARN_ESTIMATE);
	check_retry(rule);
	check_costs(rule);
	check_paths(rule);
	check_weights(rule);
	check_https(rule);
}

/* A rule's own name finds it, unless it is a wildcard's. */
static void
check_match(const struct conf *conf, const struct rule *rule)
{
	struct http1_host host;

	if (rule->name[0] == '*')
		return;
	require(http1_host_parse(&host, rule->name, strlen(rule->name)) ==
	    HTTP1_OK);
	require((host.port != 0) == rule->has_port);
	require(conf_rule(conf, &host) == rule);
}

static void
check_conf(const struct conf *conf)
{
	size_t i;

	require(conf->listen.n > 0);
	for (i = 0; i < conf->listen.n; i++) {
		require(conf->listen.list[i].text != NULL);
		check_pair(conf->listen.list[i].certificate,
		    conf->listen.list[i].key);
	}
	check_pair(conf->tls_ca_certificate, conf->tls_ca_key);
	require(conf->workers > 0 && conf->workers <= 64);
	require(conf->fallback.https != RULE_HTTPS_INTERCEPT);
	check_rule(&conf->fallback);
	for (i = 0; i < conf->nrules; i++) {
		check_rule(&conf->rules[i]);
		check_match(conf, &conf->rules[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *conf;
	char *cause = NULL;

	conf = conf_parse("fuzz", (const char *)data, size, &cause);
	if (conf == NULL) {
		require(cause != NULL && strncmp(cause, "fuzz:", 5) == 0);
		require(strpbrk(cause, "\r\n") == NULL);
		free(cause);
		return 0;
	}
	require(cause == NULL);
	check_conf(conf);
	conf_unref(conf);
	return 0;
}

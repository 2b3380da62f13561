/* SPDX-License-Identifier: ISC */
#include "admin/metrics_gauges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_value.h"
#include "hosts/hosts_view.h"
#include "policy/tokens.h"

/* Budgets */

static struct metrics_budget *
find_budget(struct metrics_gauges *g, const char *name)
{
	size_t i;

	for (i = 0; i < g->nbudgets; i++) {
		if (strcmp(g->budgets[i].name, name) == 0)
			return &g->budgets[i];
	}
	return NULL;
}

static void
new_budget(struct metrics_gauges *g, const struct metrics_budget *b)
{
	struct metrics_budget *list;

	if (g->nbudgets == METRICS_BUDGETS)
		return;
	list = reallocarray(g->budgets, g->nbudgets + 1, sizeof *list);
	if (list == NULL) {
		g->failed = true;
		return;
	}
	g->budgets = list;
	list[g->nbudgets++] = *b;
}

/* Of the whole that rate's, found without its name: hosts are many. */
static struct metrics_budget *
find_whole(struct metrics_gauges *g, const struct gcra_rate *rate)
{
	struct metrics_budget *b;
	size_t i;

	for (i = 0; i < g->nbudgets; i++) {
		b = &g->budgets[i];
		if (b->whole && b->capacity == rate->capacity &&
		    b->period == rate->period)
			return b;
	}
	return NULL;
}

static void
merge_shared(struct metrics_budget *b, const struct metrics_budget *one)
{
	if (!one->shared)
		return;
	if (!b->shared || one->left_of_all < b->left_of_all)
		b->left_of_all = one->left_of_all;
	b->leased += one->leased;
	b->shared = true;
}

static void
merge_rate(struct metrics_budget *b, const struct metrics_budget *one)
{
	if (one->left < b->left)
		b->left = one->left;
	if (one->burst > b->burst)
		b->burst = one->burst;
	merge_shared(b, one);
}

/*
 * Those of the same name are one: of each host that has it, the worst.  One
 * whose path is too long for a label is not told.
 */
static void
add_rate(struct metrics_gauges *g, const struct rate_view *view,
    const struct shared_view *shared, const char *path)
{
	const struct gcra_rate *rate = &view->limit;
	char units[CONF_TEXT], period[CONF_TEXT];
	struct metrics_budget *b, new = {
		.whole = path == NULL,
		.left = view->left,
		.burst = rate->burst,
		.capacity = rate->capacity,
		.period = rate->period,
		.of_part = path != NULL,
		.shared = shared != NULL && shared->told_at != 0,
		.left_of_all = view->left_of_all,
		.leased = shared != NULL ? shared->leased : 0,
	};

	if (path == NULL && (b = find_whole(g, rate)) != NULL) {
		merge_rate(b, &new);
		return;
	}
	if (snprintf(new.name, sizeof new.name, "%s per %s%s%s",
	    conf_units_text(units, rate->capacity),
	    conf_duration_text(period, rate->period),
	    path != NULL ? " of " : "", path != NULL ? path : "") >=
	    (int)sizeof new.name)
		return;
	if ((b = find_budget(g, new.name)) == NULL)
		new_budget(g, &new);
	else
		merge_rate(b, &new);
}

static void
add_limits(struct metrics_gauges *g, const struct budget_limits *limits,
    const char *path)
{
	struct rate_view view = { .full_at = 0 };
	unsigned i;

	for (i = 0; i < limits->nrates; i++) {
		view.limit = limits->rates[i];
		view.left = (int64_t)limits->rates[i].burst;
		add_rate(g, &view, NULL, path);
	}
}

static void
add_budget(struct metrics_gauges *g, const struct budget_view *v,
    const char *path)
{
	unsigned i;

	for (i = 0; i < v->nrates; i++)
		add_rate(g, &v->rates[i], &v->shared, path);
}

/* Rules and hosts */

/* Those of its named budgets, which are named as a host's are. */
static void
add_tokens(struct metrics_gauges *g, const struct rule *rule)
{
	const struct tokens *tokens = rule->tokens;
	char name[HOSTS_METER];
	unsigned i;

	for (i = 0; tokens != NULL && i < tokens->n; i++)
		add_limits(g, &tokens->budgets[i].limits,
		    tokens->budgets[i].name);
	for (i = 0; rule_has_total(rule) && tokens != NULL &&
	    i < tokens->ntotals; i++) {
		snprintf(name, sizeof name, "%s%s", tokens->totals[i].name,
		    HOSTS_METER_OF_ALL);
		add_limits(g, &tokens->totals[i].limits, name);
	}
}

static void
add_rule(struct metrics_gauges *all, size_t n, const struct rule *rule)
{
	struct metrics_gauges *g;
	size_t i;

	if (rule->series >= n)
		return;
	g = &all[rule->series];
	g->known = true;
	/* of many rules the budgets would be many */
	if (rule->series == STATS_OTHER)
		return;
	add_limits(g, &rule->limits, NULL);
	for (i = 0; i < rule->npaths; i++)
		add_limits(g, &rule->paths[i].limits, rule->paths[i].text);
	add_tokens(g, rule);
}

void
metrics_gauges_begin(struct metrics_gauges *all, size_t n,
    const struct conf *conf)
{
	size_t i;

	add_rule(all, n, &conf->fallback);
	for (i = 0; i < conf->nrules; i++)
		add_rule(all, n, &conf->rules[i]);
}

static void
add_pause(struct metrics_gauges *g, const struct host_view *v, uint64_t now)
{
	uint64_t until = v->throttle.host.paused_until;

	if (until <= now)
		return;
	g->paused[v->cause]++;
	if (until > g->paused_until)
		g->paused_until = until;
}

/* What is told of the host that has least. */
static void
add_learned(struct metrics_gauges *g, const struct budget_view *v,
    uint64_t now)
{
	uint64_t left = v->shape_left > 0 ? (uint64_t)v->shape_left : 0;

	if (v->shape_until <= now || (g->learned && left >= g->left))
		return;
	g->learned = true;
	g->left = left;
	g->reset = v->shape_until;
}

/* Where there is a host, what holds is told by it: it may be overridden. */
static void
forget_rule(struct metrics_gauges *g)
{
	size_t i, n = 0;

	for (i = 0; i < g->nbudgets; i++) {
		if (g->budgets[i].of_part)
			g->budgets[n++] = g->budgets[i];
	}
	g->nbudgets = n;
}

void
metrics_gauges_host(struct metrics_gauges *g, const struct host_view *v,
    uint64_t now)
{
	const struct throttle_view *t = &v->throttle;
	unsigned i;

	if (g->hosts++ == 0)
		forget_rule(g);
	g->known = true;
	g->waiting += t->waiting;
	g->queue_length += t->queue_length;
	if (t->oldest != 0 && now > t->oldest && now - t->oldest > g->oldest)
		g->oldest = now - t->oldest;
	g->inflight += t->host.inflight;
	g->concurrency += t->host.concurrency;
	g->tunnels += v->tunnels;
	g->shared = g->shared || t->shared.is;
	g->without += t->shared.is && t->shared.source != LEASE_STORE;
	add_pause(g, v, now);
	add_learned(g, &t->host, now);
	if (v->rule->series == STATS_OTHER)
		return;
	add_budget(g, &t->host, NULL);
	for (i = 0; i < v->nmetered; i++)
		add_rate(g, &v->metered[i].rate, &v->metered[i].shared,
		    v->metered[i].name);
}

void
metrics_gauges_part(struct metrics_gauges *g, const struct part_view *v)
{
	if (!v->named)
		add_budget(g, &v->budget, v->name);
}

void
metrics_gauges_free(struct metrics_gauges *all, size_t n)
{
	size_t i;

	for (i = 0; all != NULL && i < n; i++)
		free(all[i].budgets);
}

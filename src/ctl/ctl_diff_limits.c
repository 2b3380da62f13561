/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_diff_limits.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "conf/conf.h"
#include "conf/conf_value.h"
#include "ctl/ctl_json.h"

#define NS	1e9
#define UNITS	1e6

/* Rates in words: "30 per 1m, burst 5; 1000 per 1h, burst 1000". */
static void
put_rate(struct text *t, const struct gcra_rate *rate)
{
	char capacity[CONF_TEXT], period[CONF_TEXT], burst[CONF_TEXT];

	text_putf(t, "%s%s per %s, burst %s", t->len > 0 ? "; " : "",
	    conf_units_text(capacity, rate->capacity),
	    conf_duration_text(period, rate->period),
	    conf_units_text(burst, rate->burst));
}

static uint64_t
scaled(const json_t *object, const char *name, double scale)
{
	double n = ctl_number(object, name) * scale;

	return n > 0 && n < 1e18 ? (uint64_t)llround(n) : 0;
}

/* Those of the whole host that the configuration has given. */
static void
put_running(struct text *t, const json_t *budgets)
{
	struct gcra_rate rate = { .capacity = 0 };
	const json_t *budget;
	size_t i;

	for (i = 0; i < json_array_size(budgets); i++) {
		budget = json_array_get(budgets, i);
		if (ctl_has(budget, "part"))
			continue;
		rate.capacity = scaled(budget, "capacity", UNITS);
		rate.period = scaled(budget, "period", NS);
		rate.burst = scaled(budget, "burst", UNITS);
		put_rate(t, &rate);
	}
}

static void
put_configured(struct text *t, const struct budget_limits *limits)
{
	unsigned i;

	for (i = 0; i < limits->nrates; i++)
		put_rate(t, &limits->rates[i]);
}

static const struct rule *
rule_of(const struct conf *conf, const char *name)
{
	size_t i;

	for (i = 0; i < conf->nrules; i++)
		if (strcmp(conf->rules[i].name, name) == 0)
			return &conf->rules[i];
	return strcmp(conf->fallback.name, name) == 0 ? &conf->fallback :
	    NULL;
}

/* A rule that is to be compared. */
struct pair {
	const json_t		*running;
	const struct rule	*rule;
	const char		*name;
	conf_diff_told		*fn;
	void			*arg;
};

static void
tell(const struct pair *p, const char *key, const char *was, const char *is)
{
	char path[512];

	if (strcmp(was, is) == 0)
		return;
	snprintf(path, sizeof path, "%s.%s", p->name, key);
	p->fn(path, was, is, p->arg);
}

static void
compare_rates(const struct pair *p)
{
	struct text was = { NULL, 0, 0, false }, is = was;

	put_running(&was, ctl_member(p->running, "budgets"));
	put_configured(&is, &p->rule->limits);
	if (was.len == 0)
		text_puts(&was, "none");
	if (is.len == 0)
		text_puts(&is, "none");
	text_put(&was, "", 1);
	text_put(&is, "", 1);
	if (!was.failed && !is.failed)
		tell(p, "rates", was.p, is.p);
	text_free(&was);
	text_free(&is);
}

static void
compare_number(const struct pair *p, const char *key, const char *member,
    uint32_t number)
{
	char was[32], is[32];

	snprintf(was, sizeof was, "%lld", ctl_integer(p->running, member));
	snprintf(is, sizeof is, "%u", number);
	tell(p, key, was, is);
}

static void
compare(const struct pair *p)
{
	if (p->rule == NULL) {
		p->fn(p->name, "a rule", NULL, p->arg);
		return;
	}
	compare_rates(p);
	compare_number(p, "concurrency", "concurrency",
	    p->rule->limits.concurrency);
	compare_number(p, "queue.length", "queue_length",
	    p->rule->queue_length);
}

void
ctl_diff_limits(const json_t *rules, const struct conf *conf,
    conf_diff_told *fn, void *arg)
{
	struct pair p = { .fn = fn, .arg = arg };
	size_t i;

	for (i = 0; i < json_array_size(rules); i++) {
		p.running = json_array_get(rules, i);
		p.name = ctl_string(p.running, "rule", "?");
		p.rule = rule_of(conf, p.name);
		compare(&p);
	}
}

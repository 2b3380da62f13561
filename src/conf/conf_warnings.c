/* SPDX-License-Identifier: ISC */
#include "conf/conf_warnings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_value.h"
#include "policy/tokens.h"

/* Who hears of what. */
struct teller {
	const struct conf	*conf;
	void			(*line)(const char *, void *);
	void			*arg;
};

void
conf_warn(const struct conf *conf, struct place at,
    void (*line)(const char *, void *), void *arg, const char *fmt, ...)
{
	char *what = NULL, *text = NULL;
	char place[32] = "";
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	if (at.line > 0)
		snprintf(place, sizeof place, ":%u:%u", at.line, at.column);
	if (what != NULL && asprintf(&text, "%s%s: %s", conf->path, place,
	    what) >= 0) {
		line(text, arg);
		free(text);
	}
	free(what);
}

/* Rules */

/* A host of that name is hardly meant. */
static bool
is_everybody(const char *name)
{
	static const char *const names[] = {
		"default", "defaults", "all", "any", "others", "fallback",
		"_", "default_server", "everything", "rest", "null",
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void
add(char *list, size_t size, bool has, const char *key)
{
	size_t n = strlen(list);

	if (has)
		snprintf(list + n, size - n, "%s%s", n > 0 ? ", " : "", key);
}

/* Keys that need to see requests, which a tunnel does not show. */
static void
warn_of_tunnels(const struct teller *t, const struct rule *rule,
    const char *prefix)
{
	size_t len = strlen(rule->name);
	char keys[128] = "";

	if (rule->https != RULE_HTTPS_TUNNEL ||
	    (len > 3 && strcmp(rule->name + len - 3, ":80") == 0))
		return;
	add(keys, sizeof keys, rule->ncosts > 0, "costs");
	add(keys, sizeof keys, rule->npaths > 0, "paths");
	add(keys, sizeof keys, rule->tokens != NULL, "budgets");
	add(keys, sizeof keys, rule->client_cost, "client_cost");
	add(keys, sizeof keys, rule->per.kind == RULE_KEY_HEADER, "per");
	add(keys, sizeof keys, rule->fair_by.kind == RULE_KEY_HEADER,
	    "fair_by");
	if (keys[0] != '\0')
		conf_warn(t->conf, rule->at, t->line, t->arg, "%s%s: inside of "
		    "HTTPS tunnels there is no effect of: %s (\"https: "
		    "intercept\" or \"https: upstream\" changes that)", prefix,
		    rule->name, keys);
}

static void
warn_of_upstream(const struct teller *t, const struct rule *rule,
    const char *prefix)
{
	if (rule->upstream_at.line != 0 && rule->https != RULE_HTTPS_UPSTREAM)
		conf_warn(t->conf, rule->upstream_at, t->line, t->arg,
		    "%s%s.upstream: without \"https: upstream\" it has no "
		    "effect", prefix, rule->name);
}

/*
 * A status without a time of its own pauses by default since that is what it
 * says; earlier versions paused for 429 only, unless the answer named a time.
 * With 500 and up that is how hosts answer, too, that just have crashed.
 */
static void
warn_of_statuses(const struct teller *t, const struct rule *rule,
    const char *prefix)
{
	const struct rule_status *status;
	char buf[CONF_TEXT];
	unsigned i;

	for (i = 0; i < rule->npause_statuses; i++) {
		status = &rule->pause_statuses[i];
		if (status->own || status->status < 500 ||
		    status->status > 599)
			continue;
		conf_warn(t->conf, rule->at, t->line, t->arg, "%s%s: "
		    "pause.statuses: a %u pauses for %s also where it names no "
		    "time, as it did not in earlier versions (\"{status: %u, "
		    "default: off}\" is as before, \"{status: %u, default: "
		    "%s}\" says that it is meant)", prefix, rule->name,
		    status->status,
		    conf_duration_text(buf, status->pause), status->status,
		    status->status, buf);
	}
}

/* A shadow is one credential's, and knows nothing of the others. */
static void
warn_of_observed(const struct teller *t, const struct rule *rule,
    const char *prefix)
{
	char keys[32] = "";

	if (rule->mode != RULE_OBSERVE)
		return;
	add(keys, sizeof keys, rule->total.nrates > 0 ||
	    rule->total.concurrency > 0 || (rule->tokens != NULL &&
	    rule->tokens->ntotals > 0), "per_total");
	add(keys, sizeof keys, rule->tokens != NULL &&
	    rule->tokens->asks_usage, "ask_usage");
	if (keys[0] != '\0')
		conf_warn(t->conf, rule->at, t->line, t->arg, "%s%s: with "
		    "\"mode: observe\" there is no effect of: %s", prefix,
		    rule->name, keys);
}

/* Nothing that names no cap would ever go. */
static void
warn_of_defaults(const struct teller *t, const struct rule *rule,
    const char *prefix)
{
	const struct tokens *tokens = rule->tokens;
	unsigned i;

	if (tokens == NULL || rule->mode == RULE_OBSERVE)
		return;
	for (i = 0; i < tokens->n; i++)
		if (tokens_refuses_default(&tokens->budgets[i]))
			conf_warn(t->conf, rule->at, t->line, t->arg, "%s%s: "
			    "budgets.%s: reserve.default is more than the "
			    "whole of it, so \"refuse: true\" refuses all "
			    "requests that name no cap", prefix, rule->name,
			    tokens->budgets[i].name);
}

/* "/users/{id}" and "/users/:id" are that very text here. */
static void
warn_of_path(const struct teller *t, const struct rule *rule,
    const char *prefix, const char *key, const char *path)
{
	const char *p;

	if (path == NULL)
		return;
	for (p = strchr(path, '/'); p != NULL; p = strchr(p + 1, '/'))
		if (strchr("{<:[", p[1]) != NULL && p[1] != '\0') {
			conf_warn(t->conf, rule->at, t->line, t->arg, "%s%s: "
			    "%s: %s is that very path; for any one segment "
			    "write *", prefix, rule->name, key, path);
			return;
		}
}

static void
warn_of_paths(const struct teller *t, const struct rule *rule,
    const char *prefix)
{
	size_t i;

	for (i = 0; i < rule->npaths; i++)
		warn_of_path(t, rule, prefix, "paths", rule->paths[i].text);
	for (i = 0; i < rule->ncosts; i++)
		warn_of_path(t, rule, prefix, "costs", rule->costs[i].path);
	for (i = 0; i < rule->nbodies; i++)
		warn_of_path(t, rule, prefix, "pause.bodies",
		    rule->bodies[i].path);
}

/* Where there is none, each proxy has all of the limits. */
static void
warn_of_store(const struct teller *t, const struct rule *rule,
    const char *prefix)
{
	if (rule->store && t->conf->store.name == NULL)
		conf_warn(t->conf, rule->store_at, t->line, t->arg, "%s%s: "
		    "store: there is no store to share its budgets in "
		    "(\"store: {redis: ...}\" at the top)", prefix,
		    rule->name);
	else if (rule->store && rule->per.kind != RULE_KEY_NONE &&
	    t->conf->store.key_file == NULL)
		conf_warn(t->conf, rule->store_at, t->line, t->arg, "%s%s: "
		    "store: what per tells apart is shared with no other "
		    "proxy without store.key_file, by which all of them know "
		    "it", prefix, rule->name);
}

/* What any rule may have, that of defaults, too. */
static void
warn_of_any(const struct teller *t, const struct rule *rule,
    const char *prefix)
{
	warn_of_tunnels(t, rule, prefix);
	warn_of_upstream(t, rule, prefix);
	warn_of_statuses(t, rule, prefix);
	warn_of_observed(t, rule, prefix);
	warn_of_defaults(t, rule, prefix);
	warn_of_paths(t, rule, prefix);
	warn_of_store(t, rule, prefix);
}

/* Who uses both names has the limits twice. */
static void
warn_of_apart(const struct teller *t, const struct rule *rule)
{
	if (rule->preset_apart != NULL)
		conf_warn(t->conf, rule->at, t->line, t->arg, "hosts.%s: at the "
		    "host, its limits are those of %s as well; \"same: %s\" "
		    "makes them one here, too", rule->name,
		    rule->preset_apart, rule->preset_apart);
}

static void
warn_of_rule(const struct teller *t, const struct rule *rule)
{
	if (is_everybody(rule->name))
		conf_warn(t->conf, rule->at, t->line, t->arg, "hosts.%s: is "
		    "the host of that name; the rule for all that have none "
		    "is defaults, beside hosts", rule->name);
	warn_of_apart(t, rule);
	warn_of_any(t, rule, "hosts.");
}

/* Of rules that nobody wrote there is no list, but what they have in common. */
static void
warn_of_presets(const struct teller *t)
{
	const struct rule *rule = t->conf->rules;
	size_t i;

	for (i = 0; i < t->conf->nrules; i++)
		if (rule[i].preset_only &&
		    rule[i].https == RULE_HTTPS_TUNNEL) {
			conf_warn(t->conf, rule[i].at, t->line, t->arg,
			    "defaults.preset: of hosts that have no rule of "
			    "their own HTTPS is tunneled, and each tunnel is "
			    "counted as one request (\"https: intercept\" or "
			    "\"https: upstream\" changes that)");
			return;
		}
}

/*
 * Earlier versions had one timer for heads and bodies, that of response.  Who
 * names both knows that there are two.
 */
static void
warn_of_timeouts(const struct teller *t)
{
	const struct conf *conf = t->conf;
	char idle[CONF_TEXT], response[CONF_TEXT];
	bool has_idle = conf->idle_at.line > 0;

	if (conf->timeout_idle >= conf->timeout_response ||
	    has_idle == (conf->response_at.line > 0))
		return;
	conf_warn(conf, has_idle ? conf->idle_at : conf->response_at, t->line,
	    t->arg, "timeouts: between two pieces of a body idle holds (%s), "
	    "not response (%s) as in earlier versions; name both where that is "
	    "meant", conf_duration_text(idle, conf->timeout_idle),
	    conf_duration_text(response, conf->timeout_response));
}

/* Whoever names one means to share something. */
static void
warn_of_unused_store(const struct teller *t)
{
	const struct conf *conf = t->conf;
	size_t i;

	if (conf->store.name == NULL || conf->fallback.store)
		return;
	for (i = 0; i < conf->nrules; i++)
		if (conf->rules[i].store)
			return;
	conf_warn(conf, conf->store.at, t->line, t->arg, "store: nothing is "
	    "shared in it: no rule has \"store: true\"");
}

void
conf_warnings(const struct conf *conf, void (*line)(const char *, void *),
    void *arg)
{
	const struct teller t = { conf, line, arg };
	size_t i;

	warn_of_timeouts(&t);
	warn_of_unused_store(&t);
	for (i = 0; i < conf->nrules; i++)
		if (!conf->rules[i].preset_only)
			warn_of_rule(&t, &conf->rules[i]);
	warn_of_presets(&t);
	warn_of_any(&t, &conf->fallback, "");
}

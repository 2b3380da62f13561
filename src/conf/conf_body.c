/* SPDX-License-Identifier: ISC */
#include "conf/conf_body.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice_path.h"
#include "conf/conf_list.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"
#include "hint/json_path.h"

static bool
keep(struct conf_report *report, const struct conf_node *node, char **field)
{
	*field = strdup(node->text);
	return *field != NULL || conf_wrong(report, NULL, "out of memory");
}

bool
conf_body_text(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;

	if (node->text[0] == '\0')
		return conf_option_wrong(report, option, node, "is empty");
	return keep(report, node, field);
}

bool
conf_body_json(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	char show[CONF_SHOW];

	/* what JSONPath, JSON Pointer and programs would write */
	if (node->text[0] == '$' || node->text[0] == '/' ||
	    strpbrk(node->text, "[]") != NULL)
		return conf_wrong(report, node, "\"%s\" is no path, expected "
		    "keys with a point between them, as in "
		    "error.details.*.reason",
		    conf_show(show, node->text));
	if (!json_path_is(node->text))
		return conf_option_wrong(report, option, node,
		    "is no path of up to 16 keys");
	return keep(report, node, field);
}

bool
conf_body_path(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	struct rule_body *body = field;
	const char *expected;
	char advice[CONF_ADVICE];

	(void)option;
	if (!keep(report, node, &body->path))
		return false;
	expected = path_pattern_parse(&body->pattern, body->path,
	    strlen(body->path));
	return expected == NULL || conf_wrong(report, node,
	    "no path pattern, expected %s%s", expected,
	    conf_advice_path(advice, node->text));
}

/* In their order, as refusal_pick() needs them. */
static void
insert_status(struct refusal_rule *r, int status)
{
	unsigned i = r->nstatuses++;

	for (; i > 0 && r->statuses[i - 1] > status; i--)
		r->statuses[i] = r->statuses[i - 1];
	r->statuses[i] = status;
}

static bool
add_status(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule_body *body = field;
	const char *wrong;
	uint64_t status;

	wrong = conf_integer(node->text, &status);
	if (wrong == NULL && status < option->min)
		wrong = "is too little";
	if (wrong == NULL && status > option->max)
		wrong = "is too much";
	if (wrong == NULL && body->rule.nstatuses == REFUSAL_STATUSES)
		wrong = "is one too many";
	if (wrong != NULL)
		return conf_option_wrong(&w->report, option, node, wrong);
	insert_status(&body->rule, (int)status);
	return true;
}

/* Reads one, or a list of them. */
static bool
read_some(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, conf_reader *each, struct rule_body *body)
{
	if (conf_list_length(node) == 0)
		return conf_wrong(&w->report, node,
		    "an empty list, expected %s%s", conf_option_noun(option),
		    option->range);
	return conf_list_read(w, option, node, each, body);
}

bool
conf_body_statuses(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	return read_some(w, option, node, add_status, field);
}

static bool
add_text(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	struct rule_body *body = field;

	if (body->nin == RULE_BODY_TEXTS)
		return conf_option_wrong(report, option, node,
		    "is one too many");
	return keep(report, node, &body->in[body->nin++]);
}

bool
conf_body_texts(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	return read_some(w, option, node, add_text, field);
}

bool
conf_body_delay(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule_body *body = field;

	if (node->type != CONF_MAPPING)
		return conf_option_scalar(&w->report, option, node) &&
		    conf_body_json(w, option, node, &body->delay);
	if (!conf_walk_level(w, CONF_BODY_DELAY, node, body))
		return false;
	if (body->need == NULL || body->have == NULL || body->rate == NULL)
		return conf_wrong(&w->report, node, "a mapping without need, "
		    "have or rate, expected all three");
	return true;
}

/* Gives the rule what is owned beside it. */
static void
finish(struct rule_body *body, const struct conf_node *node)
{
	struct refusal_rule *r = &body->rule;

	r->name = "pause.bodies";
	r->json = body->json;
	r->in = body->nin > 0 ? (const char *const *)body->in : NULL;
	r->contains = body->contains;
	r->delay = body->delay;
	r->need = body->need;
	r->have = body->have;
	r->rate = body->rate;
	r->has_pause = conf_node_value(node, "default") != NULL;
}

static bool
load_body(struct conf_walk *w, const struct conf_node *node,
    struct rule_body *body)
{
	if (!conf_walk_mapping(w, node, "a rule such as "
	    "{status: 403, json: error.reason, in: [rateLimitExceeded]}") ||
	    !conf_walk_level(w, CONF_BODY, node, body))
		return false;
	finish(body, node);
	if (body->rule.nstatuses == 0)
		return conf_wrong(&w->report, node,
		    "a rule without status, expected one with it");
	if (body->json == NULL && body->nin > 0)
		return conf_walk_wrong(w, node, "in",
		    "without json, expected json beside it");
	if (body->json == NULL && body->contains == NULL &&
	    body->delay == NULL && body->need == NULL)
		return conf_wrong(&w->report, node,
		    "a rule for any body, expected json, contains or delay");
	return true;
}

bool
conf_body_load(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule *rule = field;
	const struct conf_entry *entry;
	bool ok = true;

	if (node->type != CONF_LIST)
		return conf_wrong(&w->report, node, "no list, expected %s such "
		    "as [{status: 403, contains: rate limit}]",
		    option->range);
	if (node->n > option->max)
		return conf_wrong(&w->report, node, "%zu rules, expected %s",
		    node->n, option->range);
	if (node->n == 0)
		return true;
	rule->bodies = calloc(node->n, sizeof *rule->bodies);
	if (rule->bodies == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, NULL, rule->nbodies);
		ok = load_body(w, entry->value,
		    &rule->bodies[rule->nbodies++]);
		conf_leave(&w->report);
	}
	return ok;
}

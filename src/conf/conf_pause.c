/* SPDX-License-Identifier: ISC */
#include "conf/conf_pause.h"

#include <stdio.h>
#include <strings.h>

#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"

bool
conf_pause_after(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	struct rule_status *status = field;
	const char *wrong;
	uint64_t ns = 0;

	status->own = true;
	/* YAML 1.1 has more words for false; one is enough */
	status->off = strcasecmp(node->text, "off") == 0;
	if (status->off)
		return true;
	wrong = conf_duration(node->text, &ns);
	if (wrong == NULL && ns > option->max)
		wrong = "is too much";
	status->pause = ns;
	return wrong == NULL || conf_option_wrong(report, option, node, wrong);
}

/* A status by itself is short for a mapping with nothing but that. */
static bool
load_status(struct conf_walk *w, const struct conf_node *node,
    struct rule_status *status)
{
	const struct conf_option *option;

	*status = (struct rule_status){ .status = 0 };
	if (node->type == CONF_MAPPING) {
		if (!conf_walk_level(w, CONF_STATUS, node, status))
			return false;
		if (conf_node_value(node, "status") == NULL)
			return conf_wrong(&w->report, node, "no status, "
			    "expected one such as {status: 503, default: 5s}");
		return true;
	}
	option = conf_option_find(w->report.options, CONF_STATUS, "status");
	return conf_walk_option(w, option, node, status);
}

static bool
add_status(struct conf_walk *w, const struct conf_node *node,
    struct rule *rule)
{
	struct rule_status *status;

	status = &rule->pause_statuses[rule->npause_statuses];
	if (!load_status(w, node, status))
		return false;
	if (rule_pauses(rule, (int)status->status) != NULL)
		return conf_wrong(&w->report, node, "\"%u\" is there twice, "
		    "expected once", status->status);
	rule->npause_statuses++;
	return true;
}

bool
conf_pause_statuses(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule *rule = field;
	const struct conf_entry *entry;
	bool ok = true;

	rule->npause_statuses = 0;
	if (node->type != CONF_LIST)
		return add_status(w, node, rule);
	if (node->n > RULE_STATUSES_MAX)
		return conf_wrong(&w->report, node, "%zu statuses, expected "
		    "%s%s", node->n, conf_option_noun(option), option->range);
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, NULL, rule->npause_statuses);
		ok = add_status(w, entry->value, rule);
		conf_leave(&w->report);
	}
	return ok;
}

static bool
too_long(struct conf_walk *w, const struct conf_node *node,
    const struct rule *rule)
{
	char text[96], buf[CONF_TEXT];

	snprintf(text, sizeof text, "longer than max, expected at most %s",
	    conf_duration_text(buf, rule->pause_max));
	return conf_walk_wrong(w, node, "default", text);
}

/* The node of a status that has a default of its own: not a scalar. */
static bool
too_long_of(struct conf_walk *w, const struct conf_node *pause,
    const struct rule *rule, unsigned i)
{
	const struct conf_node *node = conf_node_value(pause, "statuses");
	const struct conf_entry *entry = node->first;
	unsigned n = i;

	conf_enter(&w->report, "statuses", 0);
	if (node->type == CONF_LIST) {
		while (n-- > 0)
			entry = entry->next;
		conf_enter(&w->report, NULL, i);
		too_long(w, entry->value, rule);
		conf_leave(&w->report);
	} else
		too_long(w, node, rule);
	conf_leave(&w->report);
	return false;
}

/* No default is longer than max; one that nobody named gives way to it. */
static bool
finish(struct conf_walk *w, const struct conf_node *pause,
    struct rule *rule)
{
	unsigned i;

	if (rule->pause_default > rule->pause_max) {
		if (pause != NULL && conf_node_value(pause, "default") != NULL)
			return too_long(w, pause, rule);
		rule->pause_default = rule->pause_max;
	}
	for (i = 0; i < rule->npause_statuses; i++)
		if (rule->pause_statuses[i].pause > rule->pause_max)
			return too_long_of(w, pause, rule, i);
	return true;
}

bool
conf_pause_finish(struct conf_walk *w, const struct conf_node *node,
    struct rule *rule)
{
	bool ok;

	conf_enter(&w->report, "pause", 0);
	ok = finish(w, conf_node_value(node, "pause"), rule);
	conf_leave(&w->report);
	return ok;
}

void
conf_pause_complete(struct rule *rule)
{
	struct rule_status *status;
	unsigned i;

	for (i = 0; i < rule->npause_statuses; i++) {
		status = &rule->pause_statuses[i];
		if (!status->own)
			status->pause = rule->pause_default;
	}
}

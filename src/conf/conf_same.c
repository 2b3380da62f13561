/* SPDX-License-Identifier: ISC */
#include "conf/conf_same.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice_host.h"
#include "conf/conf_list.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"

/* Names that the set has already: this rule's or another one's. */
static bool
is_taken(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, const struct rule *rule,
    const struct rule *other)
{
	char buf[CONF_SHOW];

	if (other == rule)
		return conf_option_wrong(&w->report, option, node,
		    "is there twice");
	return conf_wrong(&w->report, node, "\"%s\" belongs to \"%s\" at line "
	    "%u, column %u, expected it once", conf_show(buf, node->text),
	    other->name, other->at.line, other->at.column);
}

static bool
keep(struct rule *rule, const char *host)
{
	char **same = reallocarray(rule->same, rule->nsame + 1, sizeof *same);

	if (same == NULL)
		return false;
	rule->same = same;
	if ((same[rule->nsame] = strdup(host)) == NULL)
		return false;
	rule->nsame++;
	return true;
}

bool
conf_same_join(struct conf_walk *w, struct rule *rule,
    const struct host_pattern *pattern, const char *host)
{
	void *other;

	rule->shared = true;
	return (host_pattern_set_add(w->conf->patterns, pattern, rule,
	    &other) && keep(rule, host)) ||
	    conf_wrong(&w->report, NULL, "out of memory");
}

static bool
add(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	struct rule *rule = field;
	struct host_pattern pattern;
	const char *expected;
	char advice[CONF_ADVICE];
	void *other;

	expected = host_pattern_parse(&pattern, node->text,
	    strlen(node->text));
	if (expected != NULL)
		return conf_wrong(report, node, "no host, expected %s%s",
		    expected, conf_advice_host(advice, node->text));
	if (pattern.wildcard)
		return conf_option_wrong(report, option, node,
		    "stands for many hosts");
	if (rule->nsame == RULE_SAME_MAX)
		return conf_option_wrong(report, option, node, "is too much");
	if (!host_pattern_set_add(w->conf->patterns, &pattern, rule, &other))
		return conf_wrong(report, NULL, "out of memory");
	if (other != NULL)
		return is_taken(w, option, node, rule, other);
	return keep(rule, node->text) ||
	    conf_wrong(report, NULL, "out of memory");
}

bool
conf_same(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	if (field == &w->conf->fallback)
		return conf_wrong(&w->report, node, "hosts, expected them "
		    "with a rule of hosts only");
	return conf_list_read(w, option, node, add, field);
}

bool
conf_same_finish(struct conf_walk *w, const struct conf_node *mapping,
    struct rule *rule, bool wildcard)
{
	if (rule->nsame == 0)
		return true;
	if (wildcard && !rule->shared)
		return conf_walk_wrong(w, mapping, "same", "hosts, expected "
		    "\"shared: true\" with them: a throttle for each host "
		    "cannot be theirs, too");
	rule->shared = true;
	return true;
}

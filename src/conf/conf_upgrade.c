/* SPDX-License-Identifier: ISC */
#include "conf/conf_upgrade.h"

#include <string.h>
#include <strings.h>

#include "conf/conf_list.h"
#include "conf/conf_option_wrong.h"

/*
 * Protocols as in Upgrade (RFC 9110 7.8): a name, perhaps with a version behind
 * a slash; case does not matter.
 */

static bool
is_protocol(const char *text)
{
	const char *slash = strchr(text, '/');
	size_t len = strlen(text);

	if (slash == NULL)
		return http1_is_token(text, len);
	return http1_is_token(text, (size_t)(slash - text)) &&
	    http1_is_token(slash + 1, len - (size_t)(slash - text) - 1);
}

/* HTTP, of whatever version: there is no telling how many requests follow. */
static bool
is_http(const char *text)
{
	return strncasecmp(text, "h2", 2) == 0 ||
	    strncasecmp(text, "h3", 2) == 0 ||
	    strcasecmp(text, "http") == 0 ||
	    strncasecmp(text, "http/", 5) == 0;
}

/* Words for what a list says: names of protocols they are not. */
static const char *
instead(const char *text)
{
	static const char *const none[] = {
		"false", "no", "off", "none", "never",
	};
	static const char *const some[] = { "true", "yes", "on", "ws" };
	size_t i;

	for (i = 0; i < sizeof none / sizeof none[0]; i++)
		if (strcasecmp(text, none[i]) == 0)
			return "[]";
	for (i = 0; i < sizeof some / sizeof some[0]; i++)
		if (strcasecmp(text, some[i]) == 0)
			return "[websocket]";
	return NULL;
}

static bool
add(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	const struct http1_str name = { node->text, strlen(node->text) };
	struct conf_report *report = &w->report;
	struct rule *rule = field;

	if (!is_protocol(node->text))
		return conf_option_wrong(report, option, node,
		    "is no protocol");
	if (instead(node->text) != NULL)
		return conf_wrong(report, node, "\"%s\" is no protocol, "
		    "expected %s%s; did you mean \"%s\"?", node->text,
		    conf_option_noun(option), option->range,
		    instead(node->text));
	if (is_http(node->text))
		return conf_option_wrong(report, option, node,
		    "would hide any number of requests");
	if (name.len >= RULE_UPGRADE)
		return conf_option_wrong(report, option, node, "is too long");
	if (rule_upgrades(rule, name))
		return conf_option_wrong(report, option, node,
		    "is there twice");
	if (rule->nupgrades == RULE_UPGRADES_MAX)
		return conf_option_wrong(report, option, node, "is too much");
	memcpy(rule->upgrades[rule->nupgrades++], name.p, name.len + 1);
	return true;
}

bool
conf_upgrades(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule *rule = field;

	rule->nupgrades = 0;
	return conf_list_read(w, option, node, add, rule);
}

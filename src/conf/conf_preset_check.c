/* SPDX-License-Identifier: ISC */
#include "conf/conf_preset_check.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_value.h"
#include "policy/host_pattern.h"

/*
 * A preset says what a host allows.  How the host is reached, with which
 * trust and credentials, who takes turns and what is sent again is for the
 * user to say.
 */
static const char *const rule_keys[] = {
	"capacity", "period", "burst", "strict", "counted_within", "rates",
	"concurrency", "pause", "learn", "costs", "paths", "budgets", "per",
	"tunnel", NULL,
};

/* What a tunnel counts as, not how long it may last. */
static const char *const tunnel_keys[] = {
	"cost", NULL,
};

static const char *const preset_keys[] = {
	"hosts", "same", "limits", "rule", "sources", NULL,
};

static const char *const source_keys[] = {
	"of", "url", "heading", "read", "dated", NULL,
};

static bool
is_in(const char *const *keys, const char *key)
{
	for (; *keys != NULL; keys++)
		if (strcmp(*keys, key) == 0)
			return true;
	return false;
}

static bool
foreign(struct conf_report *report, const char *const *keys,
    const struct conf_node *key)
{
	char all[256] = "";
	size_t n = 0;

	for (; *keys != NULL; keys++)
		n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", n > 0 ?
		    ", " : "", *keys);
	return conf_wrong(report, key, "a key that a preset does not have, "
	    "expected %s", all);
}

/* Whether it is a mapping with these keys only, each of them once. */
static bool
check_keys(struct conf_report *report, const struct conf_node *node,
    const char *const *keys)
{
	const struct conf_entry *entry;
	bool ok = true;

	if (node->type != CONF_MAPPING)
		return conf_wrong(report, node, "no mapping, expected one");
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(report, entry->key->text, 0);
		if (!is_in(keys, entry->key->text))
			ok = foreign(report, keys, entry->key);
		else if (conf_node_get(node, entry->key->text) != entry)
			ok = conf_wrong(report, entry->key, "a key that is "
			    "there twice, expected once");
		conf_leave(report);
	}
	return ok;
}

static const struct conf_node *
required(struct conf_report *report, const struct conf_node *node,
    const char *key, enum conf_node_type type)
{
	static const char *const nouns[] = {
		[CONF_SCALAR] = "a text", [CONF_LIST] = "a list",
		[CONF_MAPPING] = "a mapping",
	};
	const struct conf_node *value = conf_node_value(node, key);

	if (value != NULL && value->type == type && !conf_node_null(value))
		return value;
	conf_enter(report, key, 0);
	conf_wrong(report, value != NULL ? value : node, "expected %s",
	    nouns[type]);
	conf_leave(report);
	return NULL;
}

/* Hosts */

static bool
check_host(struct conf_report *report, const struct conf_node *node)
{
	struct host_pattern pattern;
	const char *expected;

	if (node->type != CONF_SCALAR)
		return conf_wrong(report, node, "expected a host");
	expected = host_pattern_parse(&pattern, node->text,
	    strlen(node->text));
	if (expected != NULL)
		return conf_wrong(report, node, "no host, expected %s",
		    expected);
	if (pattern.host.port != 0 || pattern.host.name[0] == '\0')
		return conf_wrong(report, node, "expected hosts of a name, "
		    "at any port");
	return true;
}

static bool
check_hosts(struct conf_report *report, const struct conf_node *hosts)
{
	const struct conf_entry *entry;
	size_t i = 0;
	bool ok = true;

	conf_enter(report, "hosts", 0);
	if (hosts->n == 0)
		ok = conf_wrong(report, hosts, "empty, expected hosts");
	for (entry = hosts->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(report, NULL, i++);
		ok = check_host(report, entry->value);
		conf_leave(report);
	}
	conf_leave(report);
	return ok;
}

/* Hosts that share a throttle are named one by one. */
static bool
check_same(struct conf_report *report, const struct conf_node *root,
    struct conf_preset_parts *parts)
{
	const struct conf_node *same = conf_node_value(root, "same");
	const struct conf_entry *entry;
	bool ok = true;

	if (same == NULL)
		return true;
	conf_enter(report, "same", 0);
	if (same->type != CONF_SCALAR || strcmp(same->text, "true") != 0)
		ok = conf_wrong(report, same, "expected true, or none");
	entry = parts->hosts->first;
	for (; ok && entry != NULL; entry = entry->next)
		if (entry->value->text[0] == '*')
			ok = conf_wrong(report, same, "true, but \"%s\" stands "
			    "for many hosts, expected hosts of a name",
			    entry->value->text);
	conf_leave(report);
	parts->same = ok;
	return ok;
}

/* Sources */

/* "2026-11-28" */
static bool
is_date(const char *text)
{
	static const char form[] = "0000-00-00";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)text[i]) :
		    text[i] != form[i])
			return false;
	return text[i] == '\0';
}

static bool
check_date(struct conf_report *report, const struct conf_node *date)
{
	if (date == NULL || (date->type == CONF_SCALAR && is_date(date->text)))
		return true;
	return conf_wrong(report, date, "no day, expected one such as "
	    "2026-11-28");
}

static bool
check_source(struct conf_report *report, const struct conf_node *source)
{
	const struct conf_node *url, *read;

	if (!check_keys(report, source, source_keys) ||
	    (url = required(report, source, "url", CONF_SCALAR)) == NULL ||
	    (read = required(report, source, "read", CONF_SCALAR)) == NULL ||
	    required(report, source, "heading", CONF_SCALAR) == NULL ||
	    required(report, source, "of", CONF_LIST) == NULL)
		return false;
	if (strncmp(url->text, "https://", 8) != 0)
		return conf_wrong(report, url, "expected an address that "
		    "begins with https://");
	return check_date(report, read) &&
	    check_date(report, conf_node_value(source, "dated"));
}

static bool
check_sources(struct conf_report *report, const struct conf_node *sources)
{
	const struct conf_entry *entry;
	size_t i = 0;
	bool ok = true;

	conf_enter(report, "sources", 0);
	for (entry = sources->first; ok && entry != NULL;
	    entry = entry->next) {
		conf_enter(report, NULL, i++);
		ok = check_source(report, entry->value);
		conf_leave(report);
	}
	conf_leave(report);
	return ok;
}

/* Whether a source is one of that part of the rule: "rates", "paths./a". */
static bool
is_told(const struct conf_node *sources, const char *part)
{
	const struct conf_entry *entry, *of;

	for (entry = sources->first; entry != NULL; entry = entry->next) {
		of = conf_node_value(entry->value, "of")->first;
		for (; of != NULL; of = of->next)
			if (of->value->type == CONF_SCALAR &&
			    strcmp(of->value->text, part) == 0)
				return true;
	}
	return false;
}

static bool
untold(struct conf_report *report, const struct conf_node *key,
    const char *part)
{
	return conf_wrong(report, key, "no source is named, expected one with "
	    "\"of: [%s]\"", part);
}

/* A mapping may be told of as one, or each of its keys by itself. */
static bool
check_told(struct conf_report *report, const struct conf_entry *entry,
    const struct conf_node *sources)
{
	const struct conf_entry *in;
	char part[CONF_SHOW];

	if (is_told(sources, entry->key->text))
		return true;
	if (entry->value->type != CONF_MAPPING)
		return untold(report, entry->key, entry->key->text);
	for (in = entry->value->first; in != NULL; in = in->next) {
		snprintf(part, sizeof part, "%s.%s", entry->key->text,
		    in->key->text);
		if (!is_told(sources, part))
			return untold(report, in->key, part);
	}
	return true;
}

/* What is sent is the user's, and changed where the user's rule says so. */
static bool
check_budgets(struct conf_report *report, const struct conf_node *budgets)
{
	const struct conf_entry *entry = budgets->first, *ask;
	const struct conf_node *stream;
	bool ok = true;

	conf_enter(report, "budgets", 0);
	for (; ok && entry != NULL && entry->key != NULL;
	    entry = entry->next) {
		stream = conf_node_value(entry->value, "stream");
		ask = stream != NULL ? conf_node_get(stream, "ask_usage") :
		    NULL;
		conf_enter(report, entry->key->text, 0);
		if (ask != NULL)
			ok = conf_wrong(report, ask->key, "ask_usage changes "
			    "requests, which only a rule may, expected none");
		conf_leave(report);
	}
	conf_leave(report);
	return ok;
}

/* Whether it is said of the rule only what a preset may say. */
static bool
check_rule_keys(struct conf_report *report, const struct conf_node *rule)
{
	const struct conf_node *tunnel = conf_node_value(rule, "tunnel");
	const struct conf_node *budgets = conf_node_value(rule, "budgets");
	bool ok;

	if (!check_keys(report, rule, rule_keys) ||
	    (budgets != NULL && !check_budgets(report, budgets)))
		return false;
	if (tunnel == NULL)
		return true;
	conf_enter(report, "tunnel", 0);
	ok = check_keys(report, tunnel, tunnel_keys);
	conf_leave(report);
	return ok;
}

static bool
check_rule(struct conf_report *report, const struct conf_preset_parts *parts)
{
	const struct conf_entry *entry;
	bool ok;

	conf_enter(report, "rule", 0);
	ok = check_rule_keys(report, parts->rule);
	entry = parts->rule->first;
	for (; ok && entry != NULL; entry = entry->next)
		ok = check_told(report, entry, parts->sources);
	conf_leave(report);
	return ok;
}

bool
conf_preset_check(struct conf_report *report, const struct conf_node *root,
    struct conf_preset_parts *parts)
{
	const struct conf_node *limits;

	if (!check_keys(report, root, preset_keys) ||
	    (parts->hosts = required(report, root, "hosts", CONF_LIST)) ==
	    NULL ||
	    (limits = required(report, root, "limits", CONF_SCALAR)) == NULL ||
	    (parts->rule = required(report, root, "rule", CONF_MAPPING)) ==
	    NULL ||
	    (parts->sources = required(report, root, "sources", CONF_LIST)) ==
	    NULL)
		return false;
	parts->limits = limits->text;
	return check_hosts(report, parts->hosts) &&
	    check_same(report, root, parts) &&
	    check_sources(report, parts->sources) &&
	    check_rule(report, parts);
}

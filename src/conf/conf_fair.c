/* SPDX-License-Identifier: ISC */
#include "conf/conf_fair.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_advice.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"
#include "policy/credential.h"
#include "policy/rule_weight.h"

static const char	 prefix[] = "header:";
static const char	 jwt[] = "jwt:";

/* Words that stand for no field; of fair_by all but the first. */
static const struct {
	const char		*word;
	enum rule_key_kind	 kind;
} words[] = {
	{ "none", RULE_KEY_NONE },
	{ "client", RULE_KEY_CLIENT },
	{ "user", RULE_KEY_USER },
};

/* Other programs' words for these; fields of such names nobody has. */
static const struct {
	const char	*words;
	const char	*meant;
} synonyms[] = {
	{ " ip addr address remote_addr binary_remote_addr source source_ip "
	    "src client_ip clients ", "client" },
	{ " false no off null ", "none" },
	{ " true yes on credential credentials auth ", "authorization" },
	{ " jwt claims ", "jwt:iss,sub" },
};

/* The first of an option's words. */
static size_t
first_word(const struct conf_option *option)
{
	return option->kind == CONF_PER ? 0 : 1;
}

static bool
set_header(struct conf_report *report, const char *name, struct rule_key *key)
{
	char *p;

	free(key->header);
	key->header = strdup(name);
	if (key->header == NULL)
		return conf_wrong(report, NULL, "out of memory");
	for (p = key->header; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	key->kind = RULE_KEY_HEADER;
	return true;
}

static bool
set_claims(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, struct rule_key *key)
{
	const char *claims = node->text + sizeof jwt - 1;

	if (option->kind != CONF_PER)
		return conf_option_wrong(report, option, node, "is for per");
	if (!credential_are_claims(claims))
		return conf_option_wrong(report, option, node,
		    "has no claims' names behind the colon");
	free(key->claims);
	key->claims = strdup(claims);
	if (key->claims == NULL)
		return conf_wrong(report, NULL, "out of memory");
	key->kind = RULE_KEY_JWT;
	return true;
}

/*
 * What is near to a word is that word with a mistake in it, although a field
 * may have such a name: behind "header:" it is taken.
 */
static const char *
nearest(const struct conf_option *option, const char *text)
{
	unsigned distance;
	size_t i;

	for (i = first_word(option); i < sizeof words / sizeof words[0]; i++)
		if (conf_near(text, words[i].word, &distance))
			return words[i].word;
	return NULL;
}

static const char *
synonym(const struct conf_option *option, const char *text)
{
	size_t i, n = sizeof synonyms / sizeof synonyms[0];

	if (option->kind == CONF_FAIR_BY && strcasecmp(text, "none") == 0)
		return "client";
	if (option->kind == CONF_FAIR_BY)
		n = 1;
	for (i = 0; i < n; i++)
		if (conf_advice_is(synonyms[i].words, text))
			return synonyms[i].meant;
	return NULL;
}

static bool
wrong_key(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node)
{
	const char *near = synonym(option, node->text);
	const char *before = "";
	char buf[CONF_SHOW];

	if (near == NULL)
		near = nearest(option, node->text);
	if (near == NULL && http1_is_token(node->text, strlen(node->text))) {
		before = prefix;
		near = node->text;
	}
	if (near == NULL)
		return conf_option_wrong(report, option, node,
		    "is no field's name");
	return conf_wrong(report, node, "\"%s\" is unknown, expected %s; did "
	    "you mean \"%s%s\"?", conf_show(buf, node->text), option->range,
	    before, near);
}

bool
conf_fair_key(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	struct rule_key *key = field;
	const char *text = node->text;
	size_t i, len = sizeof prefix - 1;
	char buf[CONF_SHOW], period[CONF_TEXT];
	uint64_t ns;

	for (i = first_word(option); i < sizeof words / sizeof words[0]; i++) {
		if (strcmp(text, words[i].word) == 0) {
			key->kind = words[i].kind;
			return true;
		}
	}
	if (strncmp(text, prefix, len) == 0) {
		if (!http1_is_token(text + len, strlen(text + len)))
			return conf_option_wrong(report, option, node,
			    "has no field's name behind the colon");
		return set_header(report, text + len, key);
	}
	if (strncmp(text, jwt, sizeof jwt - 1) == 0)
		return set_claims(report, option, node, key);
	if (conf_advice_duration(text, &ns))
		return conf_wrong(report, node, "\"%s\" is a time, expected "
		    "%s; did you mean \"period: %s\"?",
		    conf_show(buf, text), option->range,
		    conf_duration_text(period, ns));
	if (option->kind == CONF_FAIR_BY || nearest(option, text) != NULL ||
	    synonym(option, text) != NULL ||
	    !http1_is_token(text, strlen(text)))
		return wrong_key(report, option, node);
	return set_header(report, text, key);
}

/* A weight and where it stood. */
struct reading {
	struct rule_weight		 weight;
	const struct conf_node		*key;
	size_t				 i;
};

static int
compare(const void *a, const void *b)
{
	const struct reading *p = a;
	const struct reading *q = b;
	int difference;

	difference = rule_weight_compare(&p->weight, &q->weight);
	if (difference != 0)
		return difference;
	return p->i < q->i ? -1 : p->i > q->i;
}

static bool
read_network(struct conf_walk *w, const struct conf_node *key,
    struct network *network)
{
	const char *expected;
	char buf[NETWORK_TEXT];
	bool near;

	expected = network_parse(network, key->text, strlen(key->text));
	if (expected == NULL)
		return true;
	near = network->family != 0;
	return conf_wrong(&w->report, key, "no client with fair_by: client, "
	    "expected %s%s%s%s", expected, near ? "; did you mean \"" : "",
	    near ? network_text(buf, network) : "", near ? "\"?" : "");
}

static bool
read_client(struct conf_walk *w, const struct rule *rule,
    const struct conf_node *key, struct rule_weight *weight)
{
	if (rule->fair_by.kind == RULE_KEY_CLIENT)
		return read_network(w, key, &weight->network);
	if (key->text[0] == '\0')
		return conf_wrong(&w->report, key, "empty, expected %s",
		    rule->fair_by.kind == RULE_KEY_USER ? "a user" :
		    "a value of the field that fair_by names");
	weight->value = strdup(key->text);
	return weight->value != NULL ||
	    conf_wrong(&w->report, NULL, "out of memory");
}

static bool
read_weight(struct conf_walk *w, const struct rule *rule,
    const struct conf_entry *entry, struct reading *reading)
{
	uint64_t weight;

	reading->key = entry->key;
	if (!read_client(w, rule, entry->key, &reading->weight) ||
	    !conf_walk_option(w, conf_option_find(w->report.options,
	    CONF_WEIGHT, "*"), entry->value, &weight))
		return false;
	reading->weight.weight = (uint32_t)weight;
	return true;
}

static bool
read_weights(struct conf_walk *w, const struct rule *rule,
    const struct conf_node *node, struct reading *readings)
{
	const struct conf_entry *entry;
	size_t i = 0;
	bool ok = true;

	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&w->report, entry->key->text, 0);
		readings[i].i = i;
		ok = read_weight(w, rule, entry, &readings[i++]);
		conf_leave(&w->report);
	}
	return ok;
}

/* They are sorted, so that what is there twice stands side by side. */
static bool
are_different(struct conf_walk *w, const struct reading *readings, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++) {
		if (rule_weight_compare(&readings[i - 1].weight,
		    &readings[i].weight) != 0)
			continue;
		conf_enter(&w->report, readings[i].key->text, 0);
		conf_walk_twice(w, readings[i].key, readings[i - 1].key);
		conf_leave(&w->report);
		return false;
	}
	return true;
}

/* Reads those of a mapping that is not empty; what was read is the rule's. */
static bool
load_weights(struct conf_walk *w, const struct conf_node *node,
    struct rule *rule)
{
	struct reading *readings = calloc(node->n, sizeof *readings);
	size_t i;
	bool ok;

	rule->weights = calloc(node->n, sizeof *rule->weights);
	if (readings == NULL || rule->weights == NULL) {
		free(readings);
		return conf_wrong(&w->report, NULL, "out of memory");
	}
	ok = read_weights(w, rule, node, readings);
	if (ok) {
		qsort(readings, node->n, sizeof *readings, compare);
		ok = are_different(w, readings, node->n);
	}
	for (i = 0; i < node->n; i++)
		rule->weights[i] = readings[i].weight;
	rule->nweights = node->n;
	free(readings);
	return ok;
}

bool
conf_fair_later(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	(void)w, (void)option, (void)node, (void)field;
	return true;
}

bool
conf_fair_weights(struct conf_walk *w, const struct conf_node *mapping,
    struct rule *rule)
{
	const struct conf_option *option;
	const struct conf_node *node;
	bool ok;

	node = conf_node_value(mapping, "weights");
	if (node == NULL)
		return true;
	option = conf_option_find(w->report.options, CONF_RULE, "weights");
	conf_enter(&w->report, "weights", 0);
	ok = conf_walk_mapping(w, node, "a mapping of clients to numbers");
	if (ok && node->n > option->max)
		ok = conf_wrong(&w->report, node, "%zu clients, expected %s",
		    node->n, option->range);
	if (ok && node->n > 0)
		ok = load_weights(w, node, rule);
	conf_leave(&w->report);
	return ok;
}

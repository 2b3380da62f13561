/* SPDX-License-Identifier: ISC */
#include "conf/conf_methods.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_list.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"
#include "policy/rule_methods.h"

/*
 * Methods are any tokens, and upper and lower case are different ones
 * (RFC 9110 9.1).  Who writes "get" does not mean that, though.
 */

static const char *const known[] = {
	"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH",
	"QUERY", NULL,
};

static const char	 idempotent_word[] = "idempotent";

/* What is being read. */
struct reading {
	bool	 may_be_word;	/* idempotent */
	bool	 idempotent;	/* it is there */
	char	**methods;	/* owned */
	size_t	 n;
};

/* Words for all methods: tokens, but no methods that anybody has. */
static bool
is_all(const char *text)
{
	return strcasecmp(text, "all") == 0 || strcasecmp(text, "any") == 0 ||
	    strcmp(text, "*") == 0;
}

/* What somebody who wrote that surely meant, or NULL. */
static const char *
meant(const struct reading *r, const char *text)
{
	unsigned distance;
	size_t i;

	for (i = 0; known[i] != NULL; i++)
		if (strcasecmp(text, known[i]) == 0 &&
		    strcmp(text, known[i]) != 0)
			return known[i];
	if (r->may_be_word && conf_near(text, idempotent_word,
	    &distance))
		return idempotent_word;
	return NULL;
}

static bool
check_method(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, const struct reading *r)
{
	const char *nearest = meant(r, node->text);
	char buf[CONF_SHOW];

	if (nearest != NULL)
		return conf_wrong(&w->report, node, "\"%s\" is unknown, "
		    "expected %s%s; did you mean \"%s\"?",
		    conf_show(buf, node->text), conf_option_noun(option),
		    option->range, nearest);
	if (is_all(node->text))
		return conf_wrong(&w->report, node, "\"%s\" is no method, "
		    "expected %s%s; %s", node->text,
		    conf_option_noun(option), option->range,
		    r->may_be_word ? "name each, as in [idempotent, POST, "
		    "PATCH]" : "leave the key out for all of them");
	if (!http1_is_token(node->text, strlen(node->text)))
		return conf_option_wrong(&w->report, option, node,
		    "is no method");
	if (r->may_be_word && strcmp(node->text, "CONNECT") == 0)
		return conf_option_wrong(&w->report, option, node,
		    "is never sent again");
	return true;
}

static bool
add_method(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, struct reading *r)
{
	const struct http1_str method = { node->text, strlen(node->text) };

	if (!check_method(w, option, node, r))
		return false;
	if (rule_methods_have(r->methods, r->n, method))
		return conf_option_wrong(&w->report, option, node,
		    "is there twice");
	if (r->n == RULE_METHODS_MAX)
		return conf_option_wrong(&w->report, option, node,
		    "is too much");
	r->methods[r->n] = strdup(node->text);
	if (r->methods[r->n] == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	r->n++;
	return true;
}

static bool
add_word(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct reading *r = field;

	if (!r->may_be_word || strcmp(node->text, idempotent_word) != 0)
		return add_method(w, option, node, r);
	if (r->idempotent)
		return conf_option_wrong(&w->report, option, node,
		    "is there twice");
	r->idempotent = true;
	return true;
}

/* Whether any word is to be kept: the defaults of the table have none. */
static bool
need_room(const struct reading *r, const struct conf_node *node)
{
	const struct conf_entry *entry;

	if (node->type != CONF_LIST)
		return true;
	for (entry = node->first; entry != NULL; entry = entry->next)
		if (!r->may_be_word ||
		    entry->value->type != CONF_SCALAR ||
		    strcmp(entry->value->text, idempotent_word) != 0)
			return true;
	return false;
}

/* What was read is the caller's, unless false is returned. */
static bool
read_methods(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, struct reading *r)
{
	if (conf_list_length(node) < option->min)
		return conf_wrong(&w->report, node,
		    "an empty list, expected %s%s",
		    conf_option_noun(option), option->range);
	if (need_room(r, node)) {
		r->methods = calloc(RULE_METHODS_MAX, sizeof *r->methods);
		if (r->methods == NULL)
			return conf_wrong(&w->report, NULL, "out of memory");
	}
	if (conf_list_read(w, option, node, add_word, r))
		return true;
	rule_methods_free(r->methods, r->n);
	return false;
}

bool
conf_methods_retry(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule *rule = field;
	struct reading r = { .may_be_word = true };

	if (!read_methods(w, option, node, &r))
		return false;
	rule_methods_free(rule->retry_methods, rule->nretry_methods);
	rule->retry_methods = r.methods;
	rule->nretry_methods = r.n;
	rule->retry_idempotent = r.idempotent;
	return true;
}

bool
conf_methods_cost(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule_cost *cost = field;
	struct reading r = { .may_be_word = false };

	if (!read_methods(w, option, node, &r))
		return false;
	rule_methods_free(cost->methods, cost->nmethods);
	cost->methods = r.methods;
	cost->nmethods = r.n;
	return true;
}

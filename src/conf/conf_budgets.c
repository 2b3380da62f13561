/* SPDX-License-Identifier: ISC */
#include "conf/conf_budgets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf/conf_body.h"
#include "conf/conf_list.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"
#include "policy/tokens.h"

#define NAME	31		/* bytes of a budget's, at most */

/*
 * Nobody's input stands at a path called "byte/4": it would count nothing.  But
 * "bytes_in" may be a key, and "bytes.in" a path.
 */
static bool
looks_like_bytes(const char *text)
{
	static const char byte[] = "byte";
	size_t n = sizeof byte - 1;

	if (strchr(text, '/') != NULL)
		return true;
	if (strncasecmp(text, byte, n) != 0)
		return false;
	n += text[n] == 's' || text[n] == 'S';
	return text[n] != '.' && text[n] != '_' && text[n] != '-' &&
	    !isalpha((unsigned char)text[n]);
}

/* A path; with "json:" before it also one that could be something else. */
static bool
set_input(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, struct tokens_budget *budget)
{
	static const char mark[] = "json:";
	const size_t n = sizeof mark - 1;
	struct conf_node path = *node;
	char show[CONF_SHOW];

	if (strncmp(path.text, mark, n) == 0)
		path.text += n;
	else if (looks_like_bytes(path.text) && path.text[0] != '/')
		return conf_wrong(&w->report, node, "\"%s\" looks like "
		    "bytes/N, expected bytes/4 or the like; a path in JSON "
		    "that is called so is json:%s", conf_show(show, path.text),
		    show);
	return conf_body_json(w, option, &path, &budget->input);
}

bool
conf_budgets_input(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct tokens_budget *budget = field;
	uint64_t n;

	if (strncmp(node->text, "bytes/", 6) != 0)
		return set_input(w, option, node, budget);
	if (conf_integer(node->text + 6, &n) != NULL || n == 0 || n > 1000000)
		return conf_wrong(&w->report, node, "no number of bytes from 1 "
		    "to 1000000 behind the slash, expected bytes/4 or the like");
	budget->input_bytes = (uint32_t)n;
	return true;
}

static bool
add_path(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct tokens_paths *paths = field;

	if (paths->n == option->max)
		return conf_option_wrong(&w->report, option, node,
		    "is one too many");
	return conf_body_json(w, option, node, &paths->all[paths->n]) &&
	    ++paths->n > 0;
}

bool
conf_budgets_paths(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	return conf_list_read(w, option, node, add_path, field);
}

static bool
is_name(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return n > 0 && n <= NAME && text[n] == '\0';
}

/*
 * A preset may say how a host counts, and not how much it allows.  That is
 * without effect until a rule names rates for it.
 */
static bool
is_form(const struct conf_walk *w, const struct conf_entry *entry)
{
	return strcmp(entry->key->file, w->report.name) != 0 &&
	    entry->value->type == CONF_MAPPING &&
	    conf_node_get(entry->value, "rates") == NULL &&
	    conf_node_get(entry->value, "per_total") == NULL;
}

/* What the keys of one must be together. */
static bool
finish(struct conf_walk *w, const struct conf_node *node,
    const struct tokens_budget *b, bool form)
{
	if (b->limits.nrates == 0 && b->total.nrates == 0 && !form)
		return conf_wrong(&w->report, node, "a budget without rates, "
		    "expected them such as rates: [{capacity: 30000, "
		    "period: 1m}], or per_total alone such as {capacity: "
		    "200000, period: 1m}");
	if (b->json == NULL && conf_node_value(node, "settle") != NULL)
		return conf_walk_wrong(w, node, "settle", "without json, "
		    "expected json in it");
	if (b->ask_usage && (b->json == NULL ||
	    b->format == TOKENS_FORMAT_NONE))
		return conf_walk_wrong(w, node, "stream", "with ask_usage, but "
		    "no stream is read for it, expected settle: {json: "
		    "usage.total_tokens} or the like, and format: sse");
	return true;
}

static bool
load_budget(struct conf_walk *w, const struct conf_node *budgets,
    const struct conf_entry *entry, struct tokens *tokens, bool form)
{
	struct tokens_budget *b = &tokens->budgets[tokens->n++];
	const struct conf_entry *first;

	*b = w->budget;
	if (!is_name(entry->key->text))
		return conf_wrong(&w->report, entry->key, "no name of a "
		    "budget, expected up to 31 letters, digits, _ or -");
	first = conf_node_get(budgets, entry->key->text);
	if (first != entry)
		return conf_walk_twice(w, entry->key, first->key);
	if ((b->name = strdup(entry->key->text)) == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	return conf_walk_mapping(w, entry->value, "a mapping such as {rates: "
	    "[{capacity: 30000, period: 1m}]}") &&
	    conf_walk_level(w, CONF_BUDGET, entry->value, b) &&
	    finish(w, entry->value, b, form);
}

/* Those with rates into the rule, if there are any; forms are looked at only. */
static bool
load_budgets(struct conf_walk *w, const struct conf_node *node,
    struct rule *rule, struct tokens *forms)
{
	const struct conf_entry *entry;
	bool form, ok = true;

	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		form = is_form(w, entry);
		if (!form && rule->tokens == NULL && (rule->tokens = calloc(1,
		    sizeof *rule->tokens)) == NULL)
			return conf_wrong(&w->report, NULL, "out of memory");
		conf_enter(&w->report, entry->key->text, 0);
		ok = load_budget(w, node, entry, form ? forms : rule->tokens,
		    form);
		conf_leave(&w->report);
	}
	return ok;
}

bool
conf_budgets_load(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule *rule = field;
	struct tokens *forms;
	const char *wrong;
	bool ok;

	if (!conf_walk_mapping(w, node, "a mapping of names to budgets"))
		return false;
	if (node->n > option->max)
		return conf_wrong(&w->report, node, "%zu budgets, expected %s",
		    node->n, option->range);
	if ((forms = calloc(1, sizeof *forms)) == NULL)
		return conf_wrong(&w->report, NULL, "out of memory");
	ok = load_budgets(w, node, rule, forms);
	tokens_free(forms);
	if (ok && rule->tokens != NULL &&
	    (wrong = tokens_complete(rule->tokens)) != NULL)
		return conf_wrong(&w->report, node, "%s", wrong);
	return ok;
}

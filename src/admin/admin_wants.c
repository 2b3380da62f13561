/* SPDX-License-Identifier: ISC */
#include "admin/admin_wants.h"

#include <stdint.h>
#include <stdlib.h>

#include "admin/admin_value.h"
#include "policy/rule.h"
#include "policy/tokens.h"

bool
admin_wants_make(const struct rule *rule, const struct http1_head *head,
    const char *body, size_t n, struct throttle_wants **made)
{
	const struct tokens *tokens = rule->tokens;
	struct throttle_wants *wants;
	struct json_scan json;
	bool read;
	unsigned i;

	*made = NULL;
	if (tokens == NULL || !tokens_counts(head))
		return true;
	wants = calloc(1, sizeof *wants + tokens->n * sizeof wants->amounts[0]);
	if (wants == NULL)
		return false;
	read = body != NULL && tokens_reads(tokens, head);
	json_scan_init(&json, &tokens->asks);
	if (read)
		json_scan_push(&json, body, n);
	wants->n = tokens->n;
	for (i = 0; i < tokens->n; i++)
		wants->amounts[i] = (struct throttle_amount){
			.name = tokens->budgets[i].name,
			.amount = tokens_input(tokens, i, n,
			    read ? &json : NULL) + tokens_output(tokens, i,
			    read ? &json : NULL, THROTTLE_NEVER),
		};
	*made = wants;
	return true;
}

/* The names of those that may be taken less of. */
static json_t *
learns_value(const struct tokens *tokens)
{
	json_t *names = json_array();
	bool ok = names != NULL;
	unsigned i;

	for (i = 0; ok && i < tokens->n; i++)
		if (tokens->budgets[i].learn == TOKENS_LEARN_P90)
			ok = json_array_append_new(names, json_string(
			    tokens->budgets[i].name)) == 0;
	if (ok)
		return names;
	json_decref(names);
	return NULL;
}

json_t *
admin_wants_value(const struct rule *rule, const struct throttle_wants *wants,
    json_t *value)
{
	json_t *all = json_object();
	const char *never;
	bool ok = value != NULL && all != NULL;
	unsigned i;

	if (wants == NULL) {
		json_decref(all);
		return value;
	}
	for (i = 0; ok && i < wants->n; i++)
		ok = json_object_set_new(all, wants->amounts[i].name,
		    admin_units((int64_t)wants->amounts[i].amount)) == 0;
	never = rule->mode == RULE_ENFORCE ?
	    tokens_never_fits(rule->tokens, wants) : NULL;
	if (ok && never != NULL)
		ok = json_object_update_new(value, json_pack("{s:s, s:o}",
		    "decision", "refuse", "says", json_sprintf("it wants more "
		    "of %s than the whole of it", never))) == 0;
	if (ok && json_object_set(value, "reserves", all) == 0 &&
	    json_object_set_new(value, "learns",
	    learns_value(rule->tokens)) == 0) {
		json_decref(all);
		return value;
	}
	json_decref(all);
	json_decref(value);
	return NULL;
}

/* SPDX-License-Identifier: ISC */
#include "admin/admin_query.h"

#include <inttypes.h>
#include <string.h>

#include "admin/admin_answer.h"
#include "admin/admin_names.h"
#include "conf/conf_value.h"

const char *
admin_query(const struct admin_request *r, const char *name)
{
	return json_string_value(json_object_get(r->query, name));
}

bool
admin_query_number(struct admin_request *r, const char *name,
    uint64_t fallback, uint64_t min, uint64_t max, uint64_t *value)
{
	const char *text = admin_query(r, name);
	char expected[64];

	*value = fallback;
	if (text == NULL || (conf_integer(text, value) == NULL &&
	    *value >= min && *value <= max))
		return true;
	snprintf(expected, sizeof expected, "a whole number from %" PRIu64
	    " to %" PRIu64, min, max);
	admin_answer_problem(r, 400, expected, "%s is \"%s\"", name, text);
	return false;
}

bool
admin_query_boolean(struct admin_request *r, const char *name, bool fallback,
    bool *value)
{
	static const char *const words[] = { "false", "true", NULL };
	int which;

	if (!admin_query_choice(r, name, words, fallback, &which))
		return false;
	*value = which == 1;
	return true;
}

bool
admin_query_choice(struct admin_request *r, const char *name,
    const char *const *words, int fallback, int *value)
{
	const char *text = admin_query(r, name);
	char expected[256];
	int i;

	*value = fallback;
	if (text == NULL)
		return true;
	for (i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], text) == 0) {
			*value = i;
			return true;
		}
	}
	admin_answer_problem(r, 400, admin_names_words(expected,
	    sizeof expected, words), "%s is \"%s\"", name, text);
	return false;
}

bool
admin_query_only(struct admin_request *r, const char *names)
{
	const char *name;
	char expected[256];
	json_t *value;

	json_object_foreach(r->query, name, value) {
		if (admin_names_has(names, name))
			continue;
		admin_answer_problem(r, 400, admin_names_list(expected,
		    sizeof expected, names, "no parameters"),
		    "there is no parameter \"%s\"", name);
		return false;
	}
	return true;
}

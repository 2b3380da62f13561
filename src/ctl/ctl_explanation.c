/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_explanation.h"

#include <string.h>

#include "ctl/ctl_json.h"

static enum ctl_style
style_of(const char *decision)
{
	if (strcmp(decision, "go") == 0)
		return CTL_GOOD;
	return strcmp(decision, "refuse") == 0 ? CTL_BAD : CTL_WARN;
}

static void
put_reason(struct ctl_table *t, const json_t *reason)
{
	char words[CTL_WORDS];
	double in = ctl_number(reason, "in");

	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(reason, "name", "?"));
	if (!ctl_has(reason, "in"))
		ctl_cell(t, CTL_WARN, "not known");
	else if (in <= 0)
		ctl_cell(t, CTL_GOOD, "now");
	else
		ctl_cell(t, CTL_WARN, "in %s", ctl_seconds(words, reason,
		    "in"));
	ctl_cell(t, CTL_PLAIN, "%s%s", ctl_string(reason, "says", ""),
	    ctl_true(reason, "decides") ? "; this decides" : "");
}

static void
print_reasons(const struct ctl_paper *paper, const json_t *reasons)
{
	size_t i, n = json_array_size(reasons);
	struct ctl_table *t;

	if (n == 0)
		return;
	t = ctl_table_new("WHAT|ALLOWS IT|WHY");
	for (i = 0; i < n; i++)
		put_reason(t, json_array_get(reasons, i));
	ctl_printf(paper, CTL_PLAIN, "\n");
	ctl_table_print(t, paper, 0, n, -1);
	ctl_table_free(t);
}

void
ctl_why_print(const struct ctl_paper *paper, const json_t *why)
{
	if (why == NULL)
		return;
	ctl_printf(paper, CTL_PLAIN, "\n");
	ctl_printf(paper, CTL_PLAIN, "the next one   ");
	ctl_printf(paper, CTL_WARN, "%s\n", ctl_string(why, "says", "?"));
	print_reasons(paper, ctl_member(why, "reasons"));
}

/* Whether it may go there, and by which line of the file. */
static void
print_destination(const struct ctl_paper *paper, const json_t *destination)
{
	const char *at = ctl_string(destination, "at", NULL);
	const json_t *allowed = ctl_member(destination, "allowed");

	if (destination == NULL)
		return;
	ctl_printf(paper, CTL_PLAIN, "destination    ");
	ctl_printf(paper, json_is_true(allowed) ? CTL_GOOD :
	    json_is_false(allowed) ? CTL_BAD : CTL_WARN, "%s%s%s\n",
	    ctl_string(destination, "says", "?"), at != NULL ? ", " : "",
	    at != NULL ? at : "");
}

/* Whose word the limits are. */
static void
print_preset(const struct ctl_paper *paper, const json_t *preset)
{
	bool rates = ctl_true(preset, "rates"), part = ctl_true(preset, "part");

	if (preset == NULL)
		return;
	ctl_printf(paper, CTL_PLAIN, "preset         %s: %s\n",
	    ctl_string(preset, "name", "?"),
	    rates && part ? "the host's rates and the part's limits are its" :
	    rates ? "the host's rates are its" :
	    part ? "the part's limits are its" :
	    "the limits here are none of its");
}

static bool
has_name(const json_t *names, const char *name)
{
	const char *one;
	size_t i;

	for (i = 0; i < json_array_size(names); i++) {
		one = json_string_value(json_array_get(names, i));
		if (one != NULL && strcmp(one, name) == 0)
			return true;
	}
	return false;
}

static void
print_reserves(const struct ctl_paper *paper, json_t *all,
    const json_t *learns)
{
	char amount[CTL_WORDS];
	const char *name;
	json_t *value;
	bool less;

	json_object_foreach(all, name, value) {
		less = has_name(learns, name);
		ctl_printf(paper, CTL_PLAIN, "reserves       %s%s of %s%s\n",
		    less ? "at most " : "",
		    ctl_figure(amount, json_number_value(value)), name,
		    less ? ", or less by what such requests have used" : "");
	}
}

void
ctl_explanation_print(const struct ctl *c, const json_t *e)
{
	struct ctl_paper paper = ctl_paper();
	const char *at = ctl_string(e, "at", NULL);
	const char *part = ctl_string(e, "part", NULL);
	const char *parent = ctl_string(e, "parent", NULL);
	char cost[CTL_WORDS];

	(void)c;
	ctl_printf(&paper, style_of(ctl_string(e, "decision", "")), "%s\n",
	    ctl_string(e, "says", "?"));
	ctl_printf(&paper, CTL_PLAIN, "host           %s\n",
	    ctl_string(e, "key", "?"));
	ctl_printf(&paper, CTL_PLAIN, "rule           %s%s%s\n",
	    ctl_string(e, "rule", "?"), at != NULL ? ", " : "", at != NULL ?
	    at : "");
	print_preset(&paper, ctl_member(e, "preset"));
	if (part != NULL)
		ctl_printf(&paper, CTL_PLAIN, "part           %s\n", part);
	print_destination(&paper, ctl_member(e, "destination"));
	if (parent != NULL)
		ctl_printf(&paper, CTL_PLAIN, "via parent     %s\n", parent);
	ctl_printf(&paper, CTL_PLAIN, "cost           %s\n",
	    ctl_figure(cost, ctl_number(e, "cost")));
	print_reserves(&paper, json_object_get(e, "reserves"),
	    json_object_get(e, "learns"));
	print_reasons(&paper, ctl_member(e, "reasons"));
}

/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_lists.h"

#include "ctl/ctl_args.h"
#include "ctl/ctl_ask.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_key.h"
#include "ctl/ctl_out.h"
#include "ctl/ctl_print.h"

/* Gets a list, of a host where one is named. */
static int
list(struct ctl *c, const char *path, const char *limit,
    void (*print)(const struct ctl *, const json_t *))
{
	struct text target = { NULL, 0, 0, false };
	struct ctl_answer a = { .json = NULL };
	struct ctl_daemon daemon;
	int status = ctl_daemon_find(c, &daemon);

	text_putf(&target, "%s", path);
	ctl_put_query(&target, "host", ctl_operand(c, 0));
	ctl_put_query(&target, "limit", limit);
	if (ctl_target(&target) == NULL)
		status = ctl_fail(c, CTL_FAILED, "out of memory");
	if (status == CTL_DONE) {
		ctl_ask_quietly(&daemon, "GET", target.p, NULL, &a);
		status = ctl_key_judge(&daemon, &a, ctl_operand(c, 0));
	}
	text_free(&target);
	return ctl_out(c, status, a.json, print);
}

/* exchanges */

static void
put_exchange(struct ctl_table *t, const json_t *x)
{
	const char *reason = ctl_string(x, "reason", NULL);
	const char *parent = ctl_string(x, "parent", NULL);
	long long resent = ctl_integer(x, "resent");
	char words[CTL_WORDS];

	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(x, "time", "?"));
	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(x, "client", "?"));
	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(x, "host", "?"));
	ctl_cell(t, CTL_PLAIN, "%lld", ctl_integer(x, "status"));
	ctl_cell(t, CTL_PLAIN, "%s", ctl_seconds(words, x, "held"));
	ctl_cell(t, CTL_PLAIN, "%s", ctl_seconds(words, x, "upstream"));
	ctl_cell(t, CTL_PLAIN, "%s%s%s%s%s%s", ctl_string(x, "outcome", "?"),
	    reason != NULL ? ": " : "", reason != NULL ? reason : "",
	    resent > 0 ? ", sent again" : "", parent != NULL ? ", via " : "",
	    parent != NULL ? parent : "");
	ctl_cell(t, CTL_PLAIN, "%s %s", ctl_string(x, "method", "-"),
	    ctl_string(x, "path", ""));
}

static void
print_exchanges(const struct ctl *c, const json_t *answer)
{
	const json_t *all = ctl_member(answer, "exchanges");
	struct ctl_paper paper = ctl_paper();
	size_t i, n = json_array_size(all);
	struct ctl_table *t;

	if (n == 0) {
		if (ctl_operand(c, 0) != NULL)
			ctl_note(c, "none of the requests that ended last was "
			    "to %s", ctl_operand(c, 0));
		else
			ctl_note(c, "no request has ended yet");
		return;
	}
	t = ctl_table_new("ENDED|CLIENT|HOST|>STATUS|>HELD|>UPSTREAM|"
	    "OUTCOME|REQUEST");
	for (i = 0; i < n; i++)
		put_exchange(t, json_array_get(all, i));
	ctl_table_print(t, &paper, 0, n, -1);
	ctl_table_free(t);
}

int
ctl_exchanges(struct ctl *c)
{
	return list(c, "/v1/exchanges", ctl_arg(c, "limit"), print_exchanges);
}

/* suggest */

/* Lines are the daemon's here: what is to be put into the file. */
static void
print_yaml(const struct ctl_paper *paper, const char *yaml)
{
	size_t n;

	for (; *yaml != '\0'; yaml += n) {
		n = strcspn(yaml, "\n");
		ctl_printf(paper, CTL_PLAIN, "  %.*s\n", (int)n, yaml);
		n += yaml[n] == '\n';
	}
}

/*
 * What is known of parts, as comments: the host alone knows which requests are
 * of which, so no rule can be written for one.
 */
static void
print_part(const struct ctl_paper *paper, const json_t *part)
{
	const json_t *estimate = ctl_member(part, "estimate"), *limit;
	size_t i;

	for (i = 0; i < json_array_size(estimate); i++) {
		limit = json_array_get(estimate, i);
		ctl_printf(paper, CTL_PLAIN, "  # part %s: %s (confidence "
		    "%lld%%)\n", ctl_string(part, "name", "?"),
		    ctl_string(limit, "evidence", ""), ctl_integer(limit,
		    "confidence"));
	}
}

static void
print_suggestion(const struct ctl_paper *paper, const json_t *s)
{
	const json_t *limits = ctl_member(s, "limits");
	const json_t *parts = ctl_member(s, "parts");
	size_t i;

	ctl_printf(paper, CTL_BOLD, "%s", ctl_string(s, "key", "?"));
	ctl_printf(paper, CTL_PLAIN, ": %s%s\n", ctl_string(s, "why", ""),
	    limits != NULL && !ctl_true(s, "confident") ?
	    " (not certain yet)" : "");
	if (limits != NULL)
		print_yaml(paper, ctl_string(limits, "yaml", ""));
	for (i = 0; i < json_array_size(parts); i++)
		print_part(paper, json_array_get(parts, i));
}

/* The host in a credential's key, if nothing is known of it; NULL otherwise. */
static json_t *
host_of_unknown(const json_t *s)
{
	const char *key = ctl_string(s, "key", "");
	size_t n = strcspn(key, "~");

	if (key[n] == '\0' || ctl_member(s, "limits") != NULL ||
	    json_array_size(ctl_member(s, "parts")) > 0)
		return NULL;
	return json_stringn(key, n);
}

/* How many credentials of each host there are of which nothing is known. */
static json_t *
count_unknown(const json_t *all)
{
	json_t *counts = json_object(), *host;
	const char *name;
	size_t i;

	for (i = 0; i < json_array_size(all); i++) {
		host = host_of_unknown(json_array_get(all, i));
		name = json_string_value(host);
		if (name != NULL)
			json_object_set_new(counts, name,
			    json_integer(ctl_integer(counts, name) + 1));
		json_decref(host);
	}
	return counts;
}

/* Of many credentials of one host the first one speaks for all of them. */
static void
print_unless_told(const struct ctl_paper *paper, const json_t *s,
    json_t *counts)
{
	json_t *host = host_of_unknown(s);
	const char *name = json_string_value(host);
	long long n = name != NULL ? ctl_integer(counts, name) : 1;

	if (n == 1)
		print_suggestion(paper, s);
	else if (n > 1) {
		ctl_printf(paper, CTL_BOLD, "%s", name);
		ctl_printf(paper, CTL_PLAIN, ": of %lld credentials no limit "
		    "is known\n", n);
		json_object_set_new(counts, name, json_integer(0));
	}
	json_decref(host);
}

static void
print_suggestions(const struct ctl *c, const json_t *answer)
{
	const json_t *all = ctl_member(answer, "suggestions");
	struct ctl_paper paper = ctl_paper();
	json_t *counts = count_unknown(all);
	size_t i;

	if (json_array_size(all) == 0)
		ctl_note(c, "there is nothing to suggest yet");
	for (i = 0; i < json_array_size(all); i++)
		print_unless_told(&paper, json_array_get(all, i), counts);
	json_decref(counts);
}

int
ctl_suggest(struct ctl *c)
{
	return list(c, "/v1/suggest", NULL, print_suggestions);
}

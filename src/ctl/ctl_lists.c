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

static void
print_suggestion(const struct ctl_paper *paper, const json_t *s)
{
	const json_t *limits = ctl_member(s, "limits");

	ctl_printf(paper, CTL_BOLD, "%s", ctl_string(s, "key", "?"));
	ctl_printf(paper, CTL_PLAIN, ": %s%s\n", ctl_string(s, "why", ""),
	    limits != NULL && !ctl_true(s, "confident") ?
	    " (not certain yet)" : "");
	if (limits != NULL)
		print_yaml(paper, ctl_string(limits, "yaml", ""));
}

static void
print_suggestions(const struct ctl *c, const json_t *answer)
{
	const json_t *all = ctl_member(answer, "suggestions");
	struct ctl_paper paper = ctl_paper();
	size_t i;

	if (json_array_size(all) == 0)
		ctl_note(c, "there is nothing to suggest yet");
	for (i = 0; i < json_array_size(all); i++)
		print_suggestion(&paper, json_array_get(all, i));
}

int
ctl_suggest(struct ctl *c)
{
	return list(c, "/v1/suggest", NULL, print_suggestions);
}

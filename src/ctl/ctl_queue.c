/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_queue.h"

#include <stdio.h>

#include "ctl/ctl_args.h"
#include "ctl/ctl_explanation.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_key.h"
#include "ctl/ctl_out.h"
#include "ctl/ctl_print.h"

static void
put_waiter(struct ctl_table *t, const json_t *w)
{
	char words[CTL_WORDS];

	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(w, "client", "?"));
	ctl_cell(t, CTL_PLAIN, "%s", ctl_seconds(words, w, "waited"));
	ctl_cell(t, CTL_PLAIN, "%s", ctl_has(w, "starts_in") ?
	    ctl_seconds(words, w, "starts_in") : "not known");
	ctl_cell(t, CTL_PLAIN, "%s", ctl_seconds(words, w, "gives_up_in"));
	ctl_cell(t, CTL_PLAIN, "%s", ctl_figure(words, ctl_number(w,
	    "cost")));
	ctl_cell(t, CTL_PLAIN, "%lld", ctl_integer(w, "urgency"));
	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(w, "part", "-"));
	ctl_cell(t, CTL_PLAIN, "%s %s", ctl_string(w, "method", "?"),
	    ctl_string(w, "path", ""));
}

static void
print_queue(const struct ctl *c, const json_t *queue)
{
	const json_t *waiters = ctl_member(queue, "waiters");
	struct ctl_paper paper = ctl_paper();
	size_t i, n = json_array_size(waiters);
	struct ctl_table *t;

	if (n == 0) {
		ctl_note(c, "nobody waits there");
		return;
	}
	t = ctl_table_new("CLIENT|>WAITS FOR|>STARTS IN|>GIVES UP IN|>COST|"
	    ">URGENCY|PART|REQUEST");
	for (i = 0; i < n; i++)
		put_waiter(t, json_array_get(waiters, i));
	ctl_table_print(t, &paper, 0, n, -1);
	ctl_table_free(t);
	ctl_why_print(&paper, ctl_member(queue, "why"));
	if ((long long)n < ctl_integer(queue, "waiting"))
		ctl_note(c, "%zu of %lld", n, ctl_integer(queue, "waiting"));
}

int
ctl_queue(struct ctl *c)
{
	const char *limit = ctl_arg(c, "limit");
	struct ctl_daemon daemon;
	json_t *answer = NULL;
	char tail[64];
	int status = ctl_daemon_find(c, &daemon);

	snprintf(tail, sizeof tail, "/queue?limit=%s", limit != NULL ? limit :
	    "100");
	if (status == CTL_DONE)
		status = ctl_key_ask(&daemon, "GET", tail, NULL, &answer);
	return ctl_out(c, status, answer, print_queue);
}

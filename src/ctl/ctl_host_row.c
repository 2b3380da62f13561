/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_host_row.h"

#include <string.h>

#include "ctl/ctl_json.h"

#define BAR	10	/* columns of it */

enum ctl_style
ctl_host_style(const char *state)
{
	if (strcmp(state, "paused") == 0)
		return CTL_BAD;
	if (strcmp(state, "recovering") == 0 ||
	    strcmp(state, "draining") == 0)
		return CTL_WARN;
	return CTL_PLAIN;
}

/* What share of a budget is left, from 0 to 1. */
static double
share(const json_t *budget)
{
	double burst = ctl_number(budget, "burst");
	double left = ctl_number(budget, "left");

	if (burst <= 0 || left <= 0)
		return 0;
	return left >= burst ? 1 : left / burst;
}

static const json_t *
emptiest(const json_t *budgets)
{
	const json_t *best = NULL, *budget;
	size_t i;

	for (i = 0; i < json_array_size(budgets); i++) {
		budget = json_array_get(budgets, i);
		if (best == NULL || share(budget) < share(best))
			best = budget;
	}
	return best;
}

void
ctl_host_bar(struct text *t, const json_t *budgets)
{
	const json_t *budget = emptiest(budgets);
	char left[CTL_WORDS], burst[CTL_WORDS];
	unsigned i, full;

	if (budget == NULL) {
		text_puts(t, "-");
		return;
	}
	full = (unsigned)(share(budget) * BAR);
	text_puts(t, "[");
	for (i = 0; i < BAR; i++)
		text_puts(t, i < full ? "|" : " ");
	text_puts(t, "] ");
	text_puts(t, ctl_figure(left, ctl_number(budget, "left")));
	text_puts(t, " of ");
	text_puts(t, ctl_figure(burst, ctl_number(budget, "burst")));
}

struct ctl_table *
ctl_host_table(void)
{
	return ctl_table_new("HOST|STATE|BUDGET LEFT|>IN FLIGHT|>WAITING|"
	    ">OLDEST|PAUSE");
}

static void
put_budget(struct ctl_table *t, const json_t *host)
{
	struct text bar = { NULL, 0, 0, false };
	const json_t *budgets = ctl_member(host, "budgets");

	ctl_host_bar(&bar, budgets);
	ctl_cell(t, budgets != NULL && share(emptiest(budgets)) < 0.1 &&
	    json_array_size(budgets) > 0 ? CTL_WARN : CTL_PLAIN, "%.*s",
	    (int)bar.len, bar.p != NULL ? bar.p : "");
	text_free(&bar);
}

static void
put_flight(struct ctl_table *t, const json_t *host)
{
	long long most = ctl_integer(host, "concurrency");

	if (most > 0)
		ctl_cell(t, CTL_PLAIN, "%lld of %lld", ctl_integer(host,
		    "in_flight"), most);
	else
		ctl_cell(t, CTL_PLAIN, "%lld", ctl_integer(host, "in_flight"));
}

static void
put_pause(struct ctl_table *t, const json_t *host)
{
	const json_t *pause = ctl_member(host, "pause");
	const json_t *recovery = ctl_member(host, "recovery");
	char left[CTL_WORDS];

	if (pause != NULL)
		ctl_cell(t, CTL_BAD, "%s, %s", ctl_seconds(left, pause,
		    "remaining"), ctl_string(pause, "why",
		    ctl_string(pause, "cause", "")));
	else if (recovery != NULL)
		ctl_cell(t, CTL_WARN, "recovering, %lld at a time",
		    ctl_integer(recovery, "at_most"));
	else
		ctl_cell(t, CTL_PLAIN, "%s", "");
}

void
ctl_host_row(struct ctl_table *t, const json_t *host)
{
	const char *state = ctl_string(host, "state", "");
	long long waiting = ctl_integer(host, "waiting");
	long long hosts = ctl_integer(host, "hosts");
	char oldest[CTL_WORDS];

	if (hosts > 1)
		ctl_cell(t, CTL_PLAIN, "%s (%lld)", ctl_string(host, "key",
		    "?"), hosts);
	else
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(host, "key", "?"));
	ctl_cell(t, ctl_host_style(state), "%s%s", state,
	    ctl_has(host, "override") ? "*" : "");
	put_budget(t, host);
	put_flight(t, host);
	ctl_cell(t, waiting > 0 ? CTL_WARN : CTL_PLAIN, "%lld", waiting);
	ctl_cell(t, CTL_PLAIN, "%s", ctl_seconds(oldest, host,
	    "oldest_wait"));
	put_pause(t, host);
}

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

/*
 * What is left at most.  Of one that is shared others may have taken what the
 * bucket here has; when the store told what nobody had, that has grown since.
 */
static double
left_of(const json_t *budget)
{
	const json_t *store = ctl_member(budget, "store");
	const char *without = ctl_string(store, "without", NULL);
	double here = ctl_number(budget, "left"), all;
	bool holds = without != NULL && strcmp(without, "hold") == 0;

	if (store == NULL || (!holds && (without != NULL ||
	    !ctl_has(store, "left"))))
		return here;
	all = ctl_number(store, "leased");
	if (!holds)
		all += ctl_number(store, "left") + ctl_number(store, "age") *
		    ctl_number(budget, "capacity") /
		    ctl_number(budget, "period");
	return all < here ? all : here;
}

/* What share of a budget is left, from 0 to 1. */
static double
share(const json_t *budget)
{
	double burst = ctl_number(budget, "burst");
	double left = left_of(budget);

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
	text_puts(t, ctl_figure(left, left_of(budget)));
	text_puts(t, " of ");
	text_puts(t, ctl_figure(burst, ctl_number(budget, "burst")));
}

struct ctl_table *
ctl_host_table(void)
{
	return ctl_table_new("HOST|STATE|BUDGET LEFT|>IN FLIGHT|>WAITING|"
	    ">OLDEST|PAUSE");
}

/* Whether its budgets are shared, and what holds where the store does not. */
static void
put_shared(struct text *t, const json_t *store)
{
	const char *without = ctl_string(store, "without", NULL);

	if (without != NULL)
		text_putf(t, ", without the store: %s", without);
	else if (store != NULL)
		text_puts(t, ", shared");
}

static void
put_budget(struct ctl_table *t, const json_t *host)
{
	struct text bar = { NULL, 0, 0, false };
	const json_t *budgets = ctl_member(host, "budgets");
	const json_t *store = ctl_member(host, "store");
	bool low = json_array_size(budgets) > 0 &&
	    share(emptiest(budgets)) < 0.1;

	ctl_host_bar(&bar, budgets);
	put_shared(&bar, store);
	ctl_cell(t, ctl_has(store, "without") ? CTL_BAD :
	    low ? CTL_WARN : CTL_PLAIN, "%.*s", (int)bar.len,
	    bar.p != NULL ? bar.p : "");
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

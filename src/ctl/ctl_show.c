/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_show.h"

#include <string.h>

#include "ctl/ctl_event_row.h"
#include "ctl/ctl_explanation.h"
#include "ctl/ctl_host_row.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_key.h"
#include "ctl/ctl_out.h"
#include "ctl/ctl_print.h"

static void
print_pause(const struct ctl_paper *paper, const json_t *pause)
{
	char left[CTL_WORDS];

	if (pause == NULL)
		return;
	ctl_printf(paper, CTL_BAD, "paused         for %s, until %s (%s): "
	    "%s\n", ctl_seconds(left, pause, "remaining"),
	    ctl_string(pause, "until", "?"), ctl_string(pause, "cause", ""),
	    ctl_string(pause, "why", ""));
}

static void
print_override(const struct ctl_paper *paper, const json_t *o)
{
	char left[CTL_WORDS];

	if (o == NULL)
		return;
	ctl_printf(paper, CTL_WARN, "override       %s, was %s; for another "
	    "%s, by %s: %s\n", ctl_string(o, "is", "?"), ctl_string(o, "was",
	    "?"), ctl_seconds(left, o, "remaining"), ctl_string(o, "by", "?"),
	    ctl_string(o, "reason", ""));
}

static void
print_learned(const struct ctl_paper *paper, const json_t *host)
{
	const json_t *learned = ctl_member(host, "learned");
	const json_t *recovery = ctl_member(host, "recovery");
	char reset[CTL_WORDS];

	if (recovery != NULL)
		ctl_printf(paper, CTL_WARN, "recovering     %lld at a time, "
		    "%lld on their way\n", ctl_integer(recovery, "at_most"),
		    ctl_integer(recovery, "on_their_way"));
	if (learned != NULL)
		ctl_printf(paper, CTL_PLAIN, "it says        %lld left, reset "
		    "in %s\n", ctl_integer(learned, "left"),
		    ctl_seconds(reset, learned, "reset_in"));
}

static void
print_traffic(const struct ctl_paper *paper, const json_t *h)
{
	const json_t *counts = ctl_member(h, "counts");
	const json_t *limits = ctl_member(h, "limits");
	const json_t *slots = ctl_member(limits, "concurrency");
	const json_t *total = ctl_member(h, "total");
	long long most = ctl_integer(slots, "value");
	char oldest[CTL_WORDS], wait[CTL_WORDS];

	ctl_printf(paper, CTL_PLAIN, "in flight      %lld",
	    ctl_integer(h, "in_flight"));
	if (most > 0)
		ctl_printf(paper, CTL_PLAIN, " of %lld (%s)", most,
		    ctl_string(slots, "from", "default"));
	if (ctl_has(ctl_member(h, "store"), "slots"))
		ctl_printf(paper, CTL_PLAIN, ", here at most %lld now",
		    ctl_integer(ctl_member(h, "store"), "slots"));
	if (ctl_integer(total, "concurrency") > 0)
		ctl_printf(paper, CTL_PLAIN, ", of all credentials %lld of "
		    "%lld", ctl_integer(total, "in_flight"),
		    ctl_integer(total, "concurrency"));
	ctl_printf(paper, CTL_PLAIN, ", tunnels %lld\n", ctl_integer(h,
	    "tunnels"));
	ctl_printf(paper, CTL_PLAIN, "waiting        %lld of %lld",
	    ctl_integer(h, "waiting"), ctl_integer(h, "queue_length"));
	if (ctl_has(h, "oldest_wait"))
		ctl_printf(paper, CTL_PLAIN, ", the oldest for %s",
		    ctl_seconds(oldest, h, "oldest_wait"));
	ctl_printf(paper, CTL_PLAIN, "; none for longer than %s\n",
	    ctl_seconds(wait, limits, "max_wait"));
	ctl_printf(paper, CTL_PLAIN, "requests       admitted %lld, refused "
	    "here %lld, by the host %lld, sent again %lld\n",
	    ctl_integer(counts, "admitted"), ctl_integer(counts, "refused"),
	    ctl_integer(counts, "throttled"), ctl_integer(counts, "resent"));
}

/* The store that its budgets are shared by. */
static void
print_store(const struct ctl_paper *paper, const json_t *store)
{
	const char *without = ctl_string(store, "without", NULL);
	long long proxies = ctl_integer(store, "proxies");

	if (store == NULL)
		return;
	ctl_printf(paper, CTL_PLAIN, "shared         ");
	if (proxies > 0)
		ctl_printf(paper, CTL_PLAIN, "by %lld %s, ", proxies,
		    proxies == 1 ? "proxy" : "proxies");
	ctl_printf(paper, ctl_true(store, "connected") ? CTL_PLAIN : CTL_BAD,
	    "the store is %s", ctl_true(store, "connected") ? "connected" :
	    "not connected");
	if (without != NULL)
		ctl_printf(paper, CTL_BAD, "; without it: %s", without);
	ctl_printf(paper, CTL_PLAIN, "\n");
}

static void
print_rule(const struct ctl_paper *paper, const json_t *h)
{
	const json_t *limits = ctl_member(h, "limits");
	const json_t *observed = ctl_member(h, "observed");
	const char *per = ctl_string(limits, "per", "none");

	ctl_printf(paper, CTL_PLAIN, "rule           %s, HTTPS %s",
	    ctl_string(h, "rule", "?"), ctl_string(limits, "https", "?"));
	if (strcmp(per, "none") != 0)
		ctl_printf(paper, CTL_PLAIN, ", per %s", per);
	ctl_printf(paper, CTL_PLAIN, "%s%s\n", ctl_true(limits, "shared") ?
	    ", shared" : "", strcmp(ctl_string(limits, "mode", ""),
	    "observe") == 0 ? ", only observed" : "");
	if (ctl_has(h, "parent"))
		ctl_printf(paper, CTL_PLAIN, "via parent     %s\n",
		    ctl_string(h, "parent", "?"));
	if (observed != NULL)
		ctl_printf(paper, CTL_PLAIN, "observed       would go %lld, "
		    "wait %lld, be refused %lld; waiting now %lld\n",
		    ctl_integer(observed, "would_go"),
		    ctl_integer(observed, "would_wait"),
		    ctl_integer(observed, "would_refuse"),
		    ctl_integer(observed, "waiting"));
}

/* Budgets, of the whole and of its parts. */

/* What one has of the store. */
static void
put_store(struct ctl_table *t, const json_t *store)
{
	const char *without = ctl_string(store, "without", NULL);
	char leased[CTL_WORDS], left[CTL_WORDS], age[CTL_WORDS];

	if (store == NULL) {
		ctl_cell(t, CTL_PLAIN, "%s", "-");
		return;
	}
	(void)ctl_figure(leased, ctl_number(store, "leased"));
	if (without != NULL)
		ctl_cell(t, CTL_BAD, "without it: %s, %s leased", without,
		    leased);
	else if (ctl_has(store, "left"))
		ctl_cell(t, CTL_PLAIN, "%s leased, %s free %s ago", leased,
		    ctl_figure(left, ctl_number(store, "left")),
		    ctl_seconds(age, store, "age"));
	else
		ctl_cell(t, CTL_PLAIN, "%s", "not asked yet");
}

static void
put_budgets(struct ctl_table *t, const json_t *budgets)
{
	char full[CTL_WORDS];
	json_t *one;
	const json_t *b;
	size_t i;

	for (i = 0; i < json_array_size(budgets); i++) {
		struct text bar = { NULL, 0, 0, false };

		b = json_array_get(budgets, i);
		one = json_pack("[O]", b);
		ctl_host_bar(&bar, one);
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(b, "name", "?"));
		ctl_cell(t, CTL_PLAIN, "%.*s", (int)bar.len, bar.p != NULL ?
		    bar.p : "");
		ctl_cell(t, CTL_PLAIN, "%s", ctl_seconds(full, b, "full_in"));
		ctl_cell(t, CTL_PLAIN, "%s%s", ctl_string(b, "from", ""),
		    ctl_true(b, "strict") ? ", strict" : "");
		put_store(t, ctl_member(b, "store"));
		json_decref(one);
		text_free(&bar);
	}
}

static void
print_budgets(const struct ctl_paper *paper, const json_t *h)
{
	const json_t *parts = ctl_member(h, "parts");
	struct ctl_table *t = ctl_table_new("BUDGET|LEFT|>FULL IN|FROM|STORE");
	size_t i, n = json_array_size(ctl_member(h, "budgets"));
	const json_t *budgets;

	put_budgets(t, ctl_member(h, "budgets"));
	for (i = 0; i < json_array_size(parts); i++) {
		budgets = ctl_member(json_array_get(parts, i), "budgets");
		put_budgets(t, budgets);
		n += json_array_size(budgets);
	}
	if (n > 0) {
		ctl_printf(paper, CTL_PLAIN, "\n");
		ctl_table_print(t, paper, 0, n, -1);
	}
	ctl_table_free(t);
}

static void
put_part(struct ctl_table *t, const json_t *part)
{
	const json_t *pause = ctl_member(part, "pause");
	const char *state = ctl_string(part, "state", "");
	long long most = ctl_integer(part, "concurrency");
	char left[CTL_WORDS];

	ctl_cell(t, CTL_PLAIN, "%s", ctl_string(part, "name", "?"));
	ctl_cell(t, ctl_host_style(state), "%s", state);
	ctl_cell(t, CTL_PLAIN, most > 0 ? "%lld of %lld" : "%lld",
	    ctl_integer(part, "in_flight"), most);
	ctl_cell(t, CTL_PLAIN, "%s", ctl_true(part, "learned") ? "the host" :
	    "file");
	if (pause != NULL)
		ctl_cell(t, CTL_BAD, "%s, %s", ctl_seconds(left, pause,
		    "remaining"), ctl_string(pause, "why", ""));
	else
		ctl_cell(t, CTL_PLAIN, "%s", "");
}

static void
print_parts(const struct ctl_paper *paper, const json_t *parts)
{
	struct ctl_table *t;
	size_t i, n = json_array_size(parts);

	if (n == 0)
		return;
	t = ctl_table_new("PART|STATE|>IN FLIGHT|NAMED BY|PAUSE");
	for (i = 0; i < n; i++)
		put_part(t, json_array_get(parts, i));
	ctl_printf(paper, CTL_PLAIN, "\n");
	ctl_table_print(t, paper, 0, n, -1);
	ctl_table_free(t);
}

/* What was found by refusals, of the whole and of parts that the host names. */

/* Returns how many there are. */
static size_t
put_estimate(struct ctl_table *t, const char *name, const json_t *estimate)
{
	const json_t *limit;
	size_t i, n = json_array_size(estimate);

	for (i = 0; i < n; i++) {
		limit = json_array_get(estimate, i);
		ctl_cell(t, CTL_PLAIN, "%s", name);
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(limit, "kind", "?"));
		ctl_cell(t, CTL_PLAIN, "%lld %%", ctl_integer(limit,
		    "confidence"));
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(limit, "evidence",
		    ""));
	}
	return n;
}

static void
print_estimates(const struct ctl_paper *paper, const json_t *h)
{
	const json_t *parts = ctl_member(h, "parts"), *part;
	struct ctl_table *t = ctl_table_new("FOUND FOR|KIND|>CONFIDENCE|"
	    "EVIDENCE");
	size_t i, n = put_estimate(t, ctl_string(h, "key", "?"),
	    ctl_member(h, "estimate"));

	for (i = 0; i < json_array_size(parts); i++) {
		part = json_array_get(parts, i);
		n += put_estimate(t, ctl_string(part, "name", "?"),
		    ctl_member(part, "estimate"));
	}
	if (n > 0) {
		ctl_printf(paper, CTL_PLAIN, "\n");
		ctl_table_print(t, paper, 0, n, -1);
	}
	ctl_table_free(t);
}

static void
print_clients(const struct ctl_paper *paper, const json_t *clients)
{
	size_t i, n = json_array_size(clients);
	const json_t *client;
	struct ctl_table *t;

	if (n == 0)
		return;
	t = ctl_table_new("CLIENT|>WAITING|>IN FLIGHT");
	for (i = 0; i < n; i++) {
		client = json_array_get(clients, i);
		ctl_cell(t, CTL_PLAIN, "%s", ctl_string(client, "client",
		    "?"));
		ctl_cell(t, CTL_PLAIN, "%lld", ctl_integer(client, "waiting"));
		ctl_cell(t, CTL_PLAIN, "%lld", ctl_integer(client,
		    "in_flight"));
	}
	ctl_printf(paper, CTL_PLAIN, "\n");
	ctl_table_print(t, paper, 0, n, -1);
	ctl_table_free(t);
}

static void
print_refusals(const struct ctl_paper *paper, const json_t *refusals)
{
	size_t i, n = json_array_size(refusals);

	if (n == 0)
		return;
	ctl_printf(paper, CTL_PLAIN, "\n");
	ctl_printf(paper, CTL_BOLD, "LAST REFUSALS\n");
	for (i = 0; i < n; i++)
		ctl_event_print(paper, json_array_get(refusals, i));
}

static void
print_show(const struct ctl *c, const json_t *h)
{
	struct ctl_paper paper = ctl_paper();
	const char *state = ctl_string(h, "state", "");

	(void)c;
	ctl_printf(&paper, CTL_BOLD, "%s", ctl_string(h, "key", "?"));
	ctl_printf(&paper, CTL_PLAIN, " is ");
	ctl_printf(&paper, ctl_host_style(state), "%s\n", state);
	print_pause(&paper, ctl_member(h, "pause"));
	print_learned(&paper, h);
	print_override(&paper, ctl_member(h, "override"));
	print_rule(&paper, h);
	print_store(&paper, ctl_member(h, "store"));
	print_traffic(&paper, h);
	ctl_why_print(&paper, ctl_member(h, "why"));
	print_budgets(&paper, h);
	print_parts(&paper, ctl_member(h, "parts"));
	print_estimates(&paper, h);
	print_clients(&paper, ctl_member(h, "clients"));
	print_refusals(&paper, ctl_member(h, "refusals"));
}

int
ctl_show(struct ctl *c)
{
	struct ctl_daemon daemon;
	json_t *answer = NULL;
	int status = ctl_daemon_find(c, &daemon);

	if (status == CTL_DONE)
		status = ctl_key_ask(&daemon, "GET", "", NULL, &answer);
	return ctl_out(c, status, answer, print_show);
}

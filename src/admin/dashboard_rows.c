/* SPDX-License-Identifier: ISC */
#include "admin/dashboard_rows.h"

#include <math.h>
#include <string.h>

#include "base/words.h"

#define NS	1e9		/* of a second */
#define LOW	0.1		/* of a budget, from which on it is a warning */

static void
put_escaped(struct text *out, const char *s)
{
	size_t n;

	while (*s != '\0') {
		n = strcspn(s, "&<>\"'");
		text_put(out, s, n);
		s += n;
		if (*s != '\0')
			text_putf(out, "&#%d;", *s++);
	}
}

static void
put_string(struct text *out, const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	put_escaped(out, s != NULL ? s : "");
}

static double
number(const json_t *o, const char *name)
{
	return json_number_value(json_object_get(o, name));
}

static void
put_seconds(struct text *out, double seconds)
{
	char buf[WORDS];

	text_puts(out, words_duration(buf,
	    seconds > 0 ? (uint64_t)(seconds * NS) : 0));
}

/* As the page's scripts have it: never more than there is, to a tenth. */
static void
put_amount(struct text *out, double n)
{
	text_putf(out, "%.10g", n >= 100 ? floor(n) : floor(n * 10) / 10);
}

/* The budget of which the smallest share is left. */
static const json_t *
tightest(const json_t *host, double *share)
{
	const json_t *least = NULL, *budget;
	double left;
	size_t i;

	json_array_foreach(json_object_get(host, "budgets"), i, budget) {
		left = number(budget, "burst") > 0 ?
		    number(budget, "left") / number(budget, "burst") : 0;
		if (least != NULL && left >= *share)
			continue;
		least = budget;
		*share = left;
	}
	return least;
}

/* Under a name: its rule, and its limits. */
static void
put_limits(struct text *out, const json_t *host)
{
	const json_t *budget;
	const char *between = "";
	size_t i;

	put_string(out, host, "rule");
	text_puts(out, ": ");
	json_array_foreach(json_object_get(host, "budgets"), i, budget) {
		text_puts(out, between);
		put_string(out, budget, "name");
		between = " \xc2\xb7 ";
	}
	if (number(host, "concurrency") > 0)
		text_putf(out, "%s%.0f at a time", between,
		    number(host, "concurrency"));
	else if (*between == '\0')
		text_puts(out, "no limit");
}

static void
put_shared(struct text *out, const json_t *store)
{
	const char *without = json_string_value(json_object_get(store,
	    "without"));

	if (without != NULL)
		text_putf(out, " \xc2\xb7 <span class=\"warn\">without the "
		    "store: %s</span>", without);
	else if (json_is_object(store))
		text_puts(out, " \xc2\xb7 shared");
}

static void
put_budget(struct text *out, const json_t *host)
{
	double share = 0;
	const json_t *budget = tightest(host, &share);
	const json_t *learned = json_object_get(host, "learned");

	text_puts(out, "<td class=\"budgets\">");
	if (budget != NULL) {
		text_putf(out, "<svg class=\"bar%s\" aria-hidden=\"true\">"
		    "<rect height=\"100%%\" rx=\"4\" width=\"%.1f%%\"/></svg>"
		    "<div class=\"lab\">", share < LOW ? " low" : "",
		    share < 0 ? 0 : share > 1 ? 100 : share * 100);
		put_amount(out, number(budget, "left"));
		text_puts(out, " of ");
		put_amount(out, number(budget, "burst"));
		put_shared(out, json_object_get(host, "store"));
	} else {
		text_puts(out, "<div class=\"lab\">no rate");
	}
	if (json_is_object(learned)) {
		text_putf(out, " \xc2\xb7 host says %.0f, reset in ",
		    number(learned, "left"));
		put_seconds(out, number(learned, "reset_in"));
	}
	text_puts(out, "</div></td>");
}

static void
put_figures(struct text *out, const json_t *host)
{
	const json_t *oldest = json_object_get(host, "oldest_wait");
	double waiting = number(host, "waiting");

	text_putf(out, "<td class=\"n wide\"><b>%.0f</b>",
	    number(host, "in_flight"));
	if (number(host, "concurrency") > 0)
		text_putf(out, " / %.0f", number(host, "concurrency"));
	text_putf(out, "</td><td class=\"n waiting%s\"><b>%.0f</b>",
	    waiting > 0 ? " some" : "", waiting);
	if (waiting > 0 && json_is_number(oldest)) {
		text_puts(out, "<div class=\"lab\">oldest ");
		put_seconds(out, json_number_value(oldest));
		text_puts(out, "</div>");
	}
	text_puts(out, "</td><td class=\"wide\"></td>");
}

static void
put_state(struct text *out, const json_t *host)
{
	const json_t *pause = json_object_get(host, "pause");

	text_puts(out, "<td class=\"state\"><span class=\"pill ");
	put_string(out, host, "state");
	text_puts(out, "\">");
	put_string(out, host, "state");
	if (json_is_object(pause)) {
		text_puts(out, " ");
		put_seconds(out, number(pause, "remaining"));
	}
	text_puts(out, "</span>");
	if (json_is_object(pause)) {
		text_puts(out, "<div class=\"lab\">");
		put_string(out, pause, "why");
		text_puts(out, "</div>");
	}
	text_puts(out, "</td>");
}

static void
put_row(struct text *out, const json_t *host)
{
	text_puts(out, "<tr><td class=\"name\">");
	put_string(out, host, "key");
	text_puts(out, "<small>");
	put_limits(out, host);
	text_puts(out, "</small></td>");
	put_budget(out, host);
	put_figures(out, host);
	put_state(out, host);
	text_puts(out, "</tr>\n");
}

void
dashboard_rows(struct text *out, const json_t *answer)
{
	const json_t *hosts = json_object_get(answer, "hosts");
	const json_t *host;
	double more;
	size_t i;

	json_array_foreach(hosts, i, host)
		put_row(out, host);
	more = number(answer, "total") - (double)json_array_size(hosts);
	if (json_array_size(hosts) == 0)
		text_puts(out, "<tr><td colspan=\"7\">No host yet: none was "
		    "asked since the start.</td></tr>\n");
	else if (more > 0)
		text_putf(out, "<tr><td colspan=\"7\">and %.0f more</td></tr>"
		    "\n", more);
}

/* Where budgets are shared: whether they are. */
static void
put_store(struct text *out, const json_t *store)
{
	double without = number(store, "without");

	if (!json_is_object(store))
		return;
	if (!json_is_true(json_object_get(store, "connected"))) {
		text_puts(out, "<span class=\"warn\">without the store for "
		    "<b>");
		put_seconds(out, number(store, "age"));
		text_puts(out, "</b></span>");
	} else if (without > 0)
		text_putf(out, "<span class=\"warn\"><b>%.0f</b> without the "
		    "store</span>", without);
	else
		text_puts(out, "<span>store connected</span>");
}

void
dashboard_summary(struct text *out, const json_t *status)
{
	const json_t *oldest = json_object_get(status, "oldest_wait");

	text_putf(out, "<span><b>%.0f</b> waiting", number(status, "waiting"));
	if (json_is_number(oldest)) {
		text_puts(out, ", longest <b>");
		put_seconds(out, json_number_value(oldest));
		text_puts(out, "</b>");
	}
	text_putf(out, "</span><span><b>%.0f</b> under way</span>",
	    number(status, "in_flight"));
	text_putf(out, "<span><b>%.0f</b> paused</span>",
	    number(status, "paused"));
	text_putf(out, "<span><b>%.0f</b> refused in the last hour</span>",
	    number(status, "refused_last_hour"));
	put_store(out, json_object_get(status, "store"));
}

void
dashboard_process(struct text *out, const json_t *status)
{
	const json_t *conf = json_object_get(status, "configuration");
	const char *loaded = json_string_value(json_object_get(conf,
	    "loaded"));

	text_puts(out, "up ");
	put_seconds(out, number(status, "up"));
	/* The hour and minute of an instant of RFC 3339. */
	if (loaded == NULL || strlen(loaded) < 16)
		return;
	text_puts(out, " \xc2\xb7 configuration of ");
	text_put(out, loaded + 11, 5);
	text_puts(out, " UTC");
}

/* SPDX-License-Identifier: ISC */
#include "admin/dashboard_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"

/* What an answer becomes, by one of the functions. */
static char *
html(void (*put)(struct text *, const json_t *), const char *json)
{
	struct text out = {0};
	json_t *o = json_loads(json, 0, NULL);

	ck_assert_ptr_nonnull(o);
	put(&out, o);
	text_put(&out, "", 1);
	ck_assert(!out.failed);
	json_decref(o);
	return out.p;
}

#define HOST(rest)	"{\"hosts\":[{\"key\":\"a.example\"," \
	"\"rule\":\"*.example\",\"state\":\"open\"," rest "}],\"total\":1}"
#define NOTHING		"\"waiting\":0,\"budgets\":[],\"pause\":null," \
	"\"learned\":null,\"in_flight\":0,\"concurrency\":0"

/* An answer, and what has to be in the table that it becomes. */
static const struct {
	const char	*json;
	const char	*html;
} rows[] = {
	{ "{\"hosts\":[],\"total\":0}", "No host yet" },
	{ HOST(NOTHING), "<td class=\"name\">a.example<small>*.example: "
	    "no limit</small></td>" },
	{ HOST(NOTHING), "<div class=\"lab\">no rate</div>" },
	{ HOST(NOTHING), "<td class=\"n waiting\"><b>0</b></td>" },
	{ HOST("\"waiting\":3,\"oldest_wait\":2.5"),
	    "<td class=\"n waiting some\"><b>3</b>"
	    "<div class=\"lab\">oldest 2.5 s</div></td>" },
	{ HOST("\"in_flight\":2,\"concurrency\":20"),
	    "<b>2</b> / 20</td>" },
	{ HOST("\"concurrency\":20"), "*.example: 20 at a time</small>" },
	{ HOST("\"budgets\":[{\"name\":\"9 per 1s\",\"left\":9,\"burst\":9},"
	    "{\"name\":\"5 per 1h\",\"left\":1,\"burst\":20}]"),
	    "*.example: 9 per 1s \xc2\xb7 5 per 1h</small>" },
	{ HOST("\"budgets\":[{\"name\":\"a\",\"left\":9,\"burst\":9},"
	    "{\"name\":\"b\",\"left\":1,\"burst\":20}]"),
	    "class=\"bar low\" aria-hidden=\"true\"><rect height=\"100%\" "
	    "rx=\"4\" width=\"5.0%\"/></svg><div class=\"lab\">1 of 20" },
	{ HOST("\"budgets\":[{\"name\":\"a\",\"left\":-4,\"burst\":2}]"),
	    "width=\"0.0%\"/></svg><div class=\"lab\">-4 of 2" },
	{ HOST("\"budgets\":[{\"name\":\"a\",\"left\":1.99,\"burst\":2}]"),
	    "<div class=\"lab\">1.9 of 2" },
	{ HOST("\"budgets\":[{\"name\":\"a\",\"left\":4999.8,"
	    "\"burst\":5000}]"), "<div class=\"lab\">4999 of 5000" },
	/* the budget that is nearest its end is shown, wherever it stands */
	{ HOST("\"budgets\":[{\"name\":\"a\",\"left\":1,\"burst\":20},"
	    "{\"name\":\"b\",\"left\":9,\"burst\":9}]"),
	    "<div class=\"lab\">1 of 20" },
	{ HOST("\"budgets\":[{\"name\":\"a\",\"left\":1,\"burst\":2}],"
	    "\"store\":{\"without\":null}"), "1 of 2 \xc2\xb7 shared" },
	{ HOST("\"budgets\":[{\"name\":\"a\",\"left\":1,\"burst\":2}],"
	    "\"store\":{\"without\":\"closed\"}"), "1 of 2 \xc2\xb7 <span "
	    "class=\"warn\">without the store: closed</span>" },
	{ HOST("\"learned\":{\"left\":208,\"reset_in\":660}"),
	    "host says 208, reset in 11 min" },
	{ HOST("\"pause\":{\"remaining\":23,\"why\":\"429, a < b\"}"),
	    " 23 s</span><div class=\"lab\">429, a &#60; b</div>" },
	{ "{\"hosts\":[{\"key\":\"a\"}],\"total\":7}", "and 6 more" },
	{ "{\"hosts\":[{\"key\":\"<img src='x' onerror=\\\"a&b\\\">\"}]}",
	    "&#60;img src=&#39;x&#39; onerror=&#34;a&#38;b&#34;&#62;" },
};

START_TEST(a_row)
{
	char *out = html(dashboard_rows, rows[_i].json);

	ck_assert_msg(strstr(out, rows[_i].html) != NULL,
	    "no %s in %s", rows[_i].html, out);
	free(out);
}
END_TEST

/* Nothing that came from elsewhere opens or closes an element. */
START_TEST(no_markup)
{
	char *out = html(dashboard_rows, "{\"hosts\":[{\"key\":\"<i>\","
	    "\"rule\":\"<i>\",\"state\":\"\\\"><i>\",\"budgets\":["
	    "{\"name\":\"<i>\",\"left\":1,\"burst\":1}],"
	    "\"pause\":{\"remaining\":1,\"why\":\"</td><i>\"}}]}");

	ck_assert_ptr_null(strstr(out, "<i"));
	free(out);
}
END_TEST

START_TEST(summary)
{
	char *out = html(dashboard_summary, "{\"waiting\":42,"
	    "\"oldest_wait\":18,\"in_flight\":9,\"paused\":1,"
	    "\"refused_last_hour\":7}");

	ck_assert_str_eq(out, "<span><b>42</b> waiting, longest <b>18 s</b>"
	    "</span><span><b>9</b> under way</span><span><b>1</b> paused"
	    "</span><span><b>7</b> refused in the last hour</span>");
	free(out);
}
END_TEST

/* Of a store, if there is one: whether it is there, and for all. */
static const struct {
	const char	*store;
	const char	*html;
} stores[] = {
	{ "{\"connected\":true,\"without\":0}",
	    "<span>store connected</span>" },
	{ "{\"connected\":true,\"without\":3}",
	    "<span class=\"warn\"><b>3</b> without the store</span>" },
	{ "{\"connected\":false,\"age\":90}",
	    "<span class=\"warn\">without the store for <b>90 s</b></span>" },
};

START_TEST(store)
{
	char json[128], *out;

	snprintf(json, sizeof json, "{\"store\":%s}", stores[_i].store);
	out = html(dashboard_summary, json);
	ck_assert_msg(strstr(out, stores[_i].html) != NULL, "%s", out);
	free(out);
	out = html(dashboard_summary, "{\"store\":null}");
	ck_assert_ptr_null(strstr(out, "store"));
	free(out);
}
END_TEST

START_TEST(process)
{
	char *out = html(dashboard_process, "{\"up\":90,\"configuration\":"
	    "{\"loaded\":\"2026-11-28T09:12:01Z\"}}");

	ck_assert_str_eq(out,
	    "up 90 s \xc2\xb7 configuration of 09:12 UTC");
	free(out);
	out = html(dashboard_process, "{\"up\":90}");
	ck_assert_str_eq(out, "up 90 s");
	free(out);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("dashboard_rows");
	TCase *tc = tcase_create("dashboard_rows");

	ROWS(tc, a_row, rows);
	tcase_add_test(tc, no_markup);
	tcase_add_test(tc, summary);
	ROWS(tc, store, stores);
	tcase_add_test(tc, process);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

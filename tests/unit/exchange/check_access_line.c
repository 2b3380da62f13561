/* SPDX-License-Identifier: ISC */
#include "exchange/access_line.h"

#include <string.h>

#include <jansson.h>

#include "check_run.h"

#define TIME	"2026-11-23T21:48:52.123Z"
#define WHO	"192.0.2.1:5"

static const struct access_line plain = {
	.client = WHO, .method = "GET", .host = "a.test:80", .status = 200,
	.rule = "*.test", .path = "/x", .out = 5, .upstream = 12345678,
};
static const struct access_line waited = {
	.client = WHO, .method = "POST", .host = "a.test:80", .status = 429,
	.rule = "a.test", .path = "/x", .in = 7, .wait = 1500000999,
	.resent = 2, .outcome = ACCESS_REFUSED, .reason = "max_wait",
	.budget = "2 per 1s of /a \"b\\\n", .paused = 60001000000,
	.observed = "would have waited 2s", .parent = "http://proxy.test:3128",
	.user = "al \"ice",
};
static const struct access_line unknown = {
	.client = "-", .outcome = ACCESS_CLIENT_GONE,
};
static const struct access_line tunnel = {
	.client = WHO, .method = "CONNECT", .host = "[::1]:443",
	.rule = "defaults", .status = 200, .outcome = ACCESS_TUNNEL,
};

static const struct {
	const struct access_line *line;
	const char *text;
} rows[] = {
	{ &plain, TIME " " WHO " GET a.test:80 200 0 5 0.000 12.345 forwarded"
	    " rule=\"*.test\" path=\"/x\"\n" },
	{ &waited, TIME " " WHO " POST a.test:80 429 7 0 1500.000 0.000 "
	    "refused, sent again: 2: max_wait rule=\"a.test\" path=\"/x\" "
	    "budget=\"2 per 1s of /a \\\"b\\\\?\" paused=\"60.001\" "
	    "observed=\"would have waited 2s\" "
	    "parent=\"http://proxy.test:3128\" user=\"al \\\"ice\"\n" },
	{ &unknown, TIME " - - - 0 0 0 0.000 0.000 client gone\n" },
	{ &tunnel, TIME " " WHO " CONNECT [::1]:443 200 0 0 0.000 0.000 "
	    "tunnel, requests inside not seen rule=\"defaults\"\n" },
};

START_TEST(text)
{
	char buf[ACCESS_LINE];
	size_t n = access_line_text(rows[_i].line, TIME, buf);

	ck_assert_uint_eq(n, strlen(rows[_i].text));
	ck_assert_mem_eq(buf, rows[_i].text, n);
}
END_TEST

/* The columns that the text has, under the names of the API. */
START_TEST(json)
{
	static const char *const names[] = { "time", "host", "rule", "client",
	    "method", "path", "status", "outcome", "held", "upstream",
	    "resent", "in", "out", "reason", "budget", "paused", "observed",
	    "parent", "user" };
	char buf[ACCESS_LINE];
	size_t n = access_line_json(&waited, TIME, buf), i = 0;
	const char *key;
	json_t *o, *value;

	ck_assert_int_eq(buf[n - 1], '\n');
	ck_assert_ptr_eq(memchr(buf, '\n', n - 1), NULL);
	o = json_loadb(buf, n, 0, NULL);
	ck_assert_ptr_nonnull(o);
	json_object_foreach(o, key, value)
		ck_assert_str_eq(key, names[i++]);
	ck_assert_uint_eq(i, sizeof names / sizeof names[0]);
	ck_assert_str_eq(json_string_value(json_object_get(o, "budget")),
	    waited.budget);
	ck_assert_str_eq(json_string_value(json_object_get(o, "outcome")),
	    "refused");
	ck_assert_double_eq_tol(json_number_value(json_object_get(o,
	    "held")), 1.500000999, 1e-8);
	ck_assert_double_eq_tol(json_number_value(json_object_get(o,
	    "paused")), 60.001, 1e-6);
	ck_assert_str_eq(json_string_value(json_object_get(o, "observed")),
	    waited.observed);
	ck_assert_str_eq(json_string_value(json_object_get(o, "parent")),
	    waited.parent);
	ck_assert_str_eq(json_string_value(json_object_get(o, "user")),
	    waited.user);
	json_decref(o);
}
END_TEST

START_TEST(json_of_what_is_not_known)
{
	static const char *const names[] = { "host", "rule", "method", "path",
	    "reason", "budget", "paused", "observed", "parent", "user" };
	char buf[ACCESS_LINE];
	size_t n = access_line_json(&unknown, TIME, buf), i;
	json_t *o = json_loadb(buf, n, 0, NULL);

	ck_assert_ptr_nonnull(o);
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert(json_is_null(json_object_get(o, names[i])));
	json_decref(o);
}
END_TEST

/* Whatever the parts are, it is one line, and has its end. */
START_TEST(long_parts)
{
	static char longest[ACCESS_LINE * 2];
	struct access_line line = plain;
	char buf[ACCESS_LINE];
	size_t n;

	memset(longest, '"', sizeof longest - 1);
	line.reason = longest;
	n = access_line_text(&line, TIME, buf);
	ck_assert_uint_eq(n, ACCESS_LINE);
	ck_assert_int_eq(buf[n - 1], '\n');
	line.reason = NULL;
	line.budget = longest;
	n = access_line_text(&line, TIME, buf);
	ck_assert_uint_eq(n, ACCESS_LINE);
	ck_assert_int_eq(buf[n - 1], '\n');
	ck_assert_uint_eq(access_line_json(&line, TIME, buf), 0);
}
END_TEST

static const struct {
	const char *target;
	size_t size;
	const char *path;	/* NULL: none */
} paths[] = {
	{ "", 99, NULL },
	{ "/", 99, "/" },
	{ "*", 99, "*" },
	{ "/a/b?q=s3cr3t", 99, "/a/b" },
	{ "/?s3cr3t", 99, "/" },
	{ "/a#s3cr3t", 99, "/a" },
	{ "/a%3fb", 99, "/a%3fb" },
	{ "http://h/a?s3cr3t", 99, "/a" },
	{ "http://h:80/a/b", 99, "/a/b" },
	{ "http://h", 99, "/" },
	{ "http://h?s3cr3t/x", 99, "/" },
	{ "http://u:s3cr3t@h/a", 99, "/a" },
	{ "s3cr3t", 99, "/" },
	{ "/a b\"c\\d\t\177\303\274", 99,
	    "/a%20b%22c%5Cd%09%7F%C3%BC" },
	{ "/{}|^<>`'[]", 99, "/{}|^<>`'[]" },
	{ "/abcdef", 8, "/abcd" },
	{ "/a\"", 8, "/a%22" },
	{ "/abcd\"", 8, "/abcd" },
};

START_TEST(path)
{
	struct http1_str target = { paths[_i].target,
	    strlen(paths[_i].target) };
	char buf[ACCESS_PATH];
	const char *got = access_path(target, buf, paths[_i].size);

	if (paths[_i].path == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got, paths[_i].path);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("access_line");
	TCase *tc = tcase_create("lines");

	suite_add_tcase(suite, tc);
	ROWS(tc, text, rows);
	tcase_add_test(tc, json);
	tcase_add_test(tc, json_of_what_is_not_known);
	tcase_add_test(tc, long_parts);
	ROWS(tc, path, paths);
	return run_suite(suite);
}

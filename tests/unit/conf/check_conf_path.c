/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "http/http1_error.h"
#include "http/http1_request.h"
#include "policy/rule_cost.h"
#include "policy/rule_path.h"
#include "check_conf.h"

/* What a rule says of kinds of requests: their costs, and parts of a host. */

#define UNIT	BUDGET_UNIT
#define SECOND	UINT64_C(1000000000)

static const struct wrong errors[] = {
	{ "defaults: {costs: {cost: 1}}\n", "1:19: defaults.costs: no list, "
	    "expected up to 64 rules such as [{path: /search, cost: 5}]" },
	{ "defaults: {costs: [5]}\n", "1:20: defaults.costs[0]: a plain value, "
	    "expected a rule such as {path: /search, cost: 5}" },
	{ "defaults: {costs: [{path: /a}]}\n", "1:20: defaults.costs[0]: a "
	    "rule without cost, expected one with it" },
	{ "defaults: {costs: [{cost: 1}, {cost: -1}]}\n",
	    "1:38: defaults.costs[1].cost: \"-1\" is negative, expected a "
	    "number from 0 to 1000000000" },
	{ "defaults: {costs: [{cost: 1000000001}]}\n",
	    "1:27: defaults.costs[0].cost: \"1000000001\" is too much, "
	    "expected a number from 0 to 1000000000" },
	{ "defaults: {costs: [{cots: 1}]}\n", "1:21: defaults.costs[0].cots: "
	    "an unknown key, expected method, path, header, cost; did you mean "
	    "\"cost\"?" },
	{ "defaults: {costs: [{method: post, cost: 1}]}\n",
	    "1:29: defaults.costs[0].method: \"post\" is unknown, expected a "
	    "method or a list, 1 to 16 methods; did you mean \"POST\"?" },
	{ "defaults: {costs: [{method: [], cost: 1}]}\n",
	    "1:29: defaults.costs[0].method: an empty list, expected a method "
	    "or a list, 1 to 16 methods" },
	{ "defaults: {costs: [{method: [A, A], cost: 1}]}\n",
	    "1:33: defaults.costs[0].method[1]: \"A\" is there twice, expected "
	    "a method or a list, 1 to 16 methods" },
	{ "defaults: {costs: [{path: search, cost: 1}]}\n",
	    "1:27: defaults.costs[0].path: no path pattern, expected a path "
	    "that begins with /; did you mean \"/search\"?" },
	{ "defaults: {costs: [{path: [/a], cost: 1}]}\n",
	    "1:27: defaults.costs[0].path: a list, expected a path pattern "
	    "such as /search" },
	{ "defaults: {costs: [{header: \"X Y\", cost: 1}]}\n",
	    "1:29: defaults.costs[0].header: \"X Y\" does not begin with a "
	    "field's name, expected a field such as NAME or \"NAME: VALUE\"" },
	{ "defaults: {costs: [{header: \"X: \", cost: 1}]}\n",
	    "1:29: defaults.costs[0].header: \"X: \" has nothing behind the "
	    "colon, expected a field such as NAME or \"NAME: VALUE\"" },
	{ "defaults: {costs: [{header: {X: 1}, cost: 1}]}\n",
	    "1:29: defaults.costs[0].header: a mapping, expected a field such "
	    "as NAME or \"NAME: VALUE\"" },

	{ "defaults: {paths: [/a]}\n",
	    "1:19: defaults.paths: a list, expected a mapping of path "
	    "patterns; leave the dashes out, and put a colon behind "
	    "each name" },
	{ "defaults: {paths: {a: {}}}\n", "1:20: defaults.paths.a: no path "
	    "pattern, expected a path that begins with /; did you mean "
	    "\"/a\"?" },
	{ "defaults: {paths: {/a: 5}}\n",
	    "1:24: defaults.paths./a: a plain value, expected a "
	    "mapping such as {capacity: 10}; did you mean \"{capacity: "
	    "5}\"?" },
	{ "defaults: {paths: {/a: {}, /b: {}, /%61/: {}}}\n",
	    "1:36: defaults.paths./%61/: a key that is there twice, expected "
	    "once; the first is at line 1, column 20" },
	{ "hosts: {a.b: {paths: {/a: {queue: {}}}}}\n",
	    "1:28: hosts.a.b.paths./a.queue: an unknown key, expected "
	    "capacity, period, burst, strict, rates, concurrency; it "
	    "belongs to a host, indented below it in hosts (or into "
	    "defaults)" },
	{ "hosts: {a.b: {paths: {/a: {burst: 2}}}}\n",
	    "1:35: hosts.a.b.paths./a.burst: without capacity, expected "
	    "capacity beside it" },
	{ "hosts: {a.b: {paths: {/a: {capacity: 2, "
	    "rates: [{capacity: 1}]}}}}\n", "1:38: "
	    "hosts.a.b.paths./a.capacity: beside rates, expected one or the "
	    "other; put it into rates" },
	{ "hosts: {a.b: {paths: {/a: {rates: [{capacity: 0}]}}}}\n",
	    "1:47: hosts.a.b.paths./a.rates[0].capacity: \"0\" is too little, "
	    "expected a number from 0.000001 to 1000000000" },
	{ "hosts: {a.b: {paths: {/a: {capacity: 2, burst: 3, "
	    "strict: true}}}}\n", "1:48: hosts.a.b.paths./a.burst: "
	    "more than capacity, expected as much or less beside strict: true" },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

/* One more than there may be of them. */
static void
fails_with_many(const char *before, const char *begin, const char *end, int n,
    const char *after, const char *cause)
{
	struct wrong wrong = { NULL, cause };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int i;

	ck_assert_ptr_nonnull(out);
	fputs(before, out);
	for (i = 0; i < n; i++)
		fprintf(out, "%s%d%s", begin, i, end);
	fprintf(out, "%s}}\n", after);
	fclose(out);
	wrong.text = text;
	fails_with(&wrong);
	free(text);
}

START_TEST(too_many)
{
	fails_with_many("{defaults: {costs: [", "{cost: ", "}, ", 65, "]",
	    "1:20: defaults.costs: 65 rules, expected up to 64 rules");
	fails_with_many("{defaults: {paths: {", "/", ": {}, ", 33, "}",
	    "1:20: defaults.paths: 33 paths, expected up to 32 path "
	    "patterns");
}
END_TEST

START_TEST(defaults)
{
	static const char empty[] = "defaults: {costs: [], "
	    "paths: {}}";
	struct conf *conf = parse_ok(empty);
	static const struct http1_head head = { .path = { "/", 1 } };
	unsigned parts[RULE_PATH_PARTS];

	ck_assert_uint_eq(conf->fallback.ncosts, 0);
	ck_assert_uint_eq(conf->fallback.npaths, 0);
	ck_assert_uint_eq(rule_cost_of(&conf->fallback, &head), UNIT);
	ck_assert_int_eq(rule_path_of(&conf->fallback, &head, parts), 0);
	conf_unref(conf);
}
END_TEST

static const char	 whole[] =
    "defaults: &d\n"
    "  costs:\n"
    "  - {method: [POST, PUT], path: /batch/**, cost: 10}\n"
    "  - {header: \"X-Dry-Run: yes \", cost: 0}\n"
    "  - {header: X-Big, method: GET, cost: 2.5}\n"
    "  - {path: /*/*, cost: 3}\n"
    "  - {method: PURGE, cost: 1000000000}\n"
    "  paths:\n"
    "    /**: {concurrency: 3}\n"
    "    /repos/*/issues/: {rates: [{capacity: 1}, {capacity: 9}]}\n"
    "    /search: {capacity: 30, period: 1m, burst: 5}\n"
    "    /repos/health: {}\n"
    "    /repos/**: {capacity: 10, strict: true}\n"
    "hosts: {a.b: *d}\n";

START_TEST(paths)
{
	struct conf *conf = parse_ok(whole);
	const struct rule_path *path = conf->rules[0].paths;

	ck_assert_uint_eq(conf->rules[0].npaths, 5);
	ck_assert_str_eq(path[0].text, "/repos/*/issues");
	ck_assert_uint_eq(path[0].limits.nrates, 2);
	ck_assert_uint_eq(path[0].limits.rates[0].capacity, UNIT);
	ck_assert_uint_eq(path[0].limits.rates[1].period, SECOND);
	ck_assert_str_eq(path[1].text, "/repos/health");
	ck_assert_uint_eq(path[1].limits.nrates, 0);
	ck_assert_uint_eq(path[1].limits.concurrency, 0);
	ck_assert_str_eq(path[2].text, "/search");
	ck_assert_uint_eq(path[2].limits.nrates, 1);
	ck_assert_uint_eq(path[2].limits.rates[0].capacity, 30 * UNIT);
	ck_assert_uint_eq(path[2].limits.rates[0].period, 60 * SECOND);
	ck_assert_uint_eq(path[2].limits.rates[0].burst, 5 * UNIT);
	ck_assert_str_eq(path[3].text, "/repos/**");
	ck_assert(path[3].limits.rates[0].strict);
	ck_assert_uint_eq(path[3].limits.rates[0].burst, 10 * UNIT);
	ck_assert_str_eq(path[4].text, "/**");
	ck_assert_uint_eq(path[4].limits.nrates, 0);
	ck_assert_uint_eq(path[4].limits.concurrency, 3);
	ck_assert_uint_eq(conf->rules[0].limits.nrates, 0);
	conf_unref(conf);
}
END_TEST

static const struct {
	const char	*path;
	int		 i;
} belongs[] = {
	{ "/repos/x/issues", 0 }, { "/repos/x/issues?a=b", 0 },
	{ "/repos/health", 1 }, { "/search", 2 }, { "//%73earch/", 2 },
	{ "/repos/x", 3 }, { "/repos", 3 }, { "/", 4 }, { "", 4 },
	{ "?q", 4 }, { "/other", 4 }, { "*", -1 },
};

START_TEST(path_of)
{
	static struct http1_head head = { .method = { "GET", 3 } };
	static struct http1_head all = { .method = { "OPTIONS", 7 } };
	struct conf *conf = parse_ok(whole);
	unsigned parts[RULE_PATH_PARTS];

	head.path.p = belongs[_i].path;
	head.path.len = strlen(belongs[_i].path);
	ck_assert_int_eq(rule_path_of(&conf->rules[0], &head, parts),
	    belongs[_i].i >= 0);
	if (belongs[_i].i >= 0)
		ck_assert_int_eq((int)parts[0], belongs[_i].i);
	all.path.p = "";
	ck_assert_int_eq(rule_path_of(&conf->rules[0], &all, parts), 0);
	conf_unref(conf);
}
END_TEST

#define HEAD(line, fields) line " HTTP/1.1\r\nHost: a.b\r\n" fields "\r\n"

static const struct {
	const char	*head;
	uint64_t	 cost;
} requests[] = {
	{ HEAD("GET http://a.b/", ""), UNIT },
	{ HEAD("POST http://a.b/", ""), UNIT },
	{ HEAD("POST http://a.b/batch", ""), 10 * UNIT },
	{ HEAD("PUT http://a.b/batch/1?x", ""), 10 * UNIT },
	{ HEAD("GET http://a.b/batch/1", ""), 3 * UNIT },
	{ HEAD("POST http://a.b/batch", "X-Dry-Run: yes\r\n"), 10 * UNIT },
	{ HEAD("GET http://a.b/", "x-dry-run: yes\r\n"), 0 },
	{ HEAD("GET http://a.b/", "X-Dry-Run: Yes\r\n"), UNIT },
	{ HEAD("GET http://a.b/", "X-Dry-Run: yes, no\r\n"), UNIT },
	{ HEAD("GET http://a.b/", "X-Dry-Run: no\r\nX-Dry-Run: yes\r\n"), 0 },
	{ HEAD("GET http://a.b/", "X-Big: 1\r\n"), 2500000 },
	{ HEAD("GET http://a.b/x/y", "X-Big:\r\n"), 2500000 },
	{ HEAD("HEAD http://a.b/", "X-Big: 1\r\n"), UNIT },
	{ HEAD("HEAD http://a.b/x/y", "X-Bigger: 1\r\n"), 3 * UNIT },
	{ HEAD("PURGE http://a.b/", ""), 1000000000 * UNIT },
	{ HEAD("purge http://a.b/", ""), UNIT },
	{ HEAD("OPTIONS *", ""), UNIT },
	{ "CONNECT a.b:443 HTTP/1.1\r\nHost: a.b:443\r\n\r\n", UNIT },
};

static uint64_t
cost_of(const char *rule, const char *text)
{
	struct http1_head head;
	struct conf *conf = parse_ok(rule);
	enum http1_error wrong;
	uint64_t cost;

	wrong = http1_request(&head, text, strlen(text));
	ck_assert_msg(wrong == HTTP1_OK || wrong == HTTP1_NOT_PROXY, "%s: %s",
	    http1_strerror(wrong), text);
	cost = rule_cost_of(&conf->fallback, &head);
	conf_unref(conf);
	return cost;
}

START_TEST(cost)
{
	ck_assert_msg(cost_of(whole, requests[_i].head) == requests[_i].cost,
	    "%s", requests[_i].head);
}
END_TEST

/* What asks for no path has that of no pattern. */
START_TEST(cost_without_path)
{
	static const char all[] = "defaults: {costs: [{path: /**, "
	    "cost: 5}, {cost: 7}]}";

	ck_assert_uint_eq(cost_of(all, HEAD("OPTIONS *", "")), 7 * UNIT);
	ck_assert_uint_eq(cost_of(all, HEAD("OPTIONS http://a.b", "")),
	    7 * UNIT);
	ck_assert_uint_eq(cost_of(all, HEAD("OPTIONS http://a.b/", "")),
	    5 * UNIT);
	ck_assert_uint_eq(cost_of(all, HEAD("GET http://a.b", "")), 5 * UNIT);
	ck_assert_uint_eq(cost_of(all, "CONNECT a.b:443 HTTP/1.1\r\n"
	    "Host: a.b:443\r\n\r\n"), 7 * UNIT);
}
END_TEST

START_TEST(broken)
{
	cut_anywhere(whole, sizeof whole - 1);
	break_anywhere(whole, sizeof whole - 1);
}
END_TEST

static Suite *
path_suite(void)
{
	Suite *suite = suite_create("conf_path");
	TCase *bad = tcase_create("errors");
	TCase *good = tcase_create("values");

	tcase_set_timeout(bad, 60);
	tcase_add_loop_test(bad, error, 0, COUNT(errors));
	tcase_add_test(bad, too_many);
	tcase_add_test(bad, broken);
	suite_add_tcase(suite, bad);

	tcase_add_test(good, defaults);
	tcase_add_test(good, paths);
	tcase_add_loop_test(good, path_of, 0, COUNT(belongs));
	tcase_add_loop_test(good, cost, 0, COUNT(requests));
	tcase_add_test(good, cost_without_path);
	suite_add_tcase(suite, good);
	return suite;
}

int
main(void)
{
	return run_suite(path_suite());
}

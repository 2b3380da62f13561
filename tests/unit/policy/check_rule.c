/* SPDX-License-Identifier: ISC */
#include "policy/rule.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "http/http1_error.h"
#include "http/http1_request.h"

/* What a rule says of requests and responses. */

#define UNIT	BUDGET_UNIT

static struct rule		 rule;
static struct http1_head	 head;
static char			 text[512];

static struct http1_str
str(const char *s)
{
	return (struct http1_str){ s, strlen(s) };
}

/* The head of a request; line: its method and target. */
static void
request(const char *line, const char *fields)
{
	enum http1_error wrong;

	snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: a.test\r\n%s\r\n",
	    line, fields);
	wrong = http1_request(&head, text, strlen(text));
	ck_assert_msg(wrong == HTTP1_OK, "%s: %s", http1_strerror(wrong),
	    line);
}

static void
pattern(struct path_pattern *p, const char *of)
{
	ck_assert_ptr_null(path_pattern_parse(p, of, strlen(of)));
}

/* Each cost by itself: the first that matches counts. */
enum { SEARCH = 5, POSTS = 7, DRY = 2, BIG = 9 };

static const struct {
	const char	*line;
	const char	*fields;
	uint64_t	 cost;		/* units */
} requests[] = {
	{ "GET http://a.test/", "", 1 },
	{ "GET http://a.test/search", "", SEARCH },
	{ "GET http://a.test/search?q", "", SEARCH },
	{ "POST http://a.test/search", "", SEARCH },
	{ "POST http://a.test/", "", POSTS },
	{ "PUT http://a.test/", "", POSTS },
	{ "post http://a.test/", "", 1 },
	{ "POSTS http://a.test/", "", 1 },
	{ "GET http://a.test/", "X-Dry: yes\r\n", DRY },
	{ "GET http://a.test/", "x-dry: yes\r\n", DRY },
	{ "GET http://a.test/", "X-Dry: no\r\nX-Dry: yes\r\n", DRY },
	{ "GET http://a.test/", "X-Dry: Yes\r\n", 1 },
	{ "GET http://a.test/", "X-Dry: yes, no\r\n", 1 },
	{ "GET http://a.test/", "X-Big:\r\n", BIG },
	{ "GET http://a.test/", "X-Bigger: 1\r\n", 1 },
	{ "POST http://a.test/", "X-Big: 1\r\n", POSTS },
	{ "OPTIONS http://a.test", "", 1 },
};

START_TEST(cost)
{
	char post[] = "POST", put[] = "PUT", dry[] = "x-dry", big[] = "x-big";
	char path[] = "/search", yes[] = "yes";
	char *methods[] = { post, put };
	struct rule_cost costs[] = {
		{ .path = path, .cost = SEARCH * UNIT },
		{ .methods = methods, .nmethods = 2, .cost = POSTS * UNIT },
		{ .header = dry, .value = yes, .cost = DRY * UNIT },
		{ .header = big, .cost = BIG * UNIT },
	};

	pattern(&costs[0].pattern, path);
	rule.costs = costs;
	rule.ncosts = 4;
	request(requests[_i].line, requests[_i].fields);
	ck_assert_uint_eq(rule_cost_of(&rule, &head),
	    requests[_i].cost * UNIT);
	rule.ncosts = 0;
	ck_assert_uint_eq(rule_cost_of(&rule, &head), UNIT);
}
END_TEST

static const struct {
	const char	*line;
	int		 path;
} parts[] = {
	{ "GET http://a.test/", 1 },
	{ "GET http://a.test", 1 },
	{ "GET http://a.test/search", 0 },
	{ "GET http://a.test/search/", 0 },
	{ "GET http://a.test/search/code", 1 },
	{ "OPTIONS http://a.test/", 1 },
	{ "OPTIONS http://a.test", -1 },
	{ "OPTIONS *", -1 },
};

START_TEST(path)
{
	struct rule_path paths[2] = { { .text = NULL } };

	pattern(&paths[0].pattern, "/search");
	pattern(&paths[1].pattern, "/**");
	rule.paths = paths;
	rule.npaths = 2;
	request(parts[_i].line, "");
	ck_assert_int_eq(rule_path_of(&rule, &head), parts[_i].path);
	rule.npaths = 0;
	ck_assert_int_eq(rule_path_of(&rule, &head), -1);
}
END_TEST

static const struct {
	unsigned	 attempts;
	bool		 idempotent_ones;	/* of the rule */
	bool		 with_key;		/* of the rule */
	const char	*method;
	bool		 idempotent;
	bool		 has_key;
	bool		 again;
} retries_of[] = {
	{ 2, true, false, "GET", true, false, true },
	{ 2, true, false, "POST", false, false, false },
	{ 2, true, false, "POST", false, true, false },
	{ 2, true, true, "POST", false, true, true },
	{ 2, false, false, "GET", true, false, false },
	{ 2, false, false, "PATCH", false, false, true },
	{ 2, false, false, "patch", false, false, false },
	{ 2, false, false, "PATC", false, false, false },
	{ 2, false, false, "", false, false, false },
	{ 0, true, true, "PATCH", true, true, false },
};

START_TEST(retries)
{
	char patch[] = "PATCH";
	char *methods[] = { patch };

	rule.retry_attempts = retries_of[_i].attempts;
	rule.retry_idempotent = retries_of[_i].idempotent_ones;
	rule.retry_idempotency_key = retries_of[_i].with_key;
	rule.retry_methods = methods;
	rule.nretry_methods = 1;
	ck_assert(rule_retries(&rule, str(retries_of[_i].method),
	    retries_of[_i].idempotent, retries_of[_i].has_key) ==
	    retries_of[_i].again);
}
END_TEST

START_TEST(pauses)
{
	rule.pause_statuses[0].status = 429;
	rule.pause_statuses[1].status = 503;
	rule.npause_statuses = 2;
	ck_assert_ptr_eq(rule_pauses(&rule, 429), &rule.pause_statuses[0]);
	ck_assert_ptr_eq(rule_pauses(&rule, 503), &rule.pause_statuses[1]);
	ck_assert_ptr_null(rule_pauses(&rule, 200));
	rule.npause_statuses = 1;
	ck_assert_ptr_null(rule_pauses(&rule, 503));
}
END_TEST

START_TEST(upgrades)
{
	memcpy(rule.upgrades[0], "websocket", sizeof "websocket");
	memcpy(rule.upgrades[1], "TLS/1.2", sizeof "TLS/1.2");
	rule.nupgrades = 2;
	ck_assert(rule_upgrades(&rule, str("websocket")));
	ck_assert(rule_upgrades(&rule, str("WebSocket")));
	ck_assert(rule_upgrades(&rule, str("tls/1.2")));
	ck_assert(!rule_upgrades(&rule, str("TLS/1.3")));
	ck_assert(!rule_upgrades(&rule, str("websockets")));
	ck_assert(!rule_upgrades(&rule, str("")));
}
END_TEST

static const struct {
	const char	*client;	/* NULL: none with an address */
	uint32_t	 weight;
} clients[] = {
	{ "10.1.2.3", 3 },
	{ "10.2.2.3", 2 },
	{ "11.0.0.1", 1 },
	{ "::ffff:10.1.2.3", 3 },
	{ "2001:db8::1", 1 },
	{ NULL, 1 },
};

static void
address(struct sockaddr_storage *ss, const char *of)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof *ss);
	if (inet_pton(AF_INET, of, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		return;
	}
	ck_assert_int_eq(inet_pton(AF_INET6, of, &in6->sin6_addr), 1);
	in6->sin6_family = AF_INET6;
}

START_TEST(weight_of_clients)
{
	struct rule_weight weights[] = {
		{ .weight = 3000000 }, { .weight = 2000000 },
	};
	struct sockaddr_storage ss;
	const struct sockaddr *sa = NULL;

	ck_assert_ptr_null(network_parse(&weights[0].network, "10.1.0.0/16",
	    11));
	ck_assert_ptr_null(network_parse(&weights[1].network, "10.0.0.0/8",
	    10));
	ck_assert_int_lt(rule_weight_compare(&weights[0], &weights[1]), 0);
	rule.fair_by.kind = RULE_KEY_CLIENT;
	rule.weights = weights;
	rule.nweights = 2;
	if (clients[_i].client != NULL) {
		address(&ss, clients[_i].client);
		sa = (const struct sockaddr *)&ss;
	}
	ck_assert_uint_eq(rule_weight_of(&rule, sa, NULL, 0),
	    clients[_i].weight * 1000000);
}
END_TEST

static const struct {
	const char	*value;
	uint32_t	 weight;	/* millionths */
} values[] = {
	{ "a", 100 }, { "b", 200 }, { "aa", 300 }, { "zz", 400 },
	{ "aaa", 500 },
	{ "", 1000000 }, { "c", 1000000 }, { "ab", 1000000 },
	{ "aaaa", 1000000 }, { "A", 1000000 }, { NULL, 1000000 },
};

/* They are found however many there are, sorted as they must be. */
START_TEST(weight_of_values)
{
	struct rule_weight weights[5];
	const char *value = values[_i].value;
	size_t i;

	for (i = 0; i < 5; i++)
		weights[i] = (struct rule_weight){
			.value = (char *)(uintptr_t)values[i].value,
			.weight = values[i].weight,
		};
	for (i = 1; i < 5; i++)
		ck_assert_int_lt(rule_weight_compare(&weights[i - 1],
		    &weights[i]), 0);
	rule.fair_by.kind = RULE_KEY_USER;
	rule.weights = weights;
	rule.nweights = 5;
	ck_assert_uint_eq(rule_weight_of(&rule, NULL, value,
	    value == NULL ? 0 : strlen(value)), values[_i].weight);
	rule.nweights = 0;
	ck_assert_uint_eq(rule_weight_of(&rule, NULL, value, 0), 1000000);
}
END_TEST

/* All that is owned goes; the sanitizers and valgrind see what does not. */
START_TEST(frees)
{
	struct rule *r = calloc(1, sizeof *r);

	ck_assert_ptr_nonnull(r);
	r->retry_methods = calloc(1, sizeof *r->retry_methods);
	r->retry_methods[0] = strdup("PATCH");
	r->nretry_methods = 1;
	r->costs = calloc(1, sizeof *r->costs);
	r->costs[0].path = strdup("/");
	r->costs[0].header = strdup("x");
	r->costs[0].value = strdup("y");
	r->ncosts = 1;
	r->paths = calloc(1, sizeof *r->paths);
	r->paths[0].text = strdup("/");
	r->npaths = 1;
	r->weights = calloc(1, sizeof *r->weights);
	r->weights[0].value = strdup("a");
	r->nweights = 1;
	r->bodies = calloc(1, sizeof *r->bodies);
	r->bodies[0].in[0] = strdup("a");
	r->bodies[0].nin = 1;
	r->bodies[0].json = strdup("a.b");
	r->nbodies = 1;
	r->per.claims = strdup("sub");
	r->fair_by.header = strdup("x");
	r->tls_trust = strdup("system");
	rule_free(r);
	free(r);
}
END_TEST

static void
set_up(void)
{
	memset(&rule, 0, sizeof rule);
}

static Suite *
suite(void)
{
	Suite *s = suite_create("rule");
	TCase *tc = tcase_create("rule");

	tcase_add_checked_fixture(tc, set_up, NULL);
	ROWS(tc, cost, requests);
	ROWS(tc, path, parts);
	ROWS(tc, retries, retries_of);
	tcase_add_test(tc, pauses);
	tcase_add_test(tc, upgrades);
	ROWS(tc, weight_of_clients, clients);
	ROWS(tc, weight_of_values, values);
	tcase_add_test(tc, frees);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <string.h>

#include "conf/conf.h"
#include "policy/rule_retry.h"
#include "check_conf.h"

/* What a rule says of hosts' words, and of requests that are sent again. */

#define METHODS "expected a list of idempotent and up to 16 methods"

#define UPGRADES "expected a protocol or a list, up to 8 protocols"

static const struct wrong errors[] = {
	{ "defaults: {learn: on}\n",
	    "1:19: defaults.learn: \"on\" is unknown, expected off, "
	    "pause, shape, estimate or auto; did you mean \"auto\"?" },
	{ "defaults: {learn: shap}\n", "1:19: defaults.learn: \"shap\" is "
	    "unknown, expected off, pause, shape, estimate or auto; did you "
	    "mean \"shape\"?" },
	{ "defaults: {learn: [pause]}\n",
	    "1:19: defaults.learn: a list, expected off, pause, shape, "
	    "estimate or auto" },
	{ "defaults: {client_cost: 1}\n",
	    "1:25: defaults.client_cost: \"1\" is neither true nor "
	    "false, expected true or false; did you mean \"true\"?" },
	{ "hosts: {a.b: {trust_priority: never}}\n",
	    "1:31: hosts.a.b.trust_priority: \"never\" is neither true "
	    "nor false, expected true or false; did you mean \"false\"?" },
	{ "defaults: {retry: 3}\n",
	    "1:19: defaults.retry: a plain value, expected a mapping; "
	    "did you mean \"retry: {attempts: 3}\"?" },
	{ "defaults: {retry: {attempt: 3}}\n", "1:20: defaults.retry.attempt: "
	    "an unknown key, expected attempts, max_time, methods, "
	    "idempotency_key, body, statuses; did you mean \"attempts\"?" },
	{ "defaults: {retry: {attempts: 11}}\n", "1:30: "
	    "defaults.retry.attempts: \"11\" is too much, expected a whole "
	    "number from 0 to 10" },
	{ "defaults: {retry: {body: 2GiB}}\n", "1:26: defaults.retry.body: "
	    "\"2GiB\" is too much, expected a size in bytes, KiB, MiB or GiB, "
	    "from 0 to 1GiB" },
	{ "defaults: {retry: {idempotency_key: x}}\n",
	    "1:37: defaults.retry.idempotency_key: \"x\" is neither true nor "
	    "false, expected true or false" },
	{ "defaults: {retry: {statuses: [503, 199]}}\n",
	    "1:36: defaults.retry.statuses[1]: \"199\" is too little, expected "
	    "a list of statuses, up to 16 of 200 to 999" },
	{ "defaults: {retry: {statuses: [503, 503]}}\n",
	    "1:36: defaults.retry.statuses[1]: \"503\" is there twice, "
	    "expected a list of statuses, up to 16 of 200 to 999" },
	{ "defaults: {retry: {statuses: [400,401,402,403,404,405,406,407,408,"
	    "409,410,411,412,413,414,415,416]}}\n",
	    "1:30: defaults.retry.statuses: 17 statuses, expected a list of "
	    "statuses, up to 16 of 200 to 999" },
	{ "defaults: {upgrade: [websocket, h2c]}\n",
	    "1:33: defaults.upgrade[1]: \"h2c\" would hide any number of "
	    "requests, " UPGRADES },
	{ "defaults: {upgrade: H2C}\n", "1:21: defaults.upgrade: \"H2C\" "
	    "would hide any number of requests, " UPGRADES },
	{ "defaults: {upgrade: HTTP/2.0}\n", "1:21: defaults.upgrade: "
	    "\"HTTP/2.0\" would hide any number of requests, " UPGRADES },
	{ "defaults: {upgrade: \"a b\"}\n", "1:21: defaults.upgrade: "
	    "\"a b\" is no protocol, " UPGRADES },
	{ "defaults: {upgrade: \"a/\"}\n", "1:21: defaults.upgrade: "
	    "\"a/\" is no protocol, " UPGRADES },
	{ "defaults: {upgrade: [websocket, WebSocket]}\n",
	    "1:33: defaults.upgrade[1]: \"WebSocket\" is there twice, "
	    UPGRADES },
	{ "defaults: {upgrade: [[a]]}\n", "1:22: defaults.upgrade[0]: a list, "
	    "..." },
	{ "defaults: {upgrade: [a, b, c, d, e, f, g, h, i]}\n",
	    "1:46: defaults.upgrade[8]: \"i\" is too much, " UPGRADES },
	{ "defaults: {upgrade: abcdefghijklmnopqrstuvwxyz123456}\n",
	    "1:21: defaults.upgrade: \"abcdefghijklmnopqrstuvwxyz123456\" "
	    "is too long, " UPGRADES },
	{ "defaults: {retry: {methods: get}}\n", "1:29: "
	    "defaults.retry.methods: \"get\" is unknown, " METHODS
	    "; did you mean \"GET\"?" },
	{ "defaults: {retry: {methods: [POST, Idempotant]}}\n",
	    "1:36: defaults.retry.methods[1]: \"Idempotant\" is unknown, "
	    METHODS "; did you mean \"idempotent\"?" },
	{ "defaults: {retry: {methods: [POST, POST]}}\n",
	    "1:36: defaults.retry.methods[1]: \"POST\" is there twice, "
	    METHODS },
	{ "defaults: {retry: {methods: [idempotent, idempotent]}}\n",
	    "1:42: defaults.retry.methods[1]: \"idempotent\" is there twice, "
	    METHODS },
	{ "defaults: {retry: {methods: [\"PO ST\"]}}\n",
	    "1:30: defaults.retry.methods[0]: \"PO ST\" is no method, "
	    METHODS },
	{ "defaults: {retry: {methods: [\"\"]}}\n",
	    "1:30: defaults.retry.methods[0]: \"\" is no method, " METHODS },
	{ "defaults: {retry: {methods: [CONNECT]}}\n",
	    "1:30: defaults.retry.methods[0]: \"CONNECT\" is never sent again, "
	    METHODS },
	{ "defaults: {retry: {methods: [[GET]]}}\n",
	    "1:30: defaults.retry.methods[0]: a list, " METHODS },
	{ "defaults: {retry: {methods: }}\n",
	    "1:29: defaults.retry.methods: no value, " METHODS },
	{ "defaults: {retry: {methods: {GET: 1}}}\n",
	    "1:29: defaults.retry.methods: a mapping, " METHODS },
	{ "defaults: {retry: {methods: [A,B,C,D,E,F,G,H,I,J,K,L,M,N,O,P,Q]}}\n",
	    "1:62: defaults.retry.methods[16]: \"Q\" is too much, " METHODS },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

START_TEST(defaults)
{
	struct conf *conf = parse_ok("hosts: {a.b: {}}");
	const struct rule *rule = &conf->rules[0];

	ck_assert_int_eq(conf->fallback.learn, RULE_LEARN_ESTIMATE);
	ck_assert_int_eq(rule->learn, RULE_LEARN_ESTIMATE);
	ck_assert(rule->learn_probes);
	ck_assert_uint_eq(rule->retry_attempts, 2);
	ck_assert(rule->retry_idempotent);
	ck_assert_uint_eq(rule->nretry_methods, 0);
	ck_assert(!rule->retry_idempotency_key);
	ck_assert_uint_eq(rule->retry_max_time, 300000000000ULL);
	ck_assert_uint_eq(rule->retry_body, 1 << 20);
	ck_assert_uint_eq(rule->nretry_statuses, 2);
	ck_assert_int_eq(rule->retry_statuses[0], 429);
	ck_assert_int_eq(rule->retry_statuses[1], 503);
	ck_assert(!rule->client_cost);
	ck_assert(!rule->trust_priority);
	conf_unref(conf);
}
END_TEST

/* What is learned where it is not said. */
static const struct {
	const char	*text;
	enum rule_learn	 learn;
} learned[] = {
	{ "hosts: {a.b: {learn: estimate}}", RULE_LEARN_ESTIMATE },
	{ "hosts: {a.b: {capacity: 5, learn: estimate}}",
	    RULE_LEARN_ESTIMATE },
	{ "hosts: {a.b: {concurrency: 5}}", RULE_LEARN_ESTIMATE },
	{ "hosts: {a.b: {paths: {/x: {capacity: 5}}}}",
	    RULE_LEARN_ESTIMATE },
	{ "hosts: {a.b: {learn: pause}}", RULE_LEARN_PAUSE },
	{ "hosts: {a.b: {capacity: 5}}", RULE_LEARN_PAUSE },
	{ "hosts: {a.b: {rates: [{capacity: 5, period: 1s}]}}",
	    RULE_LEARN_PAUSE },
	{ "hosts: {a.b: {capacity: 5, learn: auto}}", RULE_LEARN_PAUSE },
	{ "hosts: {a.b: {pause: {default: 5s}}}", RULE_LEARN_PAUSE },
	{ "hosts: {a.b: {pause: {max: 5s}}}", RULE_LEARN_ESTIMATE },
	{ "hosts: {a.b: {learn: off}}", RULE_LEARN_OFF },
};

START_TEST(learns)
{
	struct conf *conf = parse_ok(learned[_i].text);

	ck_assert_int_eq(conf->rules[0].learn, learned[_i].learn);
	ck_assert(conf->rules[0].learn_probes);
	conf_unref(conf);
}
END_TEST

START_TEST(upgrades)
{
	static const struct http1_str websocket = { "WebSocket", 9 };
	static const struct http1_str tls = { "tls/1.0", 7 };
	struct conf *conf = parse_ok("hosts: {a.b: {}, "
	    "b.b: {upgrade: []}, c.b: {upgrade: [TLS/1.0]}}");

	ck_assert(rule_upgrades(&conf->fallback, websocket));
	ck_assert(!rule_upgrades(&conf->fallback, tls));
	ck_assert(rule_upgrades(&conf->rules[0], websocket));
	ck_assert(!rule_upgrades(&conf->rules[1], websocket));
	ck_assert(!rule_upgrades(&conf->rules[2], websocket));
	ck_assert(rule_upgrades(&conf->rules[2], tls));
	conf_unref(conf);
}
END_TEST

static const char	 whole[] =
    "defaults: &d {learn: shape, client_cost: yes, trust_priority: true,\n"
    "  retry: {attempts: 10, methods: [POST, idempotent, x-Y], body: 0,\n"
    "    statuses: [502], idempotency_key: true, max_time: 2s}}\n"
    "hosts: {a.b: *d, c.d: {learn: off, learn_probes: no, retry: {methods: PUT,\n"
    "  statuses: [], attempts: 0}}}\n";

START_TEST(everything)
{
	struct conf *conf = parse_ok(whole);
	const struct rule *rule = &conf->rules[0];

	ck_assert_int_eq(rule->learn, RULE_LEARN_SHAPE);
	ck_assert(rule->client_cost);
	ck_assert(rule->trust_priority);
	ck_assert_uint_eq(rule->retry_attempts, 10);
	ck_assert_uint_eq(rule->retry_max_time, 2000000000ULL);
	ck_assert(rule->retry_idempotent);
	ck_assert_uint_eq(rule->nretry_methods, 2);
	ck_assert_str_eq(rule->retry_methods[0], "POST");
	ck_assert_str_eq(rule->retry_methods[1], "x-Y");
	ck_assert_ptr_ne(rule->retry_methods[0],
	    conf->fallback.retry_methods[0]);
	ck_assert(rule->retry_idempotency_key);
	ck_assert_uint_eq(rule->retry_body, 0);
	ck_assert_uint_eq(rule->nretry_statuses, 1);
	ck_assert_int_eq(rule->retry_statuses[0], 502);
	ck_assert_uint_eq(rule->npause_statuses, 2);

	rule = &conf->rules[1];
	ck_assert_int_eq(rule->learn, RULE_LEARN_OFF);
	ck_assert(!rule->learn_probes);
	ck_assert_uint_eq(rule->retry_attempts, 0);
	ck_assert(!rule->retry_idempotent);
	ck_assert_uint_eq(rule->nretry_methods, 1);
	ck_assert_uint_eq(rule->nretry_statuses, 0);
	conf_unref(conf);
}
END_TEST

START_TEST(broken)
{
	cut_anywhere(whole, sizeof whole - 1);
	break_anywhere(whole, sizeof whole - 1);
}
END_TEST

static const struct {
	const char	*retry;
	const char	*method;
	bool		 idempotent;
	bool		 has_key;
	bool		 again;
} requests[] = {
	{ "{}", "GET", true, false, true },
	{ "{}", "POST", false, false, false },
	{ "{}", "POST", false, true, false },
	{ "{attempts: 0}", "GET", true, true, false },
	{ "{attempts: 0, methods: [GET]}", "GET", true, true, false },
	{ "{idempotency_key: true}", "POST", false, true, true },
	{ "{idempotency_key: true}", "POST", false, false, false },
	{ "{idempotency_key: true, methods: []}", "GET", true, true, true },
	{ "{idempotency_key: true, methods: []}", "GET", true, false, false },
	{ "{methods: []}", "GET", true, false, false },
	{ "{methods: [GET]}", "GET", true, false, true },
	{ "{methods: [GET]}", "PUT", true, false, false },
	{ "{methods: [GET]}", "GETS", true, false, false },
	{ "{methods: [GET]}", "GE", true, false, false },
	{ "{methods: [GET]}", "get", false, false, false },
	{ "{methods: [GET]}", "", false, false, false },
	{ "{methods: [idempotent, PATCH]}", "PATCH", false, false, true },
	{ "{methods: [idempotent, PATCH]}", "DELETE", true, false, true },
	{ "{methods: [PATCH, idempotent]}", "POST", false, false, false },
};

START_TEST(retries)
{
	const struct http1_str method = {
		requests[_i].method, strlen(requests[_i].method)
	};
	struct conf *conf;
	char text[128];

	snprintf(text, sizeof text, "defaults: {retry: %s}",
	    requests[_i].retry);
	conf = parse_ok(text);
	ck_assert_int_eq(rule_retries(&conf->fallback, method,
	    requests[_i].idempotent, requests[_i].has_key),
	    requests[_i].again);
	conf_unref(conf);
}
END_TEST

static Suite *
retry_suite(void)
{
	Suite *suite = suite_create("conf_retry");
	TCase *bad = tcase_create("errors");
	TCase *good = tcase_create("values");

	tcase_set_timeout(bad, 60);
	tcase_add_loop_test(bad, error, 0, COUNT(errors));
	tcase_add_test(bad, broken);
	suite_add_tcase(suite, bad);

	tcase_add_test(good, defaults);
	tcase_add_loop_test(good, learns, 0, COUNT(learned));
	tcase_add_test(good, everything);
	tcase_add_test(good, upgrades);
	tcase_add_loop_test(good, retries, 0, COUNT(requests));
	suite_add_tcase(suite, good);
	return suite;
}

int
main(void)
{
	return run_suite(retry_suite());
}

/* SPDX-License-Identifier: ISC */
#include "check_conf.h"

/* Limits that are only observed, and those that are tried beside others. */

#define U	BUDGET_UNIT
#define SECOND	UINT64_C(1000000000)
#define HOST(keys)	"hosts: {a.b: {" keys "}}\n"

static const struct wrong errors[] = {
	{ HOST("mode: observ"), "1:21: hosts.a.b.mode: \"observ\" is unknown, "
	    "expected enforce or observe; did you mean \"observe\"?" },
	{ HOST("mode: {}"), "1:21: hosts.a.b.mode: a mapping, expected enforce "
	    "or observe" },
	{ HOST("mode: observe, candidate: {capacity: 1}"),
	    "1:41: hosts.a.b.candidate: beside mode: observe, expected one or "
	    "the other; observe tells what the rule's own limits would do, "
	    "candidate tries others while those hold" },
	{ HOST("candidate: {}"), "1:26: hosts.a.b.candidate: nothing to try, "
	    "expected limits such as {capacity: 10}" },
	{ HOST("candidate: 10"), "1:26: hosts.a.b.candidate: a plain value, "
	    "..." },
	{ HOST("candidate: {burst: 1}"), "1:34: hosts.a.b.candidate.burst: "
	    "without capacity, expected capacity beside it" },
	{ HOST("candidate: {capacity: 1, rates: [{capacity: 1}]}"),
	    "1:37: hosts.a.b.candidate.capacity: beside rates, expected one or "
	    "the other; put it into rates" },
	{ HOST("candidate: {capacity: 10, burst: 11, strict: true}"),
	    "1:48: hosts.a.b.candidate.burst: more than capacity, "
	    "..." },
	{ HOST("candidate: {queue: {lenght: 1}}"),
	    "1:35: hosts.a.b.candidate.queue.lenght: an unknown key, expected "
	    "length, max_wait; did you mean \"length\"?" },
	{ HOST("candidate: {rps: 10}"),
	    "1:27: hosts.a.b.candidate.rps: an unknown key, expected capacity, "
	    "period, burst, strict, rates, concurrency, queue; ..." },
	{ HOST("candidate: {pause: {max: 1h}}"),
	    "1:27: hosts.a.b.candidate.pause: an unknown key, ..." },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

START_TEST(mode)
{
	struct conf *conf = parse_ok("defaults: {mode: observe, capacity: 1}\n"
	    "hosts: {a.b: {}, c.d: {mode: enforce}}\n");

	ck_assert_int_eq(conf->fallback.mode, RULE_OBSERVE);
	ck_assert_int_eq(conf->rules[0].mode, RULE_ENFORCE);
	ck_assert_int_eq(conf->rules[1].mode, RULE_ENFORCE);
	ck_assert(!conf->fallback.tries);
	ck_assert(!conf->rules[0].tries);
	conf_unref(conf);
}
END_TEST

START_TEST(candidate)
{
	struct conf *conf = parse_ok(HOST("capacity: 5, candidate: {"
	    "capacity: 100, period: 1m, burst: 7, strict: true, "
	    "concurrency: 3, queue: {length: 4, max_wait: 2s}}"));
	const struct rule_candidate *c = &conf->rules[0].candidate;

	ck_assert(conf->rules[0].tries);
	ck_assert_uint_eq(conf->rules[0].limits.rates[0].capacity, 5 * U);
	ck_assert_uint_eq(conf->rules[0].queue_length, 1000);
	ck_assert_uint_eq(c->limits.nrates, 1);
	ck_assert_uint_eq(c->limits.rates[0].capacity, 100 * U);
	ck_assert_uint_eq(c->limits.rates[0].period, 60 * SECOND);
	ck_assert_uint_eq(c->limits.rates[0].burst, 7 * U);
	ck_assert(c->limits.rates[0].strict);
	ck_assert_uint_eq(c->limits.concurrency, 3);
	ck_assert_uint_eq(c->queue_length, 4);
	ck_assert_uint_eq(c->max_wait, 2 * SECOND);
	conf_unref(conf);
}
END_TEST

/* Wherever it stands, what it does not name is the rule's. */
START_TEST(rest_is_the_rules)
{
	struct conf *conf = parse_ok("hosts:\n"
	    "  a.b: {candidate: {capacity: 50}, capacity: 100, period: 1m,\n"
	    "    burst: 3, concurrency: 9, queue: {length: 8, max_wait: 7s}}\n"
	    "  c.d: {candidate: {concurrency: 2}, rates: [{capacity: 1}, "
	    "{capacity: 60, period: 1h}]}\n"
	    "  e.f: {candidate: {capacity: 5}, rates: [{capacity: 1, "
	    "period: 5s}, {capacity: 60, period: 1h}]}\n"
	    "  g.h: {candidate: {rates: [{capacity: 2}, {capacity: 9, "
	    "period: 1m}]}, capacity: 4}\n");
	const struct rule_candidate *c = &conf->rules[0].candidate;

	ck_assert_uint_eq(c->limits.rates[0].capacity, 50 * U);
	ck_assert_uint_eq(c->limits.rates[0].period, 60 * SECOND);
	ck_assert_uint_eq(c->limits.rates[0].burst, 50 * U);
	ck_assert_uint_eq(c->limits.concurrency, 9);
	ck_assert_uint_eq(c->queue_length, 8);
	ck_assert_uint_eq(c->max_wait, 7 * SECOND);
	c = &conf->rules[1].candidate;
	ck_assert_uint_eq(c->limits.concurrency, 2);
	ck_assert_uint_eq(c->limits.nrates, 2);
	ck_assert_uint_eq(c->limits.rates[1].capacity, 60 * U);
	c = &conf->rules[2].candidate;
	ck_assert_uint_eq(c->limits.nrates, 1);
	ck_assert_uint_eq(c->limits.rates[0].period, SECOND);
	c = &conf->rules[3].candidate;
	ck_assert_uint_eq(c->limits.nrates, 2);
	ck_assert_uint_eq(c->limits.rates[1].period, 60 * SECOND);
	conf_unref(conf);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conf_candidate");
	TCase *tc = tcase_create("candidate");

	ROWS(tc, error, errors);
	tcase_add_test(tc, mode);
	tcase_add_test(tc, candidate);
	tcase_add_test(tc, rest_is_the_rules);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

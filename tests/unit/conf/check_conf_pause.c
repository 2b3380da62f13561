/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <string.h>

#include "conf/conf.h"
#include "check_conf.h"

/* Which answers a rule takes for refusals, and for how long. */

#define SECOND	1000000000ULL
#define OF	"defaults: {pause: {statuses: "
#define BODIES	"defaults: {pause: {bodies: "

static const struct wrong errors[] = {
	{ OF "[{}]}}\n", "1:31: defaults.pause.statuses[0]: no status, "
	    "expected one such as {status: 503, default: 5s}" },
	{ OF "{default: off}}}\n", "1:30: defaults.pause.statuses: no status, "
	    "expected one such as {status: 503, default: 5s}" },
	{ OF "[{status: 1000}]}}\n", "1:40: "
	    "defaults.pause.statuses[0].status: \"1000\" is too much, "
	    "expected a whole number from 200 to 999" },
	{ OF "[{status: 503, default: often}]}}\n", "1:54: "
	    "defaults.pause.statuses[0].default: \"often\" is ..." },
	{ OF "[{status: 503, default: 367d}]}}\n", "1:54: "
	    "defaults.pause.statuses[0].default: \"367d\" is too much, "
	    "expected off or a duration in ms, s, m, h or d, from 0s to "
	    "366d" },
	{ OF "[{status: 503, defalt: 1s}]}}\n", "1:45: "
	    "defaults.pause.statuses[0].defalt: an unknown key, expected "
	    "status, default; did you mean \"default\"?" },
	{ OF "[503, {status: 503, default: off}]}}\n", "1:36: "
	    "defaults.pause.statuses[1]: \"503\" is there twice, "
	    "expected once" },
	{ OF "[429, {status: 503, default: 2s}], max: 1s}}\n", "1:59: "
	    "defaults.pause.statuses[1].default: longer than max, expected "
	    "at most 1s" },
	{ OF "{status: 503, default: 2s}, max: 1s}}\n", "1:53: "
	    "defaults.pause.statuses.default: longer than max, expected "
	    "at most 1s" },
	{ OF "[[503]]}}\n", "1:31: defaults.pause.statuses[0]: a list, "
	    "expected a whole number from 200 to 999" },
	{ BODIES "403}}\n", "1:28: defaults.pause.bodies: no list, expected "
	    "up to 16 rules such as ..." },
	{ BODIES "[{}]}}\n", "1:29: defaults.pause.bodies[0]: a rule without "
	    "status, expected one with it" },
	{ BODIES "[{status: 403}]}}\n", "1:29: defaults.pause.bodies[0]: a "
	    "rule for any body, expected json, contains or delay" },
	{ BODIES "[{status: 403, contains: a, in: b}]}}\n", "1:60: "
	    "defaults.pause.bodies[0].in: without json, expected json beside "
	    "it" },
	{ BODIES "[{status: [], contains: a}]}}\n", "1:38: "
	    "defaults.pause.bodies[0].status: an empty list, expected a "
	    "status or a list, 1 to 16 of 200 to 999" },
	{ BODIES "[{status: [403, 99], contains: a}]}}\n", "1:44: "
	    "defaults.pause.bodies[0].status[1]: \"99\" is too little, "
	    "expected a status or a list, 1 to 16 of 200 to 999" },
	{ BODIES "[{status: 403, json: a..b}]}}\n", "1:49: "
	    "defaults.pause.bodies[0].json: \"a..b\" is no path of up to 16 "
	    "keys, expected keys with dots between them such as "
	    "error.details.*.retryDelay" },
	{ BODIES "[{status: 403, contains: \"\"}]}}\n", "1:53: "
	    "defaults.pause.bodies[0].contains: \"\" is empty, expected a "
	    "text" },
	{ BODIES "[{status: 403, delay: {need: a, have: b}}]}}\n", "1:50: "
	    "defaults.pause.bodies[0].delay: a mapping without need, have or "
	    "rate, expected all three" },
	{ BODIES "[{status: 403, delay: [a]}]}}\n", "1:50: "
	    "defaults.pause.bodies[0].delay: a list, expected ..." },
	{ BODIES "[{status: 403, path: a, contains: a}]}}\n", "1:49: "
	    "defaults.pause.bodies[0].path: no path pattern, expected ..." },
	{ BODIES "[{status: 403, json: a, in: []}]}}\n", "1:56: "
	    "defaults.pause.bodies[0].in: an empty list, expected a text or a "
	    "list, 1 to 32 texts" },
	{ BODIES "[{status: 403, jsn: a}]}}\n", "1:43: "
	    "defaults.pause.bodies[0].jsn: an unknown key, expected status, "
	    "path, json, in, contains, delay, default; did you mean "
	    "\"json\"?" },
	{ OF "}}\n", "1:30: defaults.pause.statuses: no value, expected a "
	    "whole number from 200 to 999" },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

static const struct {
	const char	*pause;		/* a rule's */
	int		 status;
	bool		 there;
	bool		 off;
	uint64_t	 ns;
} statuses[] = {
	{ "{}", 429, true, false, 5 * SECOND },
	{ "{}", 503, true, true, 0 },
	{ "{}", 403, false, false, 0 },
	{ "{default: 7s}", 429, true, false, 7 * SECOND },
	{ "{default: 7s}", 503, true, true, 0 },
	{ "{max: 2s}", 429, true, false, 2 * SECOND },
	{ "{statuses: [503]}", 503, true, false, 5 * SECOND },
	{ "{statuses: [503]}", 429, false, false, 0 },
	{ "{statuses: 503, default: 9s}", 503, true, false, 9 * SECOND },
	{ "{default: 9s, statuses: 503}", 503, true, false, 9 * SECOND },
	{ "{statuses: {status: 403}, max: 1s}", 403, true, false, SECOND },
	{ "{statuses: [{status: 403, default: 1m}, 429]}", 403, true, false,
	    60 * SECOND },
	{ "{statuses: [{status: 403, default: 1m}, 429]}", 429, true, false,
	    5 * SECOND },
	{ "{statuses: [{status: 498, default: Off}]}", 498, true, true, 0 },
	{ "{statuses: [{status: 429, default: 0}]}", 429, true, false, 0 },
	{ "{statuses: [200, 999]}", 200, true, false, 5 * SECOND },
	{ "{statuses: [200, 999]}", 999, true, false, 5 * SECOND },
	{ "{statuses: []}", 429, false, false, 0 },
};

START_TEST(status)
{
	const struct rule_status *s;
	struct conf *conf;
	char text[128];

	snprintf(text, sizeof text, "defaults: {pause: %s}",
	    statuses[_i].pause);
	conf = parse_ok(text);
	s = rule_pauses(&conf->fallback, statuses[_i].status);
	ck_assert_int_eq(s != NULL, statuses[_i].there);
	if (s != NULL) {
		ck_assert_int_eq(s->off, statuses[_i].off);
		ck_assert_uint_eq(s->pause, statuses[_i].ns);
	}
	conf_unref(conf);
}
END_TEST

START_TEST(bodies)
{
	struct conf *conf = parse_ok(BODIES
	    "[{status: [403, 429], path: /a/*, json: error.code, in: [x, y],"
	    " contains: z, delay: error.wait, default: 9s},"
	    " {status: 200, delay: {need: n, have: h, rate: r}}]}}");
	const struct rule *rule = &conf->fallback;
	const struct refusal_rule *r = &rule->bodies[0].rule;

	ck_assert_uint_eq(rule->nbodies, 2);
	ck_assert_uint_eq(r->nstatuses, 2);
	ck_assert_int_eq(r->statuses[0], 403);
	ck_assert_int_eq(r->statuses[1], 429);
	ck_assert_str_eq(rule->bodies[0].path, "/a/*");
	ck_assert_uint_eq(rule->bodies[0].pattern.nsegments, 2);
	ck_assert_str_eq(r->json, "error.code");
	ck_assert_str_eq(r->in[0], "x");
	ck_assert_str_eq(r->in[1], "y");
	ck_assert_ptr_null(r->in[2]);
	ck_assert_str_eq(r->contains, "z");
	ck_assert_str_eq(r->delay, "error.wait");
	ck_assert(r->has_pause);
	ck_assert_uint_eq(r->pause, 9 * SECOND);
	r = &rule->bodies[1].rule;
	ck_assert_ptr_null(rule->bodies[1].path);
	ck_assert_ptr_null(r->json);
	ck_assert_ptr_null(r->in);
	ck_assert_ptr_null(r->delay);
	ck_assert_str_eq(r->need, "n");
	ck_assert_str_eq(r->have, "h");
	ck_assert_str_eq(r->rate, "r");
	ck_assert(!r->has_pause);
	conf_unref(conf);
}
END_TEST

static const char	 whole[] =
    "defaults: {pause: {statuses: [429, {status: 503, default: off}, 403],\n"
    "  default: 1s, max: 1m}}\n"
    "hosts: {a.b: {pause: {statuses: {status: 999, default: 5s},\n"
    "  bodies: [{status: 403, json: a.*, in: [b, c], contains: d,\n"
    "  path: /e, delay: {need: f, have: g, rate: h}, default: 1s}]}}}\n";

START_TEST(broken)
{
	cut_anywhere(whole, sizeof whole - 1);
	break_anywhere(whole, sizeof whole - 1);
}
END_TEST

static Suite *
pause_suite(void)
{
	Suite *suite = suite_create("conf_pause");
	TCase *bad = tcase_create("errors");
	TCase *good = tcase_create("values");

	tcase_set_timeout(bad, 60);
	tcase_add_loop_test(bad, error, 0, COUNT(errors));
	tcase_add_test(bad, broken);
	suite_add_tcase(suite, bad);

	tcase_add_loop_test(good, status, 0, COUNT(statuses));
	tcase_add_test(good, bodies);
	suite_add_tcase(suite, good);
	return suite;
}

int
main(void)
{
	return run_suite(pause_suite());
}

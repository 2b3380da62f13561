/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <string.h>

#include "conf/conf.h"
#include "check_conf.h"

/* Which answers a rule takes for refusals, and for how long. */

#define SECOND	1000000000ULL
#define OF	"defaults: {pause: {statuses: "

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
	const struct conf_status	*s;
	struct conf			*conf;
	char				 text[128];

	snprintf(text, sizeof text, "defaults: {pause: %s}",
	    statuses[_i].pause);
	conf = parse_ok(text);
	s = conf_rule_pauses(&conf->fallback, statuses[_i].status);
	ck_assert_int_eq(s != NULL, statuses[_i].there);
	if (s != NULL) {
		ck_assert_int_eq(s->off, statuses[_i].off);
		ck_assert_uint_eq(s->pause, statuses[_i].ns);
	}
	conf_unref(conf);
}
END_TEST

static const char	 whole[] =
    "defaults: {pause: {statuses: [429, {status: 503, default: off}, 403],\n"
    "  default: 1s, max: 1m}}\n"
    "hosts: {a.b: {pause: {statuses: {status: 999, default: 5s}}}}\n";

START_TEST(broken)
{
	cut_anywhere(whole, sizeof whole - 1);
	break_anywhere(whole, sizeof whole - 1);
}
END_TEST

static Suite *
pause_suite(void)
{
	Suite	*suite = suite_create("conf_pause");
	TCase	*bad = tcase_create("errors");
	TCase	*good = tcase_create("values");

	tcase_set_timeout(bad, 60);
	tcase_add_loop_test(bad, error, 0, COUNT(errors));
	tcase_add_test(bad, broken);
	suite_add_tcase(suite, bad);

	tcase_add_loop_test(good, status, 0, COUNT(statuses));
	suite_add_tcase(suite, good);
	return suite;
}

int
main(void)
{
	return run_suite(pause_suite());
}

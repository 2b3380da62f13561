/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <string.h>

#include "policy/lesson.h"
#include "check_run.h"

/*
 * What a host refuses a request for: too many requests, or something else, by
 * what it says is left of both.
 */

#define OF(of, n, all) \
	{ .unit = HINT_ ## of, .has_remaining = true, .has_limit = true, \
	    .remaining = (n) * HINT_MICRO, .limit = (all) * HINT_MICRO }
#define R(n)	OF(REQUESTS, n, 500)
#define T(n)	OF(TOKENS, n, 1000)

static const struct {
	const char		*what;
	bool			 no_rate;
	struct hint_budget	 budgets[3];
} refused_for[] = {
	{ "spent tokens", true, { R(499), T(0) } },
	{ "too few tokens, or not", false, { T(300), R(499) } },
	{ "one of two kinds of tokens", true, { R(400), T(990), T(0) } },
	{ "requests", false, { R(0), T(0) } },
	{ "one of two limits of requests", false, { R(499), R(1), T(300) } },
	{ "a limit that is not told", false, { R(499), T(0),
	    { .has_remaining = true } } },
	{ "slots", false, { R(499), OF(CONCURRENT, 0, 5), T(0) } },
	{ "requests alone", false, { R(499) } },
	{ "tokens alone", false, { T(0) } },
	{ "equal parts", false, { R(50), T(100) } },
};

START_TEST(refused_for_what)
{
	const struct rule rule = { .learn = RULE_LEARN_ESTIMATE };
	struct lesson_answer answer = { .rule = &rule, .status = 429 };
	struct hint hint = { .nbudgets = 3 };
	struct lesson l;

	memcpy(hint.budgets, refused_for[_i].budgets,
	    sizeof refused_for[_i].budgets);
	lesson_of_head(&l, &answer, &hint);
	ck_assert_msg(l.no_rate == refused_for[_i].no_rate, "%s",
	    refused_for[_i].what);
	/* by its word, or by what refuses nothing */
	hint.concurrency = _i % 2 == 0;
	hint.budgets[0].allowed = hint.budgets[1].allowed = _i % 2 != 0;
	lesson_of_head(&l, &answer, &hint);
	ck_assert(!l.no_rate);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lesson_refused");
	TCase *tc = tcase_create("lesson_refused");

	ROWS(tc, refused_for_what, refused_for);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

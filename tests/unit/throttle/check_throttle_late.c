/* SPDX-License-Identifier: ISC */
#include "check_throttle.h"

/*
 * Who is fetched late is credited that, within bounds, and nothing else.
 */

/* One waiter of 0.1 s a unit, due at 100 ms, fetched late by so much. */
static uint64_t
second_after_late(uint64_t late, bool strict)
{
	struct throttle_limits l = one_rate(10 * U, SEC, U);
	struct throttle_waiter w;
	struct throttle *t;
	uint64_t start;

	l.host.rates[0].strict = strict;
	t = new_throttle(l);
	go(t, U, 0);
	wait_for(t, &w, U, 0);
	ck_assert_ptr_eq(throttle_next(t, 100 * MS + late), &w);
	start = start_of(t, U, 100 * MS + late);
	throttle_free(t);
	return start;
}

START_TEST(lateness_is_credited_within_bounds)
{
	ck_assert_uint_eq(second_after_late(0, false), 200 * MS);
	ck_assert_uint_eq(second_after_late(MS, false), 200 * MS);
	ck_assert_uint_eq(second_after_late(THROTTLE_LATE, false), 200 * MS);
	ck_assert_uint_eq(second_after_late(THROTTLE_LATE + 1, false),
	    200 * MS + 1);
	ck_assert_uint_eq(second_after_late(50 * MS, false),
	    250 * MS - THROTTLE_LATE);
	ck_assert_uint_eq(second_after_late(0, true), 200 * MS);
	ck_assert_uint_eq(second_after_late(MS, true), 201 * MS);
}
END_TEST

START_TEST(starts_behind_a_late_head)
{
	struct throttle_limits l = one_rate(12 * U, MS, 2 * U);
	struct throttle_waiter w;
	struct throttle *t;

	/* Due at 200 us but still there at 1 ms: strict counts from then. */
	l.host.rates[0].strict = true;
	t = new_throttle(l);
	go(t, 2 * U, 0);
	wait_for(t, &w, 2 * U, 0);
	ck_assert_uint_eq(start_of(t, 2 * U, MS), MS + MS / 6 + 1);
	throttle_cancel(t, &w);
	throttle_free(t);
	l = one_rate(10 * U, MS, 2 * U);
	t = new_throttle(l);
	go(t, 2 * U, 0);
	wait_for(t, &w, 2 * U, 0);
	ck_assert_uint_eq(start_of(t, 2 * U, MS), MS);
	ck_assert_ptr_eq(throttle_next(t, MS), &w);
	go(t, 2 * U, MS);
	throttle_free(t);
}
END_TEST

START_TEST(no_credit_for_waiting_for_a_slot)
{
	struct throttle_limits l = one_rate(10 * U, SEC, U);
	struct throttle_waiter w;
	struct throttle *t;

	l.host.concurrency = 1;
	t = new_throttle(l);
	go(t, U, 0);
	wait_for(t, &w, U, 0);
	/* Due at 100 ms, a slot at 101 ms, fetched at 102 ms. */
	give_back(t, 101 * MS);
	ck_assert_ptr_eq(throttle_next(t, 102 * MS), &w);
	ck_assert_uint_eq(start_of(t, U, 102 * MS), 201 * MS);
	throttle_free(t);
}
END_TEST

/* Rates below fill up a bucket of two in 200 us, well within the credit. */

START_TEST(no_credit_before_arrival_or_pause)
{
	struct throttle *t = new_throttle(one_rate(10 * U, MS, 2 * U));
	struct throttle_waiter a, b;

	pause_host(t, SEC, 0);
	wait_for(t, &a, 2 * U, 0);
	ck_assert_ptr_eq(throttle_next(t, SEC + MS / 10), &a);
	throttle_verdict(t, &a, BUDGET_SUCCESS, SEC + MS / 10);
	ck_assert_uint_eq(start_of(t, 2 * U, SEC + MS / 10),
	    SEC + MS / 5);
	go(t, 2 * U, 2 * SEC);
	wait_for(t, &a, U, 2 * SEC);
	wait_for(t, &b, 2 * U, 2 * SEC + MS);
	ck_assert_ptr_eq(throttle_next(t, 2 * SEC + MS + 5), &a);
	ck_assert_ptr_eq(throttle_next(t, 2 * SEC + MS + 5), &b);
	ck_assert_uint_eq(start_of(t, 2 * U, 2 * SEC + MS + 5),
	    2 * SEC + MS + MS / 5);
	throttle_free(t);
}
END_TEST

/* A cheap waiter behind a costly one that goes away at 1 ms. */
static void
behind_one_that_leaves(bool hopeless)
{
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle *t = new_throttle(add_rate(
	    one_rate(10 * U, MS, 2 * U), 5 * U, SEC, 5 * U));
	struct throttle_waiter costly, cheap;

	go(t, 2 * U, 0);
	ask(t, &costly, 5 * U, 400 * MS, 0, THROTTLE_WAIT);
	wait_for(t, &cheap, 2 * U, 0);
	if (hopeless) {
		costly.deadline = 0;
		throttle_hopeless(t, MS, &out);
		ck_assert_ptr_eq(TAILQ_FIRST(&out), &costly);
	} else
		throttle_cancel(t, &costly);
	ck_assert_uint_eq(start_of(t, U, MS), MS + MS / 10);
	ck_assert_ptr_eq(throttle_next(t, MS), &cheap);
	ck_assert_uint_eq(start_of(t, U, MS), MS + MS / 10);
	throttle_free(t);
}

START_TEST(no_credit_for_waiting_behind_another)
{
	behind_one_that_leaves(false);
	behind_one_that_leaves(true);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("throttle_late");
	TCase *tc = tcase_create("late");

	tcase_add_test(tc, lateness_is_credited_within_bounds);
	tcase_add_test(tc, starts_behind_a_late_head);
	tcase_add_test(tc, no_credit_for_waiting_for_a_slot);
	tcase_add_test(tc, no_credit_before_arrival_or_pause);
	tcase_add_test(tc, no_credit_for_waiting_behind_another);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

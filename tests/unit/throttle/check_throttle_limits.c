/* SPDX-License-Identifier: ISC */
#include "check_throttle.h"

/*
 * A throttle whose limits change, or are extreme; one that takes over from
 * another, or is dropped.
 */

static void
new_limits(struct throttle *t, const struct throttle_limits *l, uint64_t now)
{
	ck_assert(throttle_limit(t, l, NULL, now));
}

START_TEST(new_limits_keep_what_is_consumed)
{
	struct throttle *t = new_throttle(one_rate(10 * U, SEC, 10 * U));
	struct throttle_limits l = one_rate(3 * U, SEC, 10 * U);

	go(t, 8 * U, SEC);
	new_limits(t, &l, SEC);
	/* Two are left of ten; the eight come back at the new rate. */
	go(t, 2 * U, SEC);
	ck_assert_uint_eq(start_of(t, 10 * U, SEC), 4333333334);
	/* Half of it has come back: 8.5 gone, burst 4, another period. */
	l = one_rate(U, 7 * SEC, 4 * U);
	new_limits(t, &l, SEC + 500 * MS);
	ck_assert_uint_eq(start_of(t, 0, SEC + 500 * MS),
	    SEC + 500 * MS + 9 * SEC / 2 * 7);
	/* What filled up before is not kept beyond the bucket. */
	new_limits(t, &l, 1000 * SEC);
	go(t, 4 * U, 1000 * SEC);
	ck_assert_uint_eq(start_of(t, U, 1000 * SEC), 1007 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(new_period_rounds_up)
{
	struct throttle_limits l = one_rate(1, 5, 1);
	struct throttle *t = new_throttle(one_rate(1, 3, 1));

	/* Two thirds of what was taken are left: 3.33 ns of five. */
	go(t, 1, 0);
	new_limits(t, &l, 1);
	ck_assert_uint_eq(start_of(t, 1, 1), 5);
	throttle_free(t);
}
END_TEST

START_TEST(same_limits_change_nothing)
{
	struct throttle_limits l = one_rate(7 * U, 3 * SEC, 9 * U);
	struct throttle *t = new_throttle(l), *other = new_throttle(l);
	uint64_t now;

	for (now = 1; now < 20 * SEC; now += SEC / 3) {
		if (start_of(t, U, now) == now) {
			go(t, U, now);
			go(other, U, now);
		}
		new_limits(t, &l, now + 5);
		ck_assert_uint_eq(start_of(t, 3 * U, now + 5),
		    start_of(other, 3 * U, now + 5));
	}
	throttle_free(t);
	throttle_free(other);
}
END_TEST

START_TEST(rates_pair_by_period_then_in_order)
{
	struct throttle_limits l = add_rate(one_rate(10 * U, SEC, 10 * U),
	    100 * U, 60 * SEC, 100 * U);
	struct throttle *t = new_throttle(l);

	go(t, 9 * U, 0);
	l = add_rate(add_rate(one_rate(9 * U, 60 * SEC, 9 * U),
	    90 * U, 5 * SEC, 9 * U), U, 7 * SEC, 9 * U);
	new_limits(t, &l, 0);
	/* The first two have taken over 9 each, the third starts full. */
	ck_assert_uint_eq(start_of(t, 9 * U, 0), 60 * SEC);
	l = one_rate(U, 5 * SEC, 9 * U);
	new_limits(t, &l, 0);
	ck_assert_uint_eq(start_of(t, 9 * U, 0), 45 * SEC);
	l = one_rate(U, 7 * SEC, 9 * U);
	l.host.nrates = 0;
	new_limits(t, &l, 0);
	go(t, 1000 * U, 0);
	l.host.nrates = 1;
	new_limits(t, &l, 0);
	go(t, 9 * U, 0);
	throttle_free(t);
}
END_TEST

START_TEST(new_limits_keep_pause_waiters_and_slots)
{
	struct throttle_limits l = slots(3);
	struct throttle *t = new_throttle(l);
	struct throttle_waiter a, b;

	go(t, U, 0);
	go(t, U, 0);
	pause_host(t, SEC, 0);
	wait_for(t, &a, U, 0);
	wait_for(t, &b, U, 0);
	l.host.concurrency = 1;
	l.queue_length = 0;
	new_limits(t, &l, 0);
	ck_assert_uint_eq(throttle_waiting(t), 2);
	ck_assert_uint_eq(throttle_inflight(t), 2);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), SEC);
	give_back(t, SEC);
	ck_assert_ptr_null(throttle_next(t, SEC));
	give_back(t, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &a);
	throttle_verdict(t, &a, BUDGET_SUCCESS, SEC);
	l.host.concurrency = 0;
	new_limits(t, &l, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &b);
	throttle_free(t);
}
END_TEST

START_TEST(requeue_by_arrival)
{
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle *old = new_throttle(l), *t;
	struct throttle_waiter w[6];
	int i;

	l.queue_length = 2;
	t = new_throttle(l);
	go(old, U, 0);
	go(t, U, 0);
	wait_for(old, &w[0], U, 1);
	wait_for(t, &w[1], U, 2);
	wait_for(old, &w[3], 2 * U, 3);
	wait_for(t, &w[2], U, 3);
	wait_for(old, &w[4], U, 4);
	wait_for(old, &w[5], U, 4);
	for (i = 0; i < 6; i++) {
		if (i == 1 || i == 2)
			continue;
		throttle_cancel(old, &w[i]);
		ck_assert(throttle_requeue(t, &w[i], NULL, 5));
	}
	ck_assert_uint_eq(throttle_waiting(t), 6);
	ck_assert_uint_eq(start_of(t, U, 5), 8 * SEC);
	for (i = 0; i < 6; i++)
		ck_assert_ptr_eq(throttle_next(t, 20 * SEC * (unsigned)
		    (i + 1)), &w[i]);
	throttle_free(t);
	throttle_free(old);
}
END_TEST

START_TEST(inherits_the_larger_use)
{
	struct throttle *t = new_throttle(add_rate(
	    one_rate(U, SEC, 9 * U), U, 60 * SEC, 9 * U));
	struct throttle *from = new_throttle(add_rate(
	    one_rate(9 * U, 60 * SEC, 9 * U), 9 * U, SEC, 9 * U));
	struct throttle_waiter w = { .settled = true };

	go(t, 5 * U, 0);
	go(from, 3 * U, 0);
	pause_host(from, SEC, 0);
	throttle_inherit(t, from, NULL, 0);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), SEC);
	ck_assert_uint_eq(start_of(t, 5 * U, 0), 60 * SEC);
	resume_host(from, 0);
	go(from, 6 * U, 0);
	throttle_inherit(t, from, NULL, 0);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), SEC);
	ck_assert_uint_eq(start_of(t, U, 0), 60 * SEC);
	ck_assert_uint_eq(throttle_inflight(t), 1);
	throttle_hold(t, &w, NULL, 0);
	ck_assert_uint_eq(throttle_inflight(t), 2);
	throttle_free(t);
	throttle_free(from);
}
END_TEST

static void
wait_paused(struct throttle *t, struct throttle_waiter *w)
{
	pause_host(t, 2 * SEC, SEC);
	ck_assert(!throttle_idle(t, 2 * SEC - 1));
	wait_for(t, w, U, SEC);
}

START_TEST(idle_is_as_new)
{
	struct throttle *t = new_throttle(one_rate(3 * U, SEC, 3 * U));
	struct throttle_waiter w = { .settled = true };

	ck_assert(throttle_idle(t, 0));
	go(t, U, 0);
	give_back(t, 0);
	ck_assert(!throttle_idle(t, 333333333));
	ck_assert(throttle_idle(t, 333333334));
	throttle_hold(t, &w, NULL, SEC);
	ck_assert(!throttle_idle(t, SEC));
	give_back(t, SEC);
	wait_paused(t, &w);
	ck_assert(!throttle_idle(t, 2 * SEC));
	throttle_cancel(t, &w);
	/* A new one would not be half open: it would forget the pause. */
	ck_assert(!throttle_idle(t, 2 * SEC));
	go(t, U, 2 * SEC);
	give_back(t, 2 * SEC);
	ck_assert(!throttle_idle(t, 3 * SEC));
	go(t, U, 3 * SEC);
	give_back(t, 3 * SEC);
	ck_assert(throttle_idle(t, 4 * SEC));
	throttle_free(t);
}
END_TEST

START_TEST(saturates)
{
	struct throttle *t = new_throttle(one_rate(1, UINT64_MAX, UINT64_MAX));
	struct throttle_limits l = one_rate(UINT64_MAX, 1, 1);
	struct throttle_waiter w;

	go(t, UINT64_MAX, 0);
	go(t, 0, 0);
	ck_assert_uint_eq(wait_for(t, &w, UINT64_MAX, 0), NEVER);
	ck_assert_uint_eq(start_of(t, UINT64_MAX, 0), NEVER);
	ck_assert_ptr_null(throttle_next(t, NEVER - 1));
	ck_assert_uint_eq(throttle_wake(t, 0), NEVER);
	new_limits(t, &l, 0);
	ck_assert_uint_eq(throttle_wake(t, 0), 1);
	ck_assert_ptr_eq(throttle_next(t, 1), &w);
	l = one_rate(1, UINT64_MAX, 1);
	new_limits(t, &l, 1);
	ck_assert_uint_eq(start_of(t, 0, 1), NEVER);
	throttle_free(t);
}
END_TEST

START_TEST(saturated_sums_never_wrap)
{
	struct throttle *t = new_throttle(
	    one_rate(UINT64_MAX, UINT64_MAX, 1));
	struct throttle_waiter a, b, c;

	go(t, 1, 0);
	wait_for(t, &a, UINT64_MAX, 0);
	wait_for(t, &b, 3, 0);
	ck_assert_uint_eq(wait_for(t, &c, 1, 0), NEVER);
	throttle_cancel(t, &a);
	throttle_cancel(t, &b);
	ck_assert_uint_eq(throttle_wake(t, 0), 1);
	throttle_cancel(t, &c);
	throttle_free(t);
	/* The bucket is empty for longer than can be told. */
	t = new_throttle(one_rate(UINT64_MAX, UINT64_MAX, UINT64_MAX));
	go(t, UINT64_MAX, UINT64_MAX / 2);
	ck_assert_uint_eq(start_of(t, 10, UINT64_MAX / 2), NEVER);
	ck_assert(!throttle_idle(t, NEVER - 1));
	throttle_free(t);
}
END_TEST

START_TEST(clock_far_ahead)
{
	struct throttle *t = new_throttle(add_rate(
	    one_rate(10 * U, SEC, U), 1000000000 * U, 3600 * SEC, U));
	uint64_t now = UINT64_MAX - 10 * SEC;
	struct throttle_waiter w;

	go(t, U, now);
	ck_assert_uint_eq(wait_for(t, &w, U, now), now + 100 * MS);
	leaves_at(t, &w, now + 100 * MS);
	ck_assert_uint_eq(start_of(t, 1000 * U, now), now + 200 * MS);
	throttle_free(t);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("throttle_limits");
	TCase *tc = tcase_create("promises");

	tcase_add_test(tc, new_limits_keep_what_is_consumed);
	tcase_add_test(tc, new_period_rounds_up);
	tcase_add_test(tc, same_limits_change_nothing);
	tcase_add_test(tc, rates_pair_by_period_then_in_order);
	tcase_add_test(tc, new_limits_keep_pause_waiters_and_slots);
	tcase_add_test(tc, requeue_by_arrival);
	tcase_add_test(tc, inherits_the_larger_use);
	tcase_add_test(tc, idle_is_as_new);
	tcase_add_test(tc, saturates);
	tcase_add_test(tc, saturated_sums_never_wrap);
	tcase_add_test(tc, clock_far_ahead);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

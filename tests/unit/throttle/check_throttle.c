/* SPDX-License-Identifier: ISC */
#include "check_throttle.h"

/*
 * The promises of throttle.h, one by one, on a clock that is only a number.
 */

START_TEST(burst_goes_at_once)
{
	/* A third of a second is no whole number of nanoseconds. */
	struct throttle *t = new_throttle(one_rate(3 * U, SEC, 3 * U));
	struct throttle_waiter w;
	int i;

	for (i = 0; i < 3; i++)
		go(t, U, 7 * SEC);
	ck_assert_uint_eq(wait_for(t, &w, U, 7 * SEC), 7 * SEC + 333333334);
	leaves_at(t, &w, 7 * SEC + 333333334);
	/* Three more in a second each, without drift by rounding. */
	ck_assert_uint_eq(start_of(t, U, 7 * SEC), 7 * SEC + 666666667);
	ck_assert_uint_eq(start_of(t, 2 * U, 7 * SEC), 8 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(fractional)
{
	struct throttle *t = new_throttle(one_rate(U / 2, SEC, U));
	struct throttle_waiter a, b;

	go(t, U, 0);
	ck_assert_uint_eq(wait_for(t, &a, U, 0), 2 * SEC);
	ck_assert_uint_eq(wait_for(t, &b, U / 4, 0), 5 * SEC / 2);
	leaves_at(t, &a, 2 * SEC);
	leaves_at(t, &b, 5 * SEC / 2);
	throttle_free(t);
}
END_TEST

START_TEST(refills_over_time)
{
	struct throttle *t = new_throttle(one_rate(10 * U, SEC, 10 * U));

	go(t, 10 * U, SEC);
	ck_assert_uint_eq(start_of(t, U, SEC), SEC + 100 * MS);
	go(t, 5 * U, SEC + 500 * MS);
	/* However long it rests, it never holds more than the burst. */
	go(t, 10 * U, 1000 * SEC);
	ck_assert_uint_eq(start_of(t, U, 1000 * SEC),
	    1000 * SEC + 100 * MS);
	throttle_free(t);
}
END_TEST

START_TEST(rates_all_or_nothing)
{
	struct throttle *t = new_throttle(add_rate(
	    one_rate(2 * U, SEC, 2 * U), 3 * U, 30 * SEC, 3 * U));
	struct throttle_waiter w;

	go(t, 2 * U, 0);
	/* The second rate has one left, the first none. */
	ask(t, &w, U, 0, 0, THROTTLE_LATE_START);
	ck_assert_uint_eq(start_of(t, U, 0), 500 * MS);
	go(t, U, 500 * MS);
	/* Now the second is in the way, and refusals take from neither. */
	ask(t, &w, U, SEC, SEC, THROTTLE_LATE_START);
	ask(t, &w, U, SEC, SEC, THROTTLE_LATE_START);
	ck_assert_uint_eq(wait_for(t, &w, U, SEC), 10 * SEC);
	leaves_at(t, &w, 10 * SEC);
	go(t, U, 20 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(no_slot_costs_nothing)
{
	struct throttle_limits l = one_rate(10 * U, SEC, 10 * U);
	struct throttle_waiter w;
	struct throttle *t;

	l.host.concurrency = 1;
	t = new_throttle(l);
	go(t, U, 0);
	wait_for(t, &w, 9 * U, 0);
	ck_assert_ptr_null(throttle_next(t, SEC));
	throttle_cancel(t, &w);
	give_back(t, SEC);
	go(t, 10 * U, SEC);
	throttle_free(t);
}
END_TEST

START_TEST(cost_above_burst)
{
	struct throttle *t = new_throttle(one_rate(10 * U, SEC, 10 * U));
	struct throttle_waiter a, b;

	go(t, U, 0);
	/* Waits for the full bucket... */
	ck_assert_uint_eq(wait_for(t, &a, 30 * U, 0), 100 * MS);
	ck_assert_uint_eq(wait_for(t, &b, U, 0), 2200 * MS);
	leaves_at(t, &a, 100 * MS);
	/* ...and leaves it 20 in debt, which the next one waits out. */
	leaves_at(t, &b, 2200 * MS);
	/* A little above the burst is above it, too. */
	ck_assert_uint_eq(start_of(t, 10 * U + 1, 10 * SEC), 10 * SEC);
	go(t, 10 * U, 10 * SEC);
	ck_assert_uint_eq(start_of(t, 10 * U + 1, 10 * SEC), 11 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(zero_cost_waits_only_in_debt)
{
	struct throttle *t = new_throttle(one_rate(10 * U, SEC, 10 * U));

	go(t, 10 * U, 0);
	go(t, 0, 0);
	go(t, 20 * U, SEC);
	ck_assert_uint_eq(start_of(t, 0, SEC), 2 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(no_limits)
{
	struct throttle_limits l = { .host.nrates = 0 };
	struct throttle *t = new_throttle(l);
	int i;

	for (i = 0; i < 100; i++)
		go(t, UINT64_MAX, 0);
	ck_assert_uint_eq(throttle_inflight(t), 100);
	throttle_free(t);
}
END_TEST

START_TEST(concurrency)
{
	struct throttle *t = new_throttle(slots(2));
	struct throttle_waiter a, b;

	go(t, U, 0);
	go(t, U, 0);
	ck_assert_uint_eq(wait_for(t, &a, U, 0), 0);
	ck_assert_uint_eq(wait_for(t, &b, U, 0), 0);
	ck_assert_ptr_null(throttle_next(t, SEC));
	ck_assert_uint_eq(throttle_wake(t, 0), NEVER);
	give_back(t, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &a);
	ck_assert_ptr_null(throttle_next(t, SEC));
	ck_assert_uint_eq(throttle_inflight(t), 2);
	give_back(t, SEC);
	give_back(t, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &b);
	give_back(t, SEC);
	ck_assert_uint_eq(throttle_inflight(t), 0);
	throttle_free(t);
}
END_TEST

START_TEST(pause_never_shortens)
{
	struct throttle *t = new_throttle(slots(0));
	struct throttle_waiter w;

	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), 0);
	ck_assert(pause_host(t, 5 * SEC, 0));
	ck_assert(!pause_host(t, 3 * SEC, 0));
	ck_assert(!pause_host(t, 5 * SEC, 0));
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), 5 * SEC);
	ck_assert_uint_eq(wait_for(t, &w, U, SEC), 5 * SEC);
	ck_assert(pause_host(t, 6 * SEC, SEC));
	leaves_at(t, &w, 6 * SEC);
	throttle_verdict(t, &w, BUDGET_SUCCESS, 6 * SEC);
	go(t, U, 6 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(pause_without_end)
{
	struct throttle *t = new_throttle(slots(0));
	struct throttle_waiter w;

	ck_assert(pause_host(t, NEVER, 0));
	ck_assert_uint_eq(wait_for(t, &w, U, 0), NEVER);
	ck_assert_uint_eq(throttle_wake(t, 0), NEVER);
	ck_assert_ptr_null(throttle_next(t, NEVER - 1));
	resume_host(t, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &w);
	throttle_free(t);
}
END_TEST

START_TEST(resume_ends_pause)
{
	struct throttle *t = new_throttle(one_rate(10 * U, SEC, U));
	struct throttle_waiter a, b;

	pause_host(t, 100 * SEC, 0);
	wait_for(t, &a, U, 0);
	/* Behind a pause the rate goes on from the pause's end. */
	ck_assert_uint_eq(wait_for(t, &b, U, 0), 100 * SEC + 100 * MS);
	resume_host(t, SEC);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), 0);
	ck_assert_ptr_eq(throttle_next(t, SEC), &a);
	/* Accounted at the resume, not at its arrival. */
	leaves_at(t, &b, SEC + 100 * MS);
	/* A pause that is shorter than the one that was ended. */
	ck_assert(pause_host(t, 2 * SEC, SEC));
	throttle_free(t);
}
END_TEST

START_TEST(refill)
{
	struct throttle_limits l = add_rate(one_rate(U, 1000 * SEC, U),
	    2 * U, 9000 * SEC, 2 * U);
	struct throttle *t = new_throttle(l);
	struct throttle_waiter a, b, c;

	ask(t, &a, U, NEVER, 0, THROTTLE_GO);
	ck_assert_uint_eq(wait_for(t, &b, U, 0), 1000 * SEC);
	throttle_release(t, &a, SEC);
	ck_assert_ptr_null(throttle_next(t, SEC));
	throttle_refill(t, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &b);
	ck_assert_uint_eq(wait_for(t, &c, U, SEC), 1001 * SEC);
	throttle_cancel(t, &c);
	throttle_release(t, &b, SEC);
	ck_assert(!throttle_idle(t, SEC));
	throttle_refill(t, SEC);
	ck_assert(throttle_idle(t, SEC));
	/* a pause is none of its business */
	pause_host(t, 9 * SEC, SEC);
	throttle_refill(t, SEC);
	ck_assert_uint_eq(wait_for(t, &c, U, SEC), 9 * SEC);
	throttle_cancel(t, &c);
	throttle_free(t);
}
END_TEST

START_TEST(pause_is_shortened)
{
	struct throttle_limits l = slots(0);
	struct throttle *t;
	struct throttle_waiter a, b;

	l.parts[0] = &l.host;
	l.nparts = 1;
	t = new_throttle(l);
	pause_host(t, 100 * SEC, 0);
	throttle_pause(t, 0, 200 * SEC, 0);
	ck_assert_uint_eq(wait_for(t, &a, U, SEC), 100 * SEC);
	throttle_shorten(t, 200 * SEC, SEC);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), 100 * SEC);
	throttle_shorten(t, NEVER, SEC);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), 100 * SEC);
	throttle_shorten(t, 9 * SEC, SEC);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), 10 * SEC);
	ck_assert_uint_eq(throttle_paused_until(t, 0), 10 * SEC);
	ck_assert_uint_eq(throttle_wake(t, SEC), 10 * SEC);
	leaves_at(t, &a, 10 * SEC);
	/* half open, as at the end of any pause */
	ck_assert_uint_eq(wait_for(t, &b, U, 10 * SEC), 10 * SEC);
	ck_assert_ptr_null(throttle_next(t, 10 * SEC));
	throttle_verdict(t, &a, BUDGET_SUCCESS, 10 * SEC);
	ck_assert_ptr_eq(throttle_next(t, 10 * SEC), &b);
	pause_host(t, 100 * SEC, 11 * SEC);
	throttle_shorten(t, 0, 12 * SEC);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), 12 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(newcomer_never_overtakes)
{
	struct throttle *t = new_throttle(one_rate(10 * U, SEC, 10 * U));
	struct throttle_waiter costly, cheap;

	go(t, 5 * U, 0);
	wait_for(t, &costly, 10 * U, 0);
	/* Five are there, but not for one who came later. */
	ck_assert_uint_eq(wait_for(t, &cheap, U, 0), 600 * MS);
	ck_assert_uint_eq(throttle_waiting(t), 2);
	leaves_at(t, &costly, 500 * MS);
	leaves_at(t, &cheap, 600 * MS);
	/* A head that is due but not fetched yet is not overtaken either. */
	wait_for(t, &costly, U, 600 * MS);
	wait_for(t, &cheap, U, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &costly);
	ck_assert_ptr_eq(throttle_next(t, SEC), &cheap);
	ck_assert_ptr_null(throttle_next(t, SEC));
	throttle_free(t);
}
END_TEST

START_TEST(full_queue)
{
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle_waiter a, b, c;
	struct throttle *t;

	l.queue_length = 2;
	t = new_throttle(l);
	go(t, U, 0);
	wait_for(t, &a, U, 0);
	wait_for(t, &b, U, 0);
	/* Its turn would come behind the two. */
	ck_assert_uint_eq(ask(t, &c, U, NEVER, 0, THROTTLE_FULL), 3 * SEC);
	ck_assert_uint_eq(ask(t, &c, U, SEC, 0, THROTTLE_FULL), 3 * SEC);
	ck_assert_uint_eq(throttle_waiting(t), 2);
	throttle_cancel(t, &a);
	wait_for(t, &c, U, 0);
	throttle_cancel(t, &b);
	throttle_cancel(t, &c);
	throttle_free(t);
}
END_TEST

START_TEST(nobody_may_wait)
{
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle_waiter w;
	struct throttle *t;

	l.queue_length = 0;
	t = new_throttle(l);
	go(t, U, 0);
	ck_assert_uint_eq(ask(t, &w, U, NEVER, 0, THROTTLE_FULL), SEC);
	go(t, U, SEC);
	throttle_free(t);
}
END_TEST

START_TEST(refusal_is_exact)
{
	struct throttle *t = new_throttle(one_rate(U, 10 * SEC, U));
	struct throttle_waiter a, b;
	uint64_t until;

	go(t, U, 0);
	ask(t, &a, U, 10 * SEC - 1, SEC, THROTTLE_LATE_START);
	ck_assert_uint_eq(ask(t, &a, U, 10 * SEC, SEC, THROTTLE_WAIT),
	    10 * SEC);
	until = ask(t, &b, U, 5 * SEC, SEC, THROTTLE_LATE_START);
	ck_assert_uint_eq(until, 20 * SEC);
	leaves_at(t, &a, 10 * SEC);
	ask(t, &b, U, until - 1, until - 1, THROTTLE_LATE_START);
	go(t, U, until);
	throttle_free(t);
}
END_TEST

START_TEST(going_at_once_is_never_late)
{
	struct throttle *t = new_throttle(one_rate(U, SEC, U));
	struct throttle_waiter w;

	ask(t, &w, U, 0, 5 * SEC, THROTTLE_GO);
	/* A deadline that is over leaves no patience. */
	ck_assert_uint_eq(ask(t, &w, U, 0, 5 * SEC, THROTTLE_LATE_START),
	    6 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(refused_by_pause)
{
	struct throttle *t = new_throttle(one_rate(U, SEC, U));
	struct throttle_waiter w;

	pause_host(t, 60 * SEC, 0);
	ck_assert_uint_eq(ask(t, &w, U, 10 * SEC, 0, THROTTLE_LATE_START),
	    60 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(cancel_in_the_middle)
{
	struct throttle *t = new_throttle(one_rate(10 * U, SEC, U));
	struct throttle_waiter w[3];

	go(t, U, 0);
	wait_for(t, &w[0], U, 0);
	wait_for(t, &w[1], 5 * U, 0);
	wait_for(t, &w[2], U, 0);
	throttle_cancel(t, &w[1]);
	ck_assert_uint_eq(throttle_waiting(t), 2);
	ck_assert_uint_eq(start_of(t, U, 0), 300 * MS);
	leaves_at(t, &w[0], 100 * MS);
	leaves_at(t, &w[2], 200 * MS);
	throttle_free(t);
}
END_TEST

START_TEST(cancel_of_the_head)
{
	struct throttle *t = new_throttle(one_rate(10 * U, SEC, 10 * U));
	struct throttle_waiter head, next;

	go(t, 5 * U, 0);
	wait_for(t, &head, 10 * U, 0);
	wait_for(t, &next, U, 0);
	throttle_cancel(t, &head);
	ck_assert_ptr_eq(throttle_next(t, 0), &next);
	throttle_free(t);
}
END_TEST

START_TEST(cancels_leave_nothing_queued)
{
	struct throttle *t = new_throttle(one_rate(7 * U, SEC, U));
	struct throttle_waiter w[100];
	uint64_t before;
	int i;

	go(t, U, 0);
	before = start_of(t, U, 0);
	/* Sums far beyond 64 bits on the way. */
	for (i = 0; i < 100; i++)
		wait_for(t, &w[i], UINT64_MAX - (uint64_t)i, 0);
	ck_assert_uint_eq(start_of(t, U, 0), NEVER);
	for (i = 0; i < 100; i++)
		throttle_cancel(t, &w[i * 37 % 100]);
	ck_assert_uint_eq(throttle_waiting(t), 0);
	ck_assert_uint_eq(start_of(t, U, 0), before);
	throttle_free(t);
}
END_TEST

START_TEST(hopeless_leave_in_order)
{
	struct throttle *t = new_throttle(one_rate(U, SEC, U));
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_waiter w[5];

	go(t, U, 0);
	ask(t, &w[0], U, 1 * SEC, 0, THROTTLE_WAIT);
	ask(t, &w[1], U, 9 * SEC, 0, THROTTLE_WAIT);
	ask(t, &w[2], U, 5 * SEC, 0, THROTTLE_WAIT);
	ask(t, &w[3], U, 6 * SEC, 0, THROTTLE_WAIT);
	ask(t, &w[4], U, 8 * SEC, 0, THROTTLE_WAIT);
	throttle_hopeless(t, 0, &out);
	ck_assert(TAILQ_EMPTY(&out));
	/* Starts would be 6, 7, 8, 9, 10; without 0, 2, 3 they are 6, 7. */
	pause_host(t, 6 * SEC, 0);
	throttle_hopeless(t, 0, &out);
	ck_assert_ptr_eq(TAILQ_FIRST(&out), &w[0]);
	ck_assert_ptr_eq(TAILQ_NEXT(&w[0], entry), &w[2]);
	ck_assert_ptr_eq(TAILQ_NEXT(&w[2], entry), &w[3]);
	ck_assert_ptr_null(TAILQ_NEXT(&w[3], entry));
	ck_assert_uint_eq(throttle_waiting(t), 2);
	ck_assert_uint_eq(start_of(t, U, 0), 8 * SEC);
	leaves_at(t, &w[1], 6 * SEC);
	throttle_verdict(t, &w[1], BUDGET_SUCCESS, 6 * SEC);
	leaves_at(t, &w[4], 7 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(hopeless_behind_a_slot)
{
	struct throttle *t = new_throttle(slots(1));
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_waiter w;

	go(t, U, 0);
	ask(t, &w, U, SEC, 0, THROTTLE_WAIT);
	throttle_hopeless(t, SEC, &out);
	ck_assert(TAILQ_EMPTY(&out));
	throttle_hopeless(t, SEC + 1, &out);
	ck_assert_ptr_eq(TAILQ_FIRST(&out), &w);
	throttle_free(t);
}
END_TEST

START_TEST(wake)
{
	struct throttle *t = new_throttle(one_rate(U, SEC, U));
	struct throttle_waiter w;

	ck_assert_uint_eq(throttle_wake(t, 0), NEVER);
	go(t, U, 0);
	ck_assert_uint_eq(throttle_wake(t, 0), NEVER);
	wait_for(t, &w, U, 0);
	ck_assert_uint_eq(throttle_wake(t, 0), SEC);
	pause_host(t, 3 * SEC, 0);
	ck_assert_uint_eq(throttle_wake(t, 0), 3 * SEC);
	resume_host(t, 0);
	ck_assert_uint_eq(throttle_wake(t, 0), SEC);
	throttle_cancel(t, &w);
	ck_assert_uint_eq(throttle_wake(t, 0), NEVER);
	throttle_free(t);
}
END_TEST

START_TEST(starts_behind_a_queue)
{
	struct throttle *t = new_throttle(add_rate(
	    one_rate(10 * U, SEC, 4 * U), 7 * U, SEC, 9 * U));
	struct throttle_waiter w[20];
	uint64_t start[20];
	int i;

	go(t, 4 * U, 0);
	for (i = 0; i < 20; i++) {
		start[i] = start_of(t, (unsigned)(i % 3 + 1) * U, 0);
		ck_assert_uint_eq(start[i], wait_for(t, &w[i],
		    (unsigned)(i % 3 + 1) * U, 0));
	}
	/* No waiter leaves before what was computed for it. */
	for (i = 0; i < 20; i++) {
		ck_assert_uint_ge(throttle_wake(t, 0), start[i]);
		leaves_at(t, &w[i], throttle_wake(t, 0));
	}
	throttle_free(t);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("throttle");
	TCase *tc = tcase_create("promises");

	tcase_add_test(tc, burst_goes_at_once);
	tcase_add_test(tc, fractional);
	tcase_add_test(tc, refills_over_time);
	tcase_add_test(tc, rates_all_or_nothing);
	tcase_add_test(tc, no_slot_costs_nothing);
	tcase_add_test(tc, cost_above_burst);
	tcase_add_test(tc, zero_cost_waits_only_in_debt);
	tcase_add_test(tc, no_limits);
	tcase_add_test(tc, concurrency);
	tcase_add_test(tc, pause_never_shortens);
	tcase_add_test(tc, refill);
	tcase_add_test(tc, pause_is_shortened);
	tcase_add_test(tc, pause_without_end);
	tcase_add_test(tc, resume_ends_pause);
	tcase_add_test(tc, newcomer_never_overtakes);
	tcase_add_test(tc, full_queue);
	tcase_add_test(tc, nobody_may_wait);
	tcase_add_test(tc, refusal_is_exact);
	tcase_add_test(tc, going_at_once_is_never_late);
	tcase_add_test(tc, refused_by_pause);
	tcase_add_test(tc, cancel_in_the_middle);
	tcase_add_test(tc, cancel_of_the_head);
	tcase_add_test(tc, cancels_leave_nothing_queued);
	tcase_add_test(tc, hopeless_leave_in_order);
	tcase_add_test(tc, hopeless_behind_a_slot);
	tcase_add_test(tc, wake);
	tcase_add_test(tc, starts_behind_a_queue);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

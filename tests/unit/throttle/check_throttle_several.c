/* SPDX-License-Identifier: ISC */
#include "check_throttle_parts.h"

/* Who is in several parts of a host is held by each, and pays to each. */

/* In both parts; of a client. */
static struct throttle_request
in_both(void)
{
	struct throttle_request q = request_of(U, NEVER);

	q.part = 0;
	q.also = (struct throttle_also){ 1, { 1 } };
	return q;
}

/* By those who are in another part besides, and of each part that it is in. */
START_TEST(tells_whether_a_slot_of_several_parts_is_wanted)
{
	struct throttle *t = with_parts(slots(0));
	struct throttle_request q = in_both();
	struct throttle_waiter a, b, c;
	struct throttle_report r;

	part_goes(t, &a, 1, 0);
	ck_assert_int_eq(throttle_ask(t, &b, &q, 0, &r), THROTTLE_WAIT);
	ck_assert(throttle_is_wanted(t, &a));
	success(t, &a, 0);
	ck_assert_ptr_eq(throttle_next(t, 0), &b);
	ck_assert(!throttle_is_wanted(t, &b));
	part_waits(t, &c, 1, 0);
	ck_assert(throttle_is_wanted(t, &b));
	throttle_cancel(t, &c);
	part_waits(t, &c, 0, 0);
	ck_assert(!throttle_is_wanted(t, &b));
	throttle_cancel(t, &c);
	success(t, &b, 0);
	throttle_free(t);
}
END_TEST

START_TEST(pays_to_each_of_its_parts)
{
	struct throttle *t = with_parts(slots(0));
	struct throttle_request q = in_both();
	struct throttle_waiter a, b, c, d;
	struct throttle_report r;

	part_goes(t, &a, 1, 0);
	/* the one's slot is taken, though the other would let it go */
	ck_assert_int_eq(throttle_ask(t, &b, &q, 0, &r), THROTTLE_WAIT);
	ck_assert_int_eq(r.what, BUDGET_SHORT_CONCURRENCY);
	ck_assert(r.of_part);
	ck_assert_uint_eq(r.part, 1);
	/* and it holds up nobody who is in one of them only */
	part_goes(t, &c, 0, 0);
	throttle_release(t, &a, MS);
	ck_assert_ptr_null(throttle_next(t, MS));
	leaves_at(t, &b, SEC);
	is_short(part_waits(t, &d, 0, SEC), BUDGET_SHORT_RATE, true, 2 * SEC);
	throttle_cancel(t, &d);
	is_short(part_waits(t, &d, 1, SEC), BUDGET_SHORT_CONCURRENCY, true,
	    SEC);
	throttle_verdict(t, &b, BUDGET_SUCCESS, SEC);
	throttle_release(t, &b, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &d);
	throttle_release(t, &d, SEC);
	throttle_release(t, &c, SEC);
	ck_assert(throttle_idle(t, 10 * SEC));
	throttle_free(t);
}
END_TEST

START_TEST(a_pause_of_either_part_holds_it_up)
{
	struct throttle *t = with_parts(slots(0));
	struct throttle_request q = in_both();
	struct throttle_waiter a, b;
	struct throttle_report r;

	ck_assert_int_eq(throttle_ask(t, &a, &q, 0, &r), THROTTLE_GO);
	throttle_verdict(t, &a, BUDGET_THROTTLED, 0);
	/* it has tried the other one, too */
	ck_assert_uint_eq(throttle_backoff(t, 1, &a, 5 * SEC, 60 * SEC, 0),
	    5 * SEC);
	throttle_pause(t, 1, 5 * SEC, 0);
	ck_assert_int_eq(throttle_return(t, &a, 0, &r), THROTTLE_WAIT);
	ck_assert_int_eq(throttle_ask(t, &b, &q, 0, &r), THROTTLE_WAIT);
	/* the other one may have to let it go first */
	ck_assert_uint_eq(r.start, 5 * SEC);
	leaves_at(t, &a, 5 * SEC);
	/* half open: one at a time, until its verdict */
	ck_assert_ptr_null(throttle_next(t, 6 * SEC));
	success(t, &a, 6 * SEC);
	ck_assert_ptr_eq(throttle_next(t, 6 * SEC), &b);
	throttle_release(t, &b, 6 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(what_is_left_of_its_parts_holds)
{
	struct throttle *from = with_parts(slots(0));
	struct throttle *to = with_parts(slots(0));
	static const unsigned moved[] = { THROTTLE_WHOLE, 1 };
	struct throttle_request q = in_both();
	struct throttle_waiter a, b, c;
	struct throttle_report r;

	ck_assert_int_eq(throttle_ask(from, &a, &q, 0, &r), THROTTLE_GO);
	ck_assert_int_eq(throttle_ask(from, &b, &q, 0, &r), THROTTLE_WAIT);
	throttle_release(from, &a, 0);
	throttle_hold(to, &a, moved, 0);
	throttle_cancel(from, &b);
	ck_assert(throttle_requeue(to, &b, moved, 0));
	throttle_free(from);
	/* the rate is no more theirs, the slot is */
	part_goes(to, &c, 0, 0);
	ck_assert_ptr_null(throttle_next(to, 5 * SEC));
	throttle_release(to, &a, 5 * SEC);
	ck_assert_ptr_eq(throttle_next(to, 5 * SEC), &b);
	throttle_release(to, &b, 5 * SEC);
	throttle_release(to, &c, 5 * SEC);
	ck_assert(throttle_idle(to, 10 * SEC));
	throttle_free(to);
}
END_TEST

/* What holds two parts of one throttle holds both of the next one. */
START_TEST(both_of_its_parts_hold)
{
	struct throttle *from = with_parts(slots(0));
	struct throttle *to = with_parts(slots(0));
	static const unsigned moved[] = { 0, 1 };
	struct throttle_request q = in_both();
	struct throttle_waiter a, b, c;
	struct throttle_report r;

	ck_assert_int_eq(throttle_ask(from, &a, &q, 0, &r), THROTTLE_GO);
	ck_assert_int_eq(throttle_ask(from, &b, &q, 0, &r), THROTTLE_WAIT);
	throttle_inherit(to, from, moved, 0);
	throttle_release(from, &a, 0);
	throttle_hold(to, &a, moved, 0);
	throttle_cancel(from, &b);
	ck_assert(throttle_requeue(to, &b, moved, 0));
	throttle_free(from);
	/* the rate is spent, and with it alone the slot is held */
	part_waits(to, &c, 1, 0);
	ck_assert_ptr_null(throttle_next(to, 5 * SEC));
	success(to, &a, 5 * SEC);
	ck_assert_ptr_eq(throttle_next(to, 5 * SEC), &b);
	ck_assert_ptr_null(throttle_next(to, 5 * SEC));
	success(to, &b, 5 * SEC);
	ck_assert_ptr_eq(throttle_next(to, 5 * SEC), &c);
	success(to, &c, 5 * SEC);
	ck_assert(throttle_idle(to, 10 * SEC));
	throttle_free(to);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("throttle_several");
	TCase *tc = tcase_create("several");

	tcase_add_test(tc, pays_to_each_of_its_parts);
	tcase_add_test(tc, a_pause_of_either_part_holds_it_up);
	tcase_add_test(tc, what_is_left_of_its_parts_holds);
	tcase_add_test(tc, both_of_its_parts_hold);
	tcase_add_test(tc, tells_whether_a_slot_of_several_parts_is_wanted);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

/* SPDX-License-Identifier: ISC */
#include "check_throttle_parts.h"

/* Parts that change their places, and those who move between throttles. */

START_TEST(parts_change_places)
{
	struct throttle *t = with_parts(slots(0));
	struct budget_limits one = one_rate(U, SEC, U).host;
	struct throttle_limits l = slots(0);
	struct throttle_waiter a, b, c, d, e;
	const unsigned moved[] = { 1, THROTTLE_WHOLE };

	part_goes(t, &a, 0, 0);
	part_goes(t, &b, 1, 0);
	part_waits(t, &c, 0, 0);
	part_waits(t, &d, 1, 0);
	l.parts[0] = l.parts[1] = &one;
	l.nparts = 2;
	ck_assert(throttle_limit(t, &l, moved, 0));
	throttle_moved(&a, moved);
	throttle_moved(&b, moved);
	/* Does nothing to those that have moved already. */
	throttle_moved(&c, moved);
	throttle_moved(&d, moved);
	/* The second's limits are gone; the first is the second. */
	ck_assert_ptr_eq(throttle_next(t, 0), &d);
	ck_assert_ptr_null(throttle_next(t, 0));
	part_goes(t, &e, 0, 0);
	success(t, &a, 0);
	success(t, &b, 0);
	success(t, &d, 0);
	success(t, &e, 0);
	leaves_at(t, &c, SEC);
	success(t, &c, SEC);
	ck_assert(throttle_idle(t, 2 * SEC));
	throttle_free(t);
}
END_TEST

START_TEST(moves_between_throttles)
{
	struct throttle *from = with_parts(slots(0));
	struct throttle *to = with_parts(slots(0));
	struct throttle_waiter a, b, c;
	const unsigned moved[] = { 0, THROTTLE_WHOLE };

	part_goes(from, &a, 0, 0);
	throttle_pause(from, 1, 5 * SEC, 0);
	part_waits(from, &b, 1, 0);
	part_waits(from, &c, 0, 0);
	throttle_inherit(to, from, moved, 0);
	throttle_release(from, &a, 0);
	throttle_hold(to, &a, moved, 0);
	throttle_cancel(from, &b);
	ck_assert(throttle_requeue(to, &b, moved, 0));
	throttle_cancel(from, &c);
	ck_assert(throttle_requeue(to, &c, moved, 0));
	throttle_free(from);
	/* What the part spent came along; the other's pause did not. */
	ck_assert_uint_eq(throttle_waiting(to), 2);
	ck_assert_ptr_eq(throttle_next(to, 0), &b);
	leaves_at(to, &c, SEC);
	ck_assert_uint_eq(throttle_inflight(to), 3);
	/* It may still have its verdict. */
	ck_assert(!a.settled);
	success(to, &a, SEC);
	success(to, &b, SEC);
	success(to, &c, SEC);
	ck_assert(throttle_idle(to, 2 * SEC));
	throttle_free(to);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("throttle_move");
	TCase *tc = tcase_create("moves");

	tcase_add_test(tc, parts_change_places);
	tcase_add_test(tc, moves_between_throttles);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

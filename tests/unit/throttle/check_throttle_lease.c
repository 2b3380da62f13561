/* SPDX-License-Identifier: ISC */
#include "check_throttle_lease.h"

/* What a throttle may spend ahead of what is written down, by hand. */

#define H	(50 * MS)

static void
goes(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	ck_assert_ptr_eq(throttle_next(t, now), w);
	success(t, w, now);
}

/* It is written down, for no longer than who is first needs. */
static void
write_down(struct throttle *t, uint64_t now)
{
	lease_ahead(t, 0, now);
	throttle_lease_grant(t, now);
}

START_TEST(nobody_goes_without)
{
	struct throttle *t = new_throttle(one_rate(100 * U, SEC, 100 * U));
	struct throttle_waiter w;

	throttle_lease(t);
	ck_assert(!throttle_lease_is_low(t, 0));
	wait_for(t, &w, 50 * U, 0);
	ck_assert_ptr_null(throttle_next(t, SEC));
	/* no time brings it */
	ck_assert_uint_eq(throttle_wake(t, SEC), NEVER);
	ck_assert(throttle_lease_is_low(t, SEC));
	ck_assert(!throttle_lease_is_unused(t));
	lease_ahead(t, H, SEC);
	/* what is promised is not written yet */
	ck_assert_ptr_null(throttle_next(t, SEC));
	ck_assert_uint_eq(throttle_wake(t, SEC), NEVER);
	throttle_lease_grant(t, SEC);
	ck_assert_uint_le(throttle_wake(t, SEC), SEC);
	goes(t, &w, SEC);
	ck_assert_ptr_null(throttle_next(t, SEC));
	throttle_free(t);
}
END_TEST

START_TEST(who_writes_nothing_needs_none)
{
	struct throttle *t = new_throttle(one_rate(U, SEC, U));
	struct throttle_waiter w;

	go(t, U, 0);
	wait_for(t, &w, U, 0);
	ck_assert(!throttle_lease_is_low(t, SEC));
	write_down(t, SEC);
	goes(t, &w, SEC);
	throttle_free(t);
}
END_TEST

/* Those for whom there is one go, in their turns; the others at the next. */
START_TEST(lets_go_in_order)
{
	struct throttle *t = new_throttle(one_rate(100 * U, SEC, 100 * U));
	struct throttle_waiter w[20];
	unsigned i, k, n;

	throttle_lease(t);
	for (i = 0; i < 20; i++)
		wait_for(t, &w[i], U, 0);
	for (i = 0; i < 20; i += n) {
		/* a tenth of what is left */
		ck_assert(throttle_lease_is_low(t, 0));
		write_down(t, 0);
		n = i == 0 ? 10 : i == 10 ? 9 : 1;
		for (k = i; k < i + n; k++)
			goes(t, &w[k], 0);
		ck_assert_ptr_null(throttle_next(t, 0));
	}
	throttle_free(t);
}
END_TEST

/* Who is not due yet does not ask for one. */
START_TEST(who_waits_for_a_rate_needs_none)
{
	struct throttle *t = new_throttle(one_rate(U, SEC, U));
	struct throttle_waiter a, b;

	throttle_lease(t);
	wait_for(t, &a, U, 0);
	ck_assert(throttle_lease_is_low(t, 0));
	write_down(t, 0);
	goes(t, &a, 0);
	write_down(t, 0);
	wait_for(t, &b, U, 0);
	ck_assert(!throttle_lease_is_low(t, SEC - 1));
	ck_assert_uint_eq(throttle_wake(t, SEC - 1), SEC);
	ck_assert(throttle_lease_is_low(t, SEC));
	write_down(t, SEC);
	goes(t, &b, SEC);
	throttle_free(t);
}
END_TEST

START_TEST(parts_have_their_own)
{
	struct throttle *t = with_parts(one_rate(100 * U, SEC, 100 * U));
	struct throttle_waiter rate, slot, next;

	throttle_lease(t);
	part_waits(t, &rate, 0, 0);
	part_waits(t, &slot, 1, 0);
	ck_assert(throttle_lease_is_low(t, 0));
	write_down(t, 0);
	/* one that has slots alone needs no lease */
	goes(t, &rate, 0);
	goes(t, &slot, 0);
	write_down(t, SEC);
	/* the part's alone is short: that holds up nobody else */
	part_waits(t, &next, 0, SEC);
	part_goes(t, &slot, 1, SEC);
	success(t, &slot, SEC);
	ck_assert_uint_eq(throttle_wake(t, SEC), NEVER);
	ck_assert(throttle_lease_is_low(t, SEC));
	write_down(t, SEC);
	goes(t, &next, SEC);
	throttle_free(t);
}
END_TEST

/* What one of several was promised of the total, the other may spend. */
START_TEST(a_total_has_one_for_all)
{
	struct budget_limits all = one_rate(100 * U, SEC, 100 * U).host;
	struct throttle *a = new_throttle(slots(0));
	struct throttle *b = new_throttle(slots(0));
	struct throttle_total total;
	struct throttle_waiter w, v;

	throttle_total_init(&total, &all, 1);
	throttle_join(a, &total, a);
	throttle_join(b, &total, b);
	throttle_lease(a);
	throttle_lease(b);
	wait_for(a, &w, 20 * U, 0);
	ck_assert_uint_eq(throttle_wake(a, 0), NEVER);
	ck_assert(throttle_lease_is_low(a, 0));
	lease_ahead(a, 0, 0);
	ck_assert_ptr_null(throttle_next(a, 0));
	throttle_lease_grant(a, 0);
	ck_assert_uint_eq(throttle_wake(a, 0), 0);
	goes(a, &w, 0);
	ck_assert_uint_eq(throttle_wake(a, 0), NEVER);
	/* it is spent for both */
	wait_for(b, &v, 2 * U, 0);
	ck_assert_uint_eq(throttle_wake(b, 0), NEVER);
	ck_assert(throttle_lease_is_low(b, 0));
	write_down(b, 0);
	goes(b, &v, 0);
	ck_assert_uint_eq(throttle_wake(b, 0), NEVER);
	/* a tenth of eighty was written */
	go(a, 6 * U, 0);
	wait_for(a, &w, U, 0);
	throttle_cancel(a, &w);
	throttle_free(a);
	throttle_free(b);
}
END_TEST

/* With a total the named budgets come behind it. */
START_TEST(named_budgets_have_their_own)
{
	struct budget_limits all = one_rate(100 * U, SEC, 100 * U).host;
	struct throttle *t = new_throttle(tokens(one_rate(100 * U, SEC,
	    100 * U), 1000));
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_total total;
	struct throttle_waiter w;
	struct throttle_report r;

	throttle_total_init(&total, &all, 1);
	if (_i)
		throttle_join(t, &total, t);
	throttle_lease(t);
	write_down(t, 0);
	/* there is none that anybody has asked for: of none of them */
	q.wants = want(800);
	ck_assert_int_eq(throttle_ask(t, &w, &q, 0, &r), THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_wake(t, 0), NEVER);
	ck_assert(throttle_lease_is_low(t, 0));
	write_down(t, 0);
	ck_assert_uint_eq(throttle_wake(t, 0), 0);
	goes(t, &w, 0);
	free(q.wants);
	/* its lease is spent, the host's is not */
	ask(t, &w, U, NEVER, 0, THROTTLE_GO);
	success(t, &w, 0);
	q.wants = want(1);
	ck_assert_int_eq(throttle_ask(t, &w, &q, 0, &r), THROTTLE_WAIT);
	throttle_cancel(t, &w);
	free(q.wants);
	throttle_free(t);
}
END_TEST

START_TEST(is_given_back)
{
	struct throttle *t = new_throttle(one_rate(100 * U, SEC, 100 * U));
	struct budget_saved saved;
	struct throttle_waiter w;

	throttle_lease(t);
	wait_for(t, &w, 10 * U, 0);
	write_down(t, 0);
	goes(t, &w, 0);
	write_down(t, 0);
	ck_assert(throttle_save(t, THROTTLE_OF_HOST, 0, 0, &saved));
	ck_assert_uint_eq(saved.leased, 9 * U);
	throttle_lease_return(t);
	ck_assert(throttle_save(t, THROTTLE_OF_HOST, 0, 0, &saved));
	ck_assert_uint_eq(saved.leased, 0);
	ck_assert_uint_eq(saved.used[0], 10 * U);
	wait_for(t, &w, U, 0);
	ck_assert_ptr_null(throttle_next(t, 0));
	throttle_cancel(t, &w);
	throttle_free(t);
}
END_TEST

/* What is written down of one that is not there any more is nobody's. */
START_TEST(of_which_budget)
{
	struct budget_limits all = one_rate(100 * U, SEC, 100 * U).host;
	struct throttle *t = new_throttle(tokens(one_rate(U, SEC, U), 10));
	struct throttle_total total;
	static struct budget_saved saved;

	/* of one that nothing was spent of nothing is */
	ck_assert(!throttle_save(t, THROTTLE_OF_HOST, 0, 0, &saved));
	go(t, U, 0);
	ck_assert(throttle_save(t, THROTTLE_OF_HOST, 0, 0, &saved));
	ck_assert(!throttle_save(t, THROTTLE_OF_HOST, 1, 0, &saved));
	ck_assert(!throttle_restore(t, THROTTLE_OF_PART, 0, &saved, 0, 0));
	ck_assert(!throttle_restore(t, THROTTLE_OF_NAMED, 0, &saved, 0, 0));
	ck_assert(!throttle_restore(t, THROTTLE_OF_METER, 1, &saved, 0, 0));
	ck_assert_uint_eq(throttle_meter_named(t, THROTTLE_METERS_OWN,
	    "tokens"), 0);
	ck_assert_uint_eq(throttle_meter_named(t, THROTTLE_METERS_OWN,
	    "bytes"), THROTTLE_METERS);
	ck_assert(!throttle_restore(t, THROTTLE_OF_TOTAL, 0, &saved, 0, 0));
	throttle_total_init(&total, &all, 1);
	throttle_join(t, &total, t);
	ck_assert(throttle_restore(t, THROTTLE_OF_TOTAL, 0, &saved, 0, 0));
	ck_assert(throttle_save(t, THROTTLE_OF_TOTAL, 0, 0, &saved));
	throttle_free(t);
}
END_TEST

START_TEST(is_unused)
{
	struct throttle *t = new_throttle(one_rate(100 * U, SEC, 100 * U));
	struct throttle_waiter w;

	throttle_lease(t);
	ck_assert(throttle_lease_is_unused(t));
	wait_for(t, &w, 20 * U, 0);
	ck_assert(throttle_lease_is_low(t, 0));
	ck_assert(!throttle_lease_is_unused(t));
	write_down(t, 0);
	ck_assert(throttle_lease_is_unused(t));
	goes(t, &w, 0);
	ck_assert(!throttle_lease_is_unused(t));
	/* all of what was granted is gone */
	ck_assert(throttle_lease_is_low(t, 0));
	write_down(t, 0);
	ck_assert(throttle_lease_is_unused(t));
	ck_assert(!throttle_lease_is_low(t, 0));
	throttle_free(t);
}
END_TEST

/* A reload brings a budget: it has none, and the others keep theirs. */
START_TEST(a_reload_takes_none_away)
{
	struct throttle_limits l = one_rate(100 * U, SEC, 100 * U);
	struct throttle *t = new_throttle(l);
	struct throttle_waiter w;

	throttle_lease(t);
	wait_for(t, &w, 20 * U, 0);
	write_down(t, 0);
	throttle_cancel(t, &w);
	l = tokens(l, 1000);
	ck_assert(throttle_limit(t, &l, NULL, 0));
	throttle_lease(t);
	ask(t, &w, 15 * U, NEVER, 0, THROTTLE_GO);
	success(t, &w, 0);
	wait_for(t, &w, 15 * U, 0);
	throttle_cancel(t, &w);
	/* nor does one that leaves it without rates leave it a lease */
	l = slots(0);
	ck_assert(throttle_limit(t, &l, NULL, 0));
	throttle_lease(t);
	ask(t, &w, 1000 * U, NEVER, 0, THROTTLE_GO);
	success(t, &w, 0);
	throttle_free(t);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("throttle_lease");
	TCase *tcase = tcase_create("by hand");

	tcase_add_test(tcase, nobody_goes_without);
	tcase_add_test(tcase, who_writes_nothing_needs_none);
	tcase_add_test(tcase, lets_go_in_order);
	tcase_add_test(tcase, who_waits_for_a_rate_needs_none);
	tcase_add_test(tcase, parts_have_their_own);
	tcase_add_test(tcase, a_total_has_one_for_all);
	tcase_add_loop_test(tcase, named_budgets_have_their_own, 0, 2);
	tcase_add_test(tcase, is_given_back);
	tcase_add_test(tcase, of_which_budget);
	tcase_add_test(tcase, is_unused);
	tcase_add_test(tcase, a_reload_takes_none_away);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

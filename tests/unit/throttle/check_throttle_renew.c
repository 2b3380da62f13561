/* SPDX-License-Identifier: ISC */
#include "check_throttle.h"

/* A throttle is opened, or made new, whatever it has spent and learned. */

static const struct budget_limits part_limits = { .concurrency = 5 };

static enum throttle_answer
ask_in(struct throttle *t, struct throttle_waiter *w, unsigned part,
    unsigned named)
{
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_report r;

	q.part = part;
	q.named = named;
	return throttle_ask(t, w, &q, 0, &r);
}

/* A host of 2 per 10 s, with a part, and one that it has named. */
static struct throttle *
with_parts(unsigned *named)
{
	struct throttle_limits l = one_rate(2 * U, 10 * SEC, 2 * U);
	struct throttle_key key = { 1, 2 };
	struct throttle *t;

	l.nparts = 1;
	l.parts[0] = &part_limits;
	t = new_throttle(l);
	*named = throttle_named_make(t, &key, "named", 0);
	ck_assert_uint_ne(*named, 0);
	return t;
}

static void
done(struct throttle *t, struct throttle_waiter *w)
{
	throttle_verdict(t, w, BUDGET_SUCCESS, 0);
	throttle_release(t, w, 0);
}

START_TEST(opened)
{
	struct throttle_waiter w[3];
	unsigned named;
	struct throttle *t = with_parts(&named);

	ck_assert(throttle_pause(t, THROTTLE_WHOLE, 50 * SEC, 0));
	ck_assert(throttle_pause(t, 0, 60 * SEC, 0));
	ck_assert(throttle_pause(t, THROTTLE_NAMED_PART(named), 70 * SEC, 0));
	throttle_shape(t, THROTTLE_WHOLE, 0, 80 * SEC, 0);
	ck_assert(throttle_is_held_up(t, 0));
	ck_assert_int_eq(ask_in(t, &w[0], 0, 0), THROTTLE_WAIT);
	ck_assert_int_eq(ask_in(t, &w[1], THROTTLE_WHOLE, named),
	    THROTTLE_WAIT);
	throttle_open(t, 0);
	ck_assert(!throttle_is_held_up(t, 0));
	ck_assert_ptr_nonnull(throttle_next(t, 0));
	ck_assert_ptr_nonnull(throttle_next(t, 0));
	/* what was spent stays spent */
	ck_assert_int_eq(ask_in(t, &w[2], THROTTLE_WHOLE, 0), THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_wake(t, 0), 5 * SEC);
	throttle_cancel(t, &w[2]);
	done(t, &w[0]);
	done(t, &w[1]);
	throttle_free(t);
}
END_TEST

START_TEST(renewed)
{
	struct throttle_waiter w[6];
	struct throttle_key key = { 1, 2 };
	unsigned named, i;
	struct throttle *t = with_parts(&named);

	ck_assert_int_eq(ask_in(t, &w[0], 0, 0), THROTTLE_GO);
	ck_assert_int_eq(ask_in(t, &w[1], THROTTLE_WHOLE, named), THROTTLE_GO);
	ck_assert(throttle_pause(t, THROTTLE_WHOLE, 50 * SEC, 0));
	ck_assert(throttle_pause(t, 0, 60 * SEC, 0));
	ck_assert(throttle_pause(t, THROTTLE_NAMED_PART(named), 70 * SEC, 0));
	ck_assert_int_eq(ask_in(t, &w[2], THROTTLE_WHOLE, 0), THROTTLE_WAIT);
	throttle_renew(t, 0);
	/* those who were there are */
	ck_assert_uint_eq(throttle_inflight(t), 2);
	ck_assert_uint_eq(throttle_named(t, &key), named);
	ck_assert_ptr_eq(throttle_next(t, 0), &w[2]);
	/* a full bucket, and no more: 2 in 10 s */
	ck_assert_int_eq(ask_in(t, &w[3], THROTTLE_WHOLE, 0), THROTTLE_GO);
	ck_assert_int_eq(ask_in(t, &w[4], THROTTLE_WHOLE, 0), THROTTLE_WAIT);
	throttle_cancel(t, &w[4]);
	for (i = 0; i < 4; i++)
		done(t, &w[i]);
	ck_assert_uint_eq(throttle_inflight(t), 0);
	/* with nobody there it equals a new one, and has no named part */
	throttle_renew(t, 0);
	ck_assert(throttle_idle(t, 0));
	ck_assert_uint_eq(throttle_named(t, &key), 0);
	throttle_free(t);
}
END_TEST

/* What was paid before does not come back: nothing more is in the bucket. */
START_TEST(refunds_nothing_of_before)
{
	struct throttle *t = new_throttle(one_rate(1 * U, 10 * SEC, 1 * U));
	struct throttle_deposit deposit = { .listed = false };
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_waiter a, b, c;
	struct throttle_report r;

	q.deposit = &deposit;
	ck_assert_int_eq(throttle_ask(t, &a, &q, 0, &r), THROTTLE_GO);
	throttle_renew(t, 0);
	ck_assert_int_eq(ask_in(t, &b, THROTTLE_WHOLE, 0), THROTTLE_GO);
	throttle_refund(t, &a, 0);
	ck_assert_int_eq(ask_in(t, &c, THROTTLE_WHOLE, 0), THROTTLE_WAIT);
	throttle_cancel(t, &c);
	done(t, &b);
	throttle_free(t);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("throttle_renew");
	TCase *tc = tcase_create("renew");

	tcase_add_test(tc, opened);
	tcase_add_test(tc, renewed);
	tcase_add_test(tc, refunds_nothing_of_before);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_throttle.h"
#include "throttle/throttle_estimate.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_view.h"
#include "throttle/throttle_why.h"

/* What a throttle makes of limits that it learns itself. */

#define MANY	(2 * ESTIMATE_OPENING)

static struct throttle *
learning(uint32_t queue_length)
{
	return new_throttle((struct throttle_limits){ .estimates = true,
		.probes = true, .queue_length = queue_length });
}

static void
release_all(struct throttle *t, struct throttle_waiter *w, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (w[i].fair.flow != NULL)
			throttle_cancel(t, &w[i]);
		else
			throttle_release(t, &w[i], SEC);
	throttle_free(t);
}

/* Those beyond the first few wait for a moment only. */
START_TEST(the_early_wait)
{
	struct throttle *t = learning(100);
	struct throttle_waiter w[MANY], *next;
	unsigned i, n = 0;
	uint64_t now = SEC;

	for (i = 0; i < MANY; i++)
		ask(t, &w[i], U, NEVER, now, i < ESTIMATE_OPENING ?
		    THROTTLE_GO : THROTTLE_WAIT);
	while (throttle_waiting(t) > 0) {
		ck_assert_uint_lt(now, 2 * SEC);
		now = throttle_wake(t, now);
		while ((next = throttle_next(t, now)) != NULL)
			n++;
	}
	ck_assert_uint_eq(n, MANY - ESTIMATE_OPENING);
	release_all(t, w, MANY);
}
END_TEST

/* But nobody is refused for that: neither by a full queue */
START_TEST(a_full_queue_lets_go)
{
	struct throttle *t = learning(2 * (unsigned)_i);
	struct throttle_waiter w[MANY], *next;
	unsigned i, n = 0;

	for (i = 0; i < MANY; i++)
		ask(t, &w[i], U, NEVER, SEC, i < ESTIMATE_OPENING ?
		    THROTTLE_GO : THROTTLE_WAIT);
	while ((next = throttle_next(t, SEC)) != NULL)
		n++;
	ck_assert_uint_eq(n, MANY - ESTIMATE_OPENING - 2 * (unsigned)_i);
	release_all(t, w, MANY);
}
END_TEST

/* nor for a deadline; */
START_TEST(who_cannot_wait_goes)
{
	struct throttle *t = learning(0);
	struct throttle_waiter w[MANY];
	unsigned i;

	for (i = 0; i < MANY; i++)
		ask(t, &w[i], U, SEC, SEC, THROTTLE_GO);
	release_all(t, w, MANY);
}
END_TEST

/* nor for one that comes before those that went are answered; */
START_TEST(who_cannot_wait_longer_goes)
{
	struct throttle *t = learning(100);
	struct throttle_waiter w[MANY];
	unsigned i;

	for (i = 0; i < MANY; i++)
		ask(t, &w[i], U, SEC + 20 * MS, SEC, i < ESTIMATE_OPENING ?
		    THROTTLE_GO : THROTTLE_WAIT);
	ck_assert_ptr_null(throttle_next(t, SEC + 10 * MS));
	ck_assert_uint_gt(throttle_lease_deadline(t, &w[MANY - 1],
	    SEC + 20 * MS), SEC + 20 * MS);
	for (i = ESTIMATE_OPENING; i < MANY; i++)
		ck_assert_ptr_nonnull(throttle_next(t, SEC + 20 * MS));
	release_all(t, w, MANY);
}
END_TEST

/* which a limit that is configured is reason enough for. */
START_TEST(a_limit_refuses)
{
	struct throttle *t = new_throttle((struct throttle_limits){
		.estimates = true, .host.concurrency = 1, .queue_length = 1 });
	struct throttle_waiter w[3];

	ask(t, &w[0], U, NEVER, SEC, THROTTLE_GO);
	ask(t, &w[1], U, NEVER, SEC, THROTTLE_WAIT);
	ask(t, &w[2], U, NEVER, SEC, THROTTLE_FULL);
	release_all(t, w, 2);
}
END_TEST

/* After a refusal it is paused, for whoever looks; an operator ends that. */
START_TEST(a_refusal_is_a_pause)
{
	struct throttle *t = learning(100);
	struct throttle_waiter w[2];
	struct throttle_view v;
	struct throttle_why why;
	unsigned i;

	ask(t, &w[0], U, NEVER, SEC, THROTTLE_GO);
	ck_assert(throttle_asks(&w[0]));
	throttle_verdict(t, &w[0], BUDGET_THROTTLED, SEC);
	throttle_release(t, &w[0], SEC);
	throttle_estimate_named(t, 100 * SEC, SEC);
	ask(t, &w[1], U, NEVER, 2 * SEC, THROTTLE_WAIT);
	throttle_view(t, 2 * SEC, &v);
	ck_assert_uint_eq(v.host.paused_until, 100 * SEC);
	throttle_why(t, &w[1], 2 * SEC, &why);
	ck_assert_uint_eq(why.start, 100 * SEC);
	for (i = 0; i < why.n; i++)
		if (why.reasons[i].what == BUDGET_SHORT_PAUSE)
			break;
	ck_assert_uint_lt(i, why.n);
	ck_assert_uint_eq(why.reasons[i].at, 100 * SEC);
	ck_assert(why.reasons[i].decides);
	throttle_open(t, 3 * SEC);
	ck_assert_ptr_eq(throttle_next(t, 3 * SEC), &w[1]);
	ck_assert(throttle_asks(&w[1]));
	throttle_release(t, &w[1], 3 * SEC);
	throttle_free(t);
}
END_TEST

/* Nothing is left: because of what went here, or of what went elsewhere. */
START_TEST(who_has_used_it_up)
{
	struct throttle *t = learning(100);
	struct throttle_waiter w[2];

	ck_assert(!throttle_estimate_spent(t, SEC));
	throttle_estimate_told(t, 2, 10 * SEC, SEC);
	ask(t, &w[0], U, NEVER, SEC, THROTTLE_GO);
	ck_assert(!throttle_asks(&w[0]));
	ck_assert(!throttle_estimate_spent(t, SEC));
	ask(t, &w[1], U, NEVER, SEC, THROTTLE_GO);
	throttle_verdict(t, &w[0], BUDGET_SUCCESS, SEC);
	throttle_verdict(t, &w[1], BUDGET_SUCCESS, SEC);
	ck_assert(throttle_estimate_spent(t, SEC));
	ck_assert(throttle_estimate_spent(t, 10 * SEC));
	ck_assert(!throttle_estimate_spent(t, 12 * SEC));
	release_all(t, w, 2);
}
END_TEST

/* A reload may shorten it; and what is not learned any more stays shut. */
START_TEST(a_reload_keeps_it_shut)
{
	struct throttle_limits l = { .estimates = true, .queue_length = 5 };
	struct throttle *t = new_throttle(l), *to;
	struct throttle_waiter w;

	ask(t, &w, U, NEVER, SEC, THROTTLE_GO);
	throttle_verdict(t, &w, BUDGET_THROTTLED, SEC);
	throttle_release(t, &w, SEC);
	throttle_estimate_named(t, 100 * SEC, SEC);
	throttle_shorten(t, 50 * SEC, 2 * SEC);
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), 52 * SEC);
	l.estimates = false;
	to = new_throttle(l);
	throttle_inherit(to, t, NULL, 2 * SEC);
	ck_assert_uint_eq(throttle_paused_until(to, THROTTLE_WHOLE), 52 * SEC);
	ck_assert(throttle_limit(t, &l, NULL, 2 * SEC));
	ck_assert_ptr_null(throttle_estimated(t));
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), 52 * SEC);
	throttle_free(to);
	throttle_free(t);
}
END_TEST

/* Who is refused first of all does not hold the host shut for long. */
START_TEST(refused_at_first)
{
	struct throttle *t = learning(100);
	struct throttle_waiter w;
	uint64_t now = 36000 * SEC;

	ask(t, &w, U, NEVER, now, THROTTLE_GO);
	throttle_verdict(t, &w, BUDGET_THROTTLED, now);
	throttle_release(t, &w, now);
	ck_assert_uint_le(throttle_estimate_shut(t), now + 500 * MS);
	throttle_free(t);
}
END_TEST

static Suite *
estimate_open_suite(void)
{
	Suite *suite = suite_create("estimate_open");
	TCase *tc = tcase_create("estimate_open");

	tcase_add_test(tc, the_early_wait);
	tcase_add_loop_test(tc, a_full_queue_lets_go, 0, 2);
	tcase_add_test(tc, who_cannot_wait_goes);
	tcase_add_test(tc, who_cannot_wait_longer_goes);
	tcase_add_test(tc, a_limit_refuses);
	tcase_add_test(tc, a_refusal_is_a_pause);
	tcase_add_test(tc, who_has_used_it_up);
	tcase_add_test(tc, a_reload_keeps_it_shut);
	tcase_add_test(tc, refused_at_first);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_open_suite());
}

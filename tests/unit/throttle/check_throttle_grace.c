/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "check_throttle_lease.h"
#include "throttle/throttle_ask.h"
#include "throttle/throttle_why.h"

/* Who waits until what it may spend is written down, and for how long. */

#define H	(50 * MS)
#define GRACE	THROTTLE_LEASE_GRACE

static struct throttle *
leased(struct throttle_limits l)
{
	struct throttle *t = new_throttle(l);

	throttle_lease(t);
	return t;
}

/* All is written that is asked for. */
static void
write_down(struct throttle *t, uint64_t now)
{
	lease_ahead(t, H, now);
	throttle_lease_grant(t, now);
}

/* Those whom nothing lets go in time; expects just one, or NULL for none. */
static void
hopeless(struct throttle *t, uint64_t now, const struct throttle_waiter *one)
{
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);

	throttle_hopeless(t, now, &out);
	ck_assert_ptr_eq(TAILQ_FIRST(&out), one);
	if (one != NULL)
		ck_assert_ptr_null(TAILQ_NEXT(one, entry));
}

START_TEST(who_cannot_wait_waits_for_a_lease)
{
	struct throttle *t = leased(one_rate(10 * U, SEC, 10 * U));
	struct throttle_waiter w;

	ask(t, &w, U, SEC, SEC, THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_deadline(t, &w), SEC);
	ck_assert_uint_eq(throttle_lease_deadline(t, &w, SEC), SEC + GRACE);
	ck_assert(throttle_lease_has_grace(t, SEC));
	/* once */
	ck_assert_uint_eq(throttle_lease_deadline(t, &w, SEC + GRACE),
	    SEC + GRACE);
	ck_assert(!throttle_lease_has_grace(t, SEC + GRACE));
	write_down(t, SEC + MS);
	ck_assert_ptr_eq(throttle_next(t, SEC + GRACE), &w);
	throttle_release(t, &w, SEC + GRACE);
	throttle_free(t);
}
END_TEST

/* What comes out of a rate is not in time, and may not wait for it. */
START_TEST(who_waits_for_a_rate_has_no_grace)
{
	struct throttle *t = leased(one_rate(1 * U, SEC, 1 * U));
	struct throttle_waiter a, late, w;

	ask(t, &a, U, SEC, SEC, THROTTLE_WAIT);
	ask(t, &late, U, SEC, SEC, THROTTLE_LATE_START);
	ask(t, &w, U, 2 * SEC, SEC, THROTTLE_WAIT);
	write_down(t, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &a);
	ck_assert_uint_eq(throttle_lease_deadline(t, &w, SEC), 2 * SEC);
	throttle_release(t, &a, SEC);
	/* it is due at its deadline, and then only has to be written down */
	ck_assert_ptr_null(throttle_next(t, 2 * SEC));
	ck_assert_uint_eq(throttle_lease_deadline(t, &w, 2 * SEC),
	    2 * SEC + GRACE);
	throttle_cancel(t, &w);
	throttle_free(t);
}
END_TEST

/* Behind others whose turn is first it may turn out that nothing is left. */
START_TEST(a_grace_ends_with_the_lease)
{
	struct throttle_limits l = one_rate(1 * U, SEC, 1 * U);
	const struct budget_limits part = l.host;
	struct throttle_request q = request_of(U, SEC);
	struct throttle_waiter a, b;
	struct throttle_report r;
	struct throttle *t;

	l.parts[0] = l.parts[1] = &part;
	l.nparts = 2;
	t = leased(l);
	q.part = 0;
	ck_assert_int_eq(throttle_ask(t, &a, &q, SEC, &r), THROTTLE_WAIT);
	q.part = 1;
	ck_assert_int_eq(throttle_ask(t, &b, &q, SEC, &r), THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_lease_deadline(t, &a, SEC), SEC + GRACE);
	ck_assert_uint_eq(throttle_lease_deadline(t, &b, SEC), SEC + GRACE);
	hopeless(t, SEC + MS, NULL);
	write_down(t, SEC + MS);
	ck_assert_ptr_eq(throttle_next(t, SEC + MS), &a);
	ck_assert_ptr_null(throttle_next(t, SEC + MS));
	hopeless(t, SEC + MS, &b);
	throttle_release(t, &a, SEC + MS);
	throttle_free(t);
}
END_TEST

/* Each lease is for a few; who is still to have one is given time for it. */
START_TEST(a_grace_begins_anew)
{
	struct throttle *t = leased(one_rate(10 * U, SEC, 10 * U));
	struct throttle_waiter a, b;

	ask(t, &a, U, SEC, SEC, THROTTLE_WAIT);
	ask(t, &b, U, SEC, SEC, THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_lease_deadline(t, &b, SEC), SEC + GRACE);
	write_down(t, SEC + MS);
	ck_assert_ptr_eq(throttle_next(t, SEC + MS), &a);
	ck_assert_ptr_null(throttle_next(t, SEC + MS));
	hopeless(t, SEC + MS, NULL);
	ck_assert_uint_eq(throttle_deadline(t, &b), SEC + MS + GRACE);
	/* a pause is for those who wait for it */
	ck_assert(throttle_pause(t, THROTTLE_WHOLE, SEC + 2 * MS, SEC + MS));
	hopeless(t, SEC + MS, &b);
	throttle_release(t, &a, SEC + MS);
	throttle_free(t);
}
END_TEST

/* Nobody needs a lease where nothing is written down. */
START_TEST(none_without_leases)
{
	struct throttle *t = new_throttle(slots(1));
	struct throttle_waiter a, b;

	ask(t, &a, U, SEC, SEC, THROTTLE_GO);
	ask(t, &b, U, SEC, SEC, THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_lease_deadline(t, &b, SEC), SEC);
	throttle_lease(t);
	ck_assert_uint_eq(throttle_lease_deadline(t, &b, SEC), SEC);
	throttle_cancel(t, &b);
	throttle_release(t, &a, SEC);
	throttle_free(t);
}
END_TEST

/* What is told of it is what is done. */
START_TEST(a_full_queue_is_told_of_as_it_is)
{
	struct throttle_limits l = one_rate(1 * U, SEC, 1 * U);
	struct throttle_request q = request_of(U, SEC);
	static struct throttle_why why;
	struct throttle_waiter w;
	struct throttle *t;

	l.queue_length = 0;
	t = leased(l);
	ck_assert(throttle_fill_in(t, &w, &q, SEC));
	throttle_why(t, &w, SEC, &why);
	ck_assert(!why.full);
	ck_assert_uint_eq(why.start, SEC);
	ask(t, &w, U, SEC, SEC, THROTTLE_WAIT);
	write_down(t, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &w);
	throttle_release(t, &w, SEC);
	ck_assert(throttle_fill_in(t, &w, &q, SEC));
	throttle_why(t, &w, SEC, &why);
	ck_assert(why.full);
	throttle_free(t);
}
END_TEST

/* What is held back where nothing is known is no reason, either. */
START_TEST(a_courtesy_is_no_reason)
{
	struct throttle_limits l = one_rate(1000 * U, SEC, 1000 * U);
	struct throttle_waiter w[2 * ESTIMATE_OPENING], *next;
	unsigned i, n = 2 * ESTIMATE_OPENING, went = 0;
	struct throttle *t;

	l.estimates = true;
	l.queue_length = 0;
	t = leased(l);
	for (i = 0; i < n; i++)
		ask(t, &w[i], U, SEC, SEC, THROTTLE_WAIT);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(throttle_lease_deadline(t, &w[i], SEC),
		    SEC + GRACE);
	write_down(t, SEC + MS);
	hopeless(t, SEC + MS, NULL);
	while ((next = throttle_next(t, SEC + MS)) != NULL)
		went++;
	ck_assert_uint_eq(went, n);
	for (i = 0; i < n; i++)
		throttle_release(t, &w[i], SEC + MS);
	throttle_free(t);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("throttle_grace");
	TCase *tc = tcase_create("grace");

	tcase_add_test(tc, who_cannot_wait_waits_for_a_lease);
	tcase_add_test(tc, who_waits_for_a_rate_has_no_grace);
	tcase_add_test(tc, a_grace_ends_with_the_lease);
	tcase_add_test(tc, a_grace_begins_anew);
	tcase_add_test(tc, none_without_leases);
	tcase_add_test(tc, a_full_queue_is_told_of_as_it_is);
	tcase_add_test(tc, a_courtesy_is_no_reason);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

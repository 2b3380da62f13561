/* SPDX-License-Identifier: ISC */
#include "check_throttle.h"
#include "check_throttle_asked.h"
#include "throttle/throttle_estimate.h"
#include "throttle/throttle_total.h"

/* Why somebody waits, where that is plain. */

static struct throttle_why why;
static struct throttle_place place;

static void
ask_why(struct throttle *t, uint64_t cost, uint64_t now)
{
	struct throttle_request q = request_of(cost, NEVER);

	ck_assert(why_asked(t, &q, now, &why, &place));
}

static const struct throttle_reason *
decider(void)
{
	const struct throttle_reason *r = NULL;
	unsigned i;

	for (i = 0; i < why.n; i++)
		if (why.reasons[i].decides) {
			ck_assert_ptr_null(r);
			r = &why.reasons[i];
		}
	ck_assert(r == NULL || !why.turn_decides);
	return r;
}

START_TEST(goes_at_once)
{
	struct throttle *t = new_throttle(one_rate(2 * U, SEC, 2 * U));

	ask_why(t, U, SEC);
	ck_assert(why.goes && place.certain && !why.full);
	ck_assert_ptr_null(decider());
	ck_assert(!why.turn_decides);
	ck_assert_uint_eq(why.n, 1);
	ck_assert_uint_le(why.reasons[0].at, SEC);
	ck_assert_uint_eq(why.reasons[0].limit.capacity, 2 * U);
	ck_assert_uint_eq(throttle_waiting(t) + throttle_inflight(t), 0);
	throttle_free(t);
}
END_TEST

/* Two rates: each with its instant, the later one decides. */
START_TEST(rates)
{
	struct throttle *t = new_throttle(add_rate(one_rate(2 * U, SEC, 2 * U),
	    3 * U, 60 * SEC, 3 * U));

	go(t, 2 * U, 0);
	ask_why(t, U, 0);
	ck_assert_uint_eq(why.reasons[0].at, 500 * MS);
	ck_assert_uint_eq(why.reasons[1].at, 0);
	ck_assert_ptr_eq(decider(), &why.reasons[0]);
	ck_assert_ptr_eq(why.short_of, &why.reasons[0]);
	go(t, U, 500 * MS);
	ask_why(t, U, 500 * MS);
	ck_assert_uint_eq(why.reasons[0].at, SEC);
	ck_assert_uint_eq(why.reasons[1].at, 20 * SEC);
	ck_assert_ptr_eq(decider(), &why.reasons[1]);
	ck_assert_uint_eq(decider()->rate, 1);
	ck_assert_uint_eq(why.start, 20 * SEC);
	ck_assert(place.certain && !why.goes);
	throttle_free(t);
}
END_TEST

START_TEST(slots_and_verdicts)
{
	struct throttle *t = new_throttle(slots(1));
	struct throttle_waiter w;

	ask(t, &w, U, NEVER, 0, THROTTLE_GO);
	ask_why(t, U, 0);
	ck_assert_int_eq(decider()->what, BUDGET_SHORT_CONCURRENCY);
	ck_assert_uint_eq(decider()->at, NEVER);
	ck_assert_uint_eq(decider()->concurrency, 1);
	ck_assert_uint_eq(why.start, 0);
	ck_assert(!why.goes && !place.certain);
	throttle_release(t, &w, SEC);
	ask_why(t, U, SEC);
	ck_assert(why.goes);

	pause_host(t, 5 * SEC, SEC);
	ask_why(t, U, 2 * SEC);
	ck_assert_int_eq(decider()->what, BUDGET_SHORT_PAUSE);
	ck_assert_uint_eq(decider()->at, 5 * SEC);
	ck_assert(place.certain);
	throttle_free(t);

	t = new_throttle(slots(9));
	pause_host(t, 5 * SEC, SEC);
	ask(t, &w, U, NEVER, 5 * SEC, THROTTLE_GO);
	ask_why(t, U, 5 * SEC);
	ck_assert_int_eq(decider()->what, BUDGET_SHORT_RECOVERY);
	ck_assert_uint_eq(decider()->at, NEVER);
	ck_assert(!place.certain);
	throttle_free(t);
}
END_TEST

START_TEST(shape)
{
	struct throttle *t = new_throttle(slots(0));

	throttle_shape(t, THROTTLE_WHOLE, 1, 11 * SEC, SEC);
	go(t, U, 6 * SEC);
	ask_why(t, U, 6 * SEC);
	ck_assert_int_eq(decider()->what, BUDGET_SHORT_SHAPE);
	ck_assert_uint_eq(decider()->at, 11 * SEC);
	throttle_free(t);
}
END_TEST

/* A part's rate, and one that it has named. */
START_TEST(parts)
{
	struct budget_limits part = { .nrates = 1, .rates = { {
	    .capacity = U, .period = 7 * SEC, .burst = U } } };
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle_key key = { 1, 2 };
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_waiter w;
	struct throttle_report r;
	struct throttle *t;

	l.nparts = 1;
	l.parts[0] = &part;
	t = new_throttle(l);
	q.part = 0;
	ck_assert_int_eq(throttle_ask(t, &w, &q, 0, &r), THROTTLE_GO);
	ck_assert(why_asked(t, &q, 0, &why, &place));
	ck_assert_uint_eq(why.n, 2);
	ck_assert_uint_eq(why.reasons[0].at, SEC);
	ck_assert_ptr_eq(decider(), &why.reasons[1]);
	ck_assert_int_eq(decider()->whose, THROTTLE_OF_PART);
	ck_assert_uint_eq(why.start, 7 * SEC);
	ask_why(t, U, 0);
	ck_assert_uint_eq(why.n, 1);
	ck_assert_uint_eq(why.start, SEC);

	q.named = throttle_named_make(t, &key, "bucket", 0);
	throttle_pause(t, THROTTLE_NAMED_PART(q.named), 9 * SEC, 0);
	ck_assert(why_asked(t, &q, 0, &why, &place));
	ck_assert_int_eq(decider()->whose, THROTTLE_OF_NAMED);
	ck_assert_int_eq(decider()->what, BUDGET_SHORT_PAUSE);
	ck_assert_uint_eq(why.start, 9 * SEC);
	ck_assert_uint_eq(throttle_waiting(t), 0);
	throttle_release(t, &w, 0);
	throttle_free(t);
}
END_TEST

/* Who is in several parts pays to each, and waits for the slowest. */
START_TEST(several_parts)
{
	struct budget_limits slow = { .nrates = 1, .rates = { {
	    .capacity = U, .period = 7 * SEC, .burst = U } } };
	struct budget_limits quick = { .nrates = 1, .rates = { {
	    .capacity = U, .period = 2 * SEC, .burst = U } } };
	struct throttle_limits l = { .queue_length = 1000, .nparts = 3 };
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_waiter w;
	struct throttle_report r;
	struct throttle *t;

	l.parts[0] = l.parts[1] = &quick;
	l.parts[2] = &slow;
	t = new_throttle(l);
	q.part = 0;
	q.also = (struct throttle_also){ 2, { 2, 1 } };
	ck_assert_int_eq(throttle_ask(t, &w, &q, 0, &r), THROTTLE_GO);
	ck_assert(why_asked(t, &q, 0, &why, &place));
	ck_assert_uint_eq(why.n, 3);
	ck_assert_int_eq(decider()->whose, THROTTLE_OF_PART);
	ck_assert_uint_eq(decider()->part, 2);
	ck_assert_uint_eq(why.start, 7 * SEC);
	ck_assert_uint_eq(why.reasons[2].part, 1);
	ck_assert_uint_eq(why.reasons[2].at, 2 * SEC);
	throttle_release(t, &w, 0);
	throttle_free(t);
}
END_TEST

/* Those of two clients are ahead; of the third who asks there is one. */
START_TEST(turn)
{
	struct throttle *t = new_throttle(one_rate(U, SEC, U));
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_waiter w[6];
	struct throttle_report r;
	unsigned i;

	go(t, U, 0);
	for (i = 0; i < 6; i++) {
		q.client = 1 + i % 3;
		ck_assert_int_eq(throttle_ask(t, &w[i], &q, 0, &r),
		    THROTTLE_WAIT);
	}
	throttle_why(t, &w[5], 0, &why);
	throttle_place(t, &w[5], 0, &place);
	ck_assert_uint_eq(why.waiting, 6);
	ck_assert_uint_eq(why.clients, 3);
	ck_assert_uint_eq(place.ahead, 5);
	ck_assert_uint_eq(place.own_ahead, 1);
	ck_assert_uint_eq(place.cost_ahead, 5 * U);
	ck_assert_int_eq(decider()->what, BUDGET_SHORT_RATE);
	throttle_why(t, &w[0], 0, &why);
	throttle_place(t, &w[0], 0, &place);
	ck_assert_uint_eq(place.ahead, 0);
	ck_assert_uint_eq(why.start, SEC);
	ck_assert_uint_eq(why.turn, 0);
	ck_assert(place.certain);
	/* One of a fourth is before all second ones. */
	q.client = 4;
	ck_assert(why_asked(t, &q, 0, &why, &place));
	ck_assert_uint_eq(place.ahead, 3);
	ck_assert_uint_eq(place.own_ahead, 0);
	for (i = 0; i < 6; i++)
		throttle_cancel(t, &w[i]);
	throttle_free(t);
}
END_TEST

/* A costly one is not overtaken by a light one of another part. */
START_TEST(others_decide)
{
	struct budget_limits none = { 0 };
	struct throttle_limits l = one_rate(4 * U, 4 * SEC, 4 * U);
	struct throttle_request q = request_of(3 * U, NEVER);
	struct throttle_waiter w;
	struct throttle_report r;
	struct throttle *t;

	l.nparts = 2;
	l.parts[0] = l.parts[1] = &none;
	t = new_throttle(l);
	go(t, 2 * U, 0);
	q.part = 0;
	ck_assert_int_eq(throttle_ask(t, &w, &q, 0, &r), THROTTLE_WAIT);
	q.part = 1;
	q.cost = U;
	ck_assert(why_asked(t, &q, 0, &why, &place));
	ck_assert(why.turn_decides && !why.goes && !place.certain);
	ck_assert_ptr_null(decider());
	ck_assert_int_eq(why.short_of->what, BUDGET_SHORT_RATE);
	ck_assert_uint_eq(place.ahead, 1);
	throttle_cancel(t, &w);
	throttle_free(t);
}
END_TEST

/* What others of the same total have taken. */
START_TEST(a_total_decides)
{
	struct throttle *t = new_throttle(one_rate(2 * U, SEC, 2 * U));
	struct budget_limits all = one_rate(U, 10 * SEC, U).host;
	struct throttle_total total;

	throttle_total_init(&total, &all, 1);
	throttle_join(t, &total, t);
	go(t, U, SEC);
	ask_why(t, U, SEC);
	ck_assert(!why.goes);
	ck_assert_uint_eq(why.n, 2);
	ck_assert_int_eq(decider()->whose, THROTTLE_OF_TOTAL);
	ck_assert_int_eq(decider()->what, BUDGET_SHORT_RATE);
	ck_assert_uint_eq(decider()->at, 11 * SEC);
	ck_assert_uint_eq(decider()->limit.period, 10 * SEC);
	throttle_free(t);
}
END_TEST

/* A pause, and what is learned of the host: one reason, until the later. */
START_TEST(a_pause_and_an_estimate)
{
	struct throttle *t = new_throttle((struct throttle_limits){
		.queue_length = 1000,
		.estimates = true,
	});
	struct throttle_waiter w;
	uint64_t asks;

	go(t, U, SEC);
	ask(t, &w, U, NEVER, SEC, THROTTLE_GO);
	throttle_verdict(t, &w, BUDGET_THROTTLED, SEC);
	throttle_release(t, &w, SEC);
	throttle_estimate_named(t, 9 * SEC, SEC);
	asks = throttle_estimate_shut(t);
	ck_assert_uint_ge(asks, 9 * SEC);
	pause_host(t, 5 * SEC, SEC);
	ask_why(t, U, 2 * SEC);
	ck_assert_uint_eq(why.n, 1);
	ck_assert_int_eq(decider()->what, BUDGET_SHORT_PAUSE);
	ck_assert_uint_eq(decider()->at, asks);
	pause_host(t, 20 * SEC, 2 * SEC);
	ask_why(t, U, 2 * SEC);
	ck_assert_uint_eq(why.n, 1);
	ck_assert_uint_eq(decider()->at, 20 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(full)
{
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle_waiter w;
	struct throttle *t;

	l.queue_length = 1;
	t = new_throttle(l);
	go(t, U, 0);
	ask_why(t, U, 0);
	ck_assert(!why.full);
	wait_for(t, &w, U, 0);
	ask_why(t, U, 0);
	ck_assert(why.full);
	ck_assert_uint_eq(why.start, 2 * SEC);
	ck_assert_uint_eq(why.turn, SEC);
	throttle_cancel(t, &w);
	throttle_free(t);
}
END_TEST

/* Two of a part that is paused: for the second, too, the pause decides. */
START_TEST(behind_one_of_its_part)
{
	struct budget_limits none = { 0 };
	struct throttle_limits l = one_rate(U, SEC, 2 * U);
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_waiter w[2];
	struct throttle_report r;
	struct throttle *t;

	l.nparts = 1;
	l.parts[0] = &none;
	t = new_throttle(l);
	go(t, 2 * U, 0);
	throttle_pause(t, 0, 9 * SEC, 0);
	q.part = 0;
	ck_assert_int_eq(throttle_ask(t, &w[0], &q, 0, &r), THROTTLE_WAIT);
	ck_assert_int_eq(throttle_ask(t, &w[1], &q, 0, &r), THROTTLE_WAIT);
	ck_assert_uint_eq(r.start, 9 * SEC);
	ck_assert(r.of_part);
	ck_assert_int_eq(r.what, BUDGET_SHORT_PAUSE);
	throttle_why(t, &w[1], 0, &why);
	ck_assert_int_eq(decider()->whose, THROTTLE_OF_PART);
	ck_assert_uint_eq(decider()->at, 9 * SEC);
	throttle_cancel(t, &w[1]);
	throttle_cancel(t, &w[0]);
	throttle_free(t);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("throttle_why");
	TCase *tc = tcase_create("why");

	tcase_add_test(tc, goes_at_once);
	tcase_add_test(tc, rates);
	tcase_add_test(tc, slots_and_verdicts);
	tcase_add_test(tc, shape);
	tcase_add_test(tc, parts);
	tcase_add_test(tc, several_parts);
	tcase_add_test(tc, turn);
	tcase_add_test(tc, others_decide);
	tcase_add_test(tc, full);
	tcase_add_test(tc, a_total_decides);
	tcase_add_test(tc, a_pause_and_an_estimate);
	tcase_add_test(tc, behind_one_of_its_part);
	suite_add_tcase(s, tc);
	return run_suite(s);
}

/* SPDX-License-Identifier: ISC */
#include "check_throttle.h"

#include <string.h>

#include "check_random.h"

/* What a tunnel has paid that turns out to be none, comes back. */

struct opened {
	struct throttle_waiter	 w;
	struct throttle_deposit	 deposit;
};

static enum throttle_answer
try_to_open(struct throttle *t, struct opened *o, uint64_t cost, uint64_t now)
{
	struct throttle_request q = request_of(cost, now);
	struct throttle_report r;

	memset(o, 0, sizeof *o);
	q.deposit = &o->deposit;
	return throttle_ask(t, &o->w, &q, now, &r);
}

static void
open_one(struct throttle *t, struct opened *o, uint64_t cost, uint64_t now)
{
	ck_assert_int_eq(try_to_open(t, o, cost, now), THROTTLE_GO);
}

START_TEST(comes_back_whole)
{
	struct throttle *t = new_throttle(one_rate(3 * U, 3600 * SEC, 3 * U));
	struct opened o;
	int i;

	for (i = 0; i < 3; i++) {
		open_one(t, &o, U, SEC);
		throttle_refund(t, &o.w, SEC);
		ck_assert_uint_eq(throttle_inflight(t), (unsigned)i);
		go(t, U, SEC);
	}
	ck_assert_uint_eq(start_of(t, U, SEC), 1201 * SEC);
	throttle_free(t);
}
END_TEST

/* All of several come back, in whatever order, and whenever. */
START_TEST(comes_back_in_any_order)
{
	static const int orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 },
	    { 1, 2, 0 }, { 0, 2, 1 } };
	struct throttle *t = new_throttle(one_rate(3 * U, 3600 * SEC, 3 * U));
	struct opened o[3];
	int i;

	for (i = 0; i < 3; i++)
		open_one(t, &o[i], U, 0);
	for (i = 0; i < 3; i++)
		throttle_refund(t, &o[orders[_i][i]].w, (5 + i) * MS);
	go(t, 3 * U, 7 * MS);
	ck_assert_uint_eq(start_of(t, 3 * U, 7 * MS), 3600 * SEC + 7 * MS);
	throttle_free(t);
}
END_TEST

/* The bucket was full again, and used: nothing is left to give back. */
START_TEST(never_above_the_burst)
{
	struct throttle *t = new_throttle(one_rate(10 * U, SEC, 10 * U));
	struct opened o;

	open_one(t, &o, U, 0);
	go(t, 10 * U, SEC);
	throttle_refund(t, &o.w, SEC);
	ck_assert_uint_eq(start_of(t, U, SEC), SEC + 100 * MS);
	throttle_free(t);
}
END_TEST

START_TEST(lets_a_waiter_go)
{
	struct throttle *t = new_throttle(one_rate(U, SEC, U));
	struct throttle_waiter w;
	struct opened o;

	open_one(t, &o, U, 0);
	ck_assert_uint_eq(wait_for(t, &w, U, 0), SEC);
	throttle_refund(t, &o.w, 400 * MS);
	ck_assert_ptr_eq(throttle_next(t, 400 * MS), &w);
	/* It is accounted at the refund, not before. */
	ck_assert_uint_eq(start_of(t, U, 400 * MS), 1400 * MS);
	throttle_free(t);
}
END_TEST

START_TEST(each_rate_by_itself)
{
	struct throttle *t = new_throttle(add_rate(one_rate(10 * U, SEC,
	    10 * U), 100 * U, 1000 * SEC, 10 * U));
	struct opened o;

	open_one(t, &o, 10 * U, 0);
	/* A second later the first rate has worked it off, the other not. */
	throttle_refund(t, &o.w, SEC);
	go(t, 10 * U, SEC);
	ck_assert_uint_eq(start_of(t, U, SEC), 11 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(not_after_its_verdict)
{
	struct throttle *t = new_throttle(one_rate(U, SEC, U));
	struct opened o;

	open_one(t, &o, U, 0);
	throttle_verdict(t, &o.w, BUDGET_SUCCESS, 0);
	throttle_refund(t, &o.w, 0);
	ck_assert_uint_eq(throttle_inflight(t), 0);
	ck_assert_uint_eq(start_of(t, U, 0), SEC);
	throttle_free(t);
}
END_TEST

START_TEST(not_across_new_limits)
{
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle *t = new_throttle(l), *u = new_throttle(l);
	struct opened o;

	open_one(t, &o, U, 0);
	ck_assert(throttle_limit(t, &l, NULL, 0));
	throttle_refund(t, &o.w, 0);
	ck_assert_uint_eq(start_of(t, U, 0), SEC);

	open_one(t, &o, U, SEC);
	throttle_release(t, &o.w, SEC);
	throttle_inherit(u, t, NULL, SEC);
	throttle_hold(u, &o.w, NULL, SEC);
	throttle_refund(u, &o.w, SEC);
	ck_assert_uint_eq(throttle_inflight(u), 0);
	ck_assert_uint_eq(start_of(u, U, SEC), 2 * SEC);
	throttle_free(t);
	throttle_free(u);
}
END_TEST

/* While half open, the place of a probe; which is nobody's success. */
START_TEST(gives_the_probe_back)
{
	struct throttle *t = new_throttle(slots(1));
	struct throttle_waiter w;
	struct opened o;

	pause_host(t, SEC, 0);
	open_one(t, &o, U, SEC);
	wait_for(t, &w, U, SEC);
	ck_assert_ptr_null(throttle_next(t, SEC));
	throttle_refund(t, &o.w, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &w);
	throttle_free(t);
}
END_TEST

/* Who has had his turn already is not at the end of the queue again. */
START_TEST(returned_goes_first)
{
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_waiter first, second, late;
	struct throttle_report r;
	struct throttle *t;

	l.queue_length = 2;
	t = new_throttle(l);
	go(t, U, 0);
	wait_for(t, &first, U, 0);
	wait_for(t, &second, U, 0);
	q.returned = true;
	ck_assert_int_eq(throttle_ask(t, &late, &q, 0, &r), THROTTLE_WAIT);
	ck_assert_uint_eq(r.start, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &late);
	ck_assert_ptr_eq(throttle_next(t, 2 * SEC), &first);
	ck_assert_ptr_eq(throttle_next(t, 3 * SEC), &second);
	throttle_free(t);
}
END_TEST

/* Admits that one, which is refused, and pauses all for a second. */
static void
refuse(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	struct throttle_report r;

	ck_assert_ptr_eq(throttle_next(t, now), w);
	throttle_verdict(t, w, BUDGET_THROTTLED, now);
	throttle_pause(t, THROTTLE_WHOLE, now + SEC, now);
	ck_assert_int_eq(throttle_return(t, w, now, &r), THROTTLE_WAIT);
}

/* Admits that one, which is served. */
static void
serve(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	ck_assert_ptr_eq(throttle_next(t, now), w);
	throttle_verdict(t, w, BUDGET_SUCCESS, now);
}

/*
 * Two are refused at 0 and sent back, others come, and the first of the two is
 * refused again, at a second.
 */
static void
refuse_again(struct throttle *t, struct throttle_waiter w[2],
    struct throttle_waiter *others, unsigned n)
{
	struct throttle_report r;
	unsigned i;

	for (i = 0; i < 2; i++)
		ask(t, &w[i], U, NEVER, 0, THROTTLE_GO);
	for (i = 0; i < 2; i++)
		throttle_verdict(t, &w[i], BUDGET_THROTTLED, 0);
	pause_host(t, SEC, 0);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(throttle_return(t, &w[i], 0, &r),
		    THROTTLE_WAIT);
	for (i = 0; i < n; i++)
		wait_for(t, &others[i], U, 0);
	refuse(t, &w[0], SEC);
}

/* Who is refused again lets others ask, until two of these are not. */
START_TEST(returned_again_goes_behind)
{
	struct throttle_waiter bad[2], good[3];
	struct throttle_waiter *order[] = { &good[0], &good[1], &bad[1],
	    &bad[0], &good[2] };
	struct throttle *t = new_throttle(slots(100));
	unsigned i;

	refuse_again(t, bad, good, 3);
	for (i = 0; i < 5; i++)
		serve(t, order[i], 2 * SEC);
	throttle_free(t);
}
END_TEST

/*
 * A host that serves one after each pause serves all in their turn, those too that
 * were refused twice: what is refused after another was served tells nothing of
 * itself.
 */
START_TEST(returned_again_has_its_turn)
{
	struct throttle_waiter late[2], good[2];
	struct throttle *t = new_throttle(slots(100));

	refuse_again(t, late, good, 2);
	serve(t, &good[0], 2 * SEC);
	refuse(t, &good[1], 2 * SEC);
	serve(t, &late[1], 3 * SEC);
	refuse(t, &late[0], 3 * SEC);
	serve(t, &good[1], 4 * SEC);
	ck_assert_ptr_eq(throttle_next(t, 4 * SEC), &late[0]);
	throttle_free(t);
}
END_TEST

/* Who went before the one that was refused, and is served, says nothing. */
START_TEST(served_before_it_was_refused)
{
	struct throttle_waiter slow, bad, good[2];
	struct throttle_report r;
	struct throttle *t = new_throttle(slots(100));
	unsigned i;

	ask(t, &slow, U, NEVER, 0, THROTTLE_GO);
	ask(t, &bad, U, NEVER, 0, THROTTLE_GO);
	throttle_verdict(t, &bad, BUDGET_THROTTLED, 0);
	pause_host(t, SEC, 0);
	ck_assert_int_eq(throttle_return(t, &bad, 0, &r), THROTTLE_WAIT);
	for (i = 0; i < 2; i++)
		wait_for(t, &good[i], U, 0);
	throttle_verdict(t, &slow, BUDGET_SUCCESS, SEC / 2);
	refuse(t, &bad, SEC);
	for (i = 0; i < 2; i++)
		serve(t, &good[i], 2 * SEC);
	ck_assert_ptr_eq(throttle_next(t, 2 * SEC), &bad);
	throttle_free(t);
}
END_TEST

#define STEPS	300

struct taken {
	struct opened	 o;
	uint64_t	 at;
	uint64_t	 cost;
	bool		 open;		/* neither refunded nor confirmed */
	bool		 refunded;
};

static void
check_intervals(const struct taken *h, unsigned n, uint64_t capacity,
    uint64_t period, uint64_t burst)
{
	uint64_t sum;
	unsigned i, j;

	for (i = 0; i < n; i++) {
		sum = 0;
		for (j = i; j < n; j++) {
			if (!h[j].refunded)
				sum += h[j].cost;
			must(sum <= burst + (h[j].at - h[i].at) * capacity /
			    period + 1);
		}
	}
}

/* Whatever comes back: what stays keeps within the limits, in any interval. */
START_TEST(any_history)
{
	static struct taken h[STEPS];
	uint64_t capacity, burst, now = 0;
	struct throttle *t;
	struct taken *one;
	unsigned i, n = 0;

	seed = (uint64_t)_i + 1;
	state = seed * 0x9e3779b97f4a7c15ULL;
	capacity = (1 + any(20)) * U;
	burst = (1 + any(20)) * U;
	t = new_throttle(one_rate(capacity, SEC, burst));
	for (step = 0; step < STEPS; step++) {
		now += any(3) * any(300) * MS / (1 + any(10));
		one = &h[n];
		*one = (struct taken){ .at = now, .open = any(3) > 0,
		    .cost = 1 + any(any(2) ? burst : U) };
		if (one->cost > burst)
			one->cost = burst;
		if (try_to_open(t, &one->o, one->cost, now) == THROTTLE_GO)
			n++;
		if (one < &h[n] && !one->open)
			throttle_verdict(t, &one->o.w, BUDGET_SUCCESS, now);
		for (i = 0; i < n; i++) {
			if (!h[i].open || any(8) > 0)
				continue;
			h[i].open = false;
			h[i].refunded = any(2);
			if (h[i].refunded)
				throttle_refund(t, &h[i].o.w, now);
			else
				throttle_verdict(t, &h[i].o.w,
				    BUDGET_SUCCESS, now);
		}
	}
	must(n > 10);
	check_intervals(h, n, capacity, SEC, burst);
	throttle_free(t);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("throttle_refund");
	TCase *tc = tcase_create("refund");

	tcase_add_test(tc, comes_back_whole);
	tcase_add_loop_test(tc, comes_back_in_any_order, 0, 4);
	tcase_add_test(tc, never_above_the_burst);
	tcase_add_test(tc, lets_a_waiter_go);
	tcase_add_test(tc, each_rate_by_itself);
	tcase_add_test(tc, not_after_its_verdict);
	tcase_add_test(tc, not_across_new_limits);
	tcase_add_test(tc, gives_the_probe_back);
	tcase_add_test(tc, returned_goes_first);
	tcase_add_test(tc, returned_again_goes_behind);
	tcase_add_test(tc, returned_again_has_its_turn);
	tcase_add_test(tc, served_before_it_was_refused);
	tcase_add_loop_test(tc, any_history, 0,
	    (int)repetitions(200));
	suite_add_tcase(s, tc);
	return run_suite(s);
}

/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check_random.h"
#include "check_throttle.h"
#include "throttle/throttle_view.h"

/* How a throttle looks from outside, and in which order its queue will go. */

START_TEST(budget_of_a_host)
{
	struct throttle_limits l = add_rate(one_rate(10 * U, SEC, 10 * U),
	    30 * U, 60 * SEC, 30 * U);
	struct throttle_waiter w;
	struct throttle_view v;
	struct throttle *t;

	l.host.concurrency = 4;
	t = new_throttle(l);
	ask(t, &w, 4 * U, NEVER, SEC, THROTTLE_GO);
	throttle_view(t, SEC, &v);
	ck_assert_uint_eq(v.host.nrates, 2);
	ck_assert_uint_eq(v.host.rates[1].limit.period, 60 * SEC);
	ck_assert_int_eq(v.host.rates[0].left, 6 * (int64_t)U);
	ck_assert_uint_eq(v.host.rates[0].full_at, SEC + 400 * MS);
	ck_assert_int_eq(v.host.rates[1].left, 26 * (int64_t)U);
	ck_assert_uint_eq(v.host.rates[1].full_at, 9 * SEC);
	ck_assert_uint_eq(v.host.concurrency, 4);
	ck_assert_uint_eq(v.host.inflight, 1);
	ck_assert_uint_eq(v.host.pending, 1);
	ck_assert_uint_eq(v.host.window, 0);
	ck_assert_uint_eq(v.host.shape_until, 0);
	ck_assert_uint_eq(v.queue_length, 1000);
	ck_assert_uint_eq(v.waiting + v.clients + v.nparts, 0);
	ck_assert_uint_eq(throttle_oldest(t), 0);

	throttle_verdict(t, &w, BUDGET_SUCCESS, SEC);
	throttle_view(t, SEC + 300 * MS, &v);
	ck_assert_uint_eq(v.host.pending, 0);
	ck_assert_uint_eq(v.host.inflight, 1);
	ck_assert_int_eq(v.host.rates[0].left, 9 * (int64_t)U);
	throttle_release(t, &w, 2 * SEC);
	throttle_free(t);
}
END_TEST

/* What costs more than the burst leaves a debt; what is left is rounded down. */
START_TEST(debts)
{
	struct throttle *t = new_throttle(one_rate(3 * U, SEC, 3 * U));
	struct throttle_view v;

	go(t, 5 * U, 0);
	throttle_view(t, 0, &v);
	ck_assert_int_eq(v.host.rates[0].left, -2 * (int64_t)U);
	throttle_view(t, 1, &v);
	ck_assert_int_eq(v.host.rates[0].left, -2 * (int64_t)U);
	throttle_view(t, 1000, &v);
	ck_assert_int_eq(v.host.rates[0].left, -2 * (int64_t)U + 3);
	throttle_view(t, NEVER / 2, &v);
	ck_assert_int_eq(v.host.rates[0].left, 3 * (int64_t)U);
	throttle_free(t);
}
END_TEST

START_TEST(pause_and_recovery)
{
	struct throttle *t = new_throttle(slots(8));
	struct throttle_waiter w;
	struct throttle_view v;

	pause_host(t, 5 * SEC, SEC);
	throttle_view(t, SEC, &v);
	ck_assert_uint_eq(v.host.paused_until, 5 * SEC);
	ck_assert_uint_eq(v.host.window, 1);
	ck_assert_uint_eq(v.host.unsettled, 0);
	ask(t, &w, U, NEVER, 6 * SEC, THROTTLE_GO);
	throttle_view(t, 6 * SEC, &v);
	ck_assert_uint_eq(v.host.unsettled, 1);
	throttle_verdict(t, &w, BUDGET_SUCCESS, 6 * SEC);
	throttle_view(t, 6 * SEC, &v);
	ck_assert_uint_eq(v.host.window, 2);
	ck_assert_uint_eq(v.host.unsettled, 0);
	resume_host(t, 6 * SEC);
	throttle_view(t, 6 * SEC, &v);
	ck_assert_uint_eq(v.host.paused_until, 0);
	ck_assert_uint_eq(v.host.window, 0);
	throttle_free(t);
}
END_TEST

/* Beyond patience one more may go, though no verdict has come. */
START_TEST(patience)
{
	struct throttle *t = new_throttle(slots(8));
	struct throttle_waiter w;
	struct throttle_view v;

	pause_host(t, SEC, 0);
	ask(t, &w, U, NEVER, SEC, THROTTLE_GO);
	throttle_view(t, SEC + BUDGET_PATIENCE - 1, &v);
	ck_assert_uint_eq(v.host.window, 1);
	throttle_view(t, SEC + BUDGET_PATIENCE, &v);
	ck_assert_uint_eq(v.host.window, 2);
	ck_assert_uint_eq(v.host.unsettled, 1);
	throttle_free(t);
}
END_TEST

START_TEST(shape)
{
	struct throttle *t = new_throttle(slots(0));
	struct throttle_waiter w;
	struct throttle_view v;

	ask(t, &w, U, NEVER, SEC, THROTTLE_GO);
	throttle_shape(t, THROTTLE_WHOLE, 3, 9 * SEC, SEC);
	throttle_view(t, SEC, &v);
	ck_assert_uint_eq(v.host.shape_until, 9 * SEC);
	ck_assert_int_eq(v.host.shape_left, 2);
	/* When it is over, nothing is left of it but a recovery. */
	throttle_view(t, 9 * SEC, &v);
	ck_assert_uint_eq(v.host.shape_until, 0);
	ck_assert_int_eq(v.host.shape_left, 0);
	ck_assert_uint_eq(v.host.window, 1);
	throttle_free(t);
}
END_TEST

START_TEST(parts)
{
	struct budget_limits part = { .concurrency = 3 };
	struct throttle_limits l = { .nparts = 1, .parts = { &part } };
	struct throttle *t = new_throttle(l);
	struct throttle_key key = { 1, 2 };
	struct budget_view b;
	struct throttle_view v;
	unsigned named;

	throttle_view(t, 0, &v);
	ck_assert_uint_eq(v.nparts, 1);
	ck_assert(throttle_view_part(t, 0, 0, &b));
	ck_assert_uint_eq(b.concurrency, 3);
	ck_assert(!throttle_view_part(t, 1, 0, &b));
	ck_assert(!throttle_view_part(t, THROTTLE_WHOLE, 0, &b));
	ck_assert(!throttle_view_part(t, THROTTLE_NAMED_PART(1), 0, &b));
	named = throttle_named_make(t, &key, "bucket", 0);
	throttle_pause(t, THROTTLE_NAMED_PART(named), 7 * SEC, 0);
	ck_assert(throttle_view_part(t, THROTTLE_NAMED_PART(named), 0, &b));
	ck_assert_uint_eq(b.paused_until, 7 * SEC);
	ck_assert(!throttle_view_part(t, THROTTLE_NAMED_PART(2), 0, &b));
	ck_assert(!throttle_view_part(t,
	    THROTTLE_NAMED_PART(THROTTLE_NAMED_PARTS + 1), 0, &b));
	throttle_free(t);
}
END_TEST

START_TEST(queue)
{
	struct throttle *t = new_throttle(one_rate(U, SEC, U));
	struct throttle_waiter w[3];
	struct waiter_view q[3];
	struct throttle_view v;
	unsigned i;

	go(t, U, 0);
	for (i = 0; i < 3; i++)
		ask(t, &w[i], U, (10 + i) * SEC, 1 + i, THROTTLE_WAIT);
	throttle_view(t, MS, &v);
	ck_assert_uint_eq(v.waiting, 3);
	ck_assert_uint_eq(v.clients, 1);
	ck_assert_uint_eq(throttle_oldest(t), 1);
	ck_assert_uint_eq(throttle_view_queue(t, MS, q, 2), 2);
	ck_assert_uint_eq(throttle_view_queue(t, MS, q, 3), 3);
	for (i = 0; i < 3; i++) {
		ck_assert_ptr_eq(q[i].waiter, &w[i]);
		ck_assert_uint_eq(q[i].start, (1 + i) * SEC);
		ck_assert_uint_eq(q[i].deadline, (10 + i) * SEC);
		ck_assert_uint_eq(q[i].cost, U);
		ck_assert_uint_eq(q[i].since, 1 + i);
		ck_assert_uint_eq(q[i].part, THROTTLE_WHOLE);
	}
	ck_assert_ptr_eq(throttle_next(t, SEC), &w[0]);
	throttle_view(t, SEC, &v);
	ck_assert_uint_eq(throttle_oldest(t), 2);
	for (i = 1; i < 3; i++)
		throttle_cancel(t, &w[i]);
	throttle_free(t);
}
END_TEST

/*
 * The order that is told is the one they go in, once they may.  Where urgency is
 * trusted only the first is sure: who is passed over is moved up for it.
 */

#define CROWD	24
#define PARTS	3

static struct throttle_waiter crowd[CROWD];

static void
ask_any(struct throttle *t, struct throttle_waiter *w, unsigned nparts,
    unsigned named, uint64_t now)
{
	struct throttle_request q = request_of(any(5) ? (1 + any(4)) * U / 2 :
	    any(3) * U / 50, NEVER);
	struct throttle_report r;

	q.client = any(5);
	q.weight = FAIR_WEIGHT * (uint32_t)(1 + q.client);
	if (any(3) == 0)
		q.urgency = (uint8_t)any(FAIR_URGENCIES);
	if (nparts > 0 && any(2))
		q.part = (unsigned)any(nparts);
	if (named != 0 && any(3) == 0)
		q.named = named;
	must(throttle_ask(t, w, &q, now, &r) != THROTTLE_NO_MEMORY);
	if (w->held && any(2))
		throttle_verdict(t, w, BUDGET_SUCCESS, now);
}

/* Some went before the pause; of them some are sent back. */
static void
return_any(struct throttle *t, uint64_t now)
{
	struct throttle_report r;
	unsigned i;

	for (i = 0; i < CROWD; i++)
		if (crowd[i].held && crowd[i].settled && any(2))
			must(throttle_return(t, &crowd[i], now, &r) ==
			    THROTTLE_WAIT);
}

static unsigned
any_crowd(struct throttle *t, unsigned nparts, uint64_t *now)
{
	struct throttle_key key = { 3, 4 };
	unsigned i, named = 0, waiting = 0;

	if (any(3) == 0)
		named = throttle_named_make(t, &key, "bucket", *now);
	for (i = 0; i < CROWD; i++) {
		*now += any(SEC);
		if (i == 4)
			pause_host(t, NEVER, *now);
		ask_any(t, &crowd[i], nparts, named, *now);
	}
	return_any(t, *now);
	for (i = 0; i < CROWD; i++)
		waiting += crowd[i].fair.flow != NULL;
	return waiting;
}

static void
one_crowd(void)
{
	struct budget_limits none = { 0 };
	struct throttle_limits l = { .queue_length = 1000,
	    .trust_priority = any(3) == 0, .nparts = (unsigned)any(PARTS + 1),
	    .parts = { &none, &none, &none } };
	struct throttle *t = new_throttle(l);
	struct waiter_view order[CROWD];
	const struct throttle_waiter *w;
	uint64_t now = SEC;
	unsigned i, n = any_crowd(t, l.nparts, &now);

	must(throttle_view_queue(t, now, order, CROWD) == n);
	resume_host(t, now);
	for (i = 0; i < n; i++) {
		step = i;
		w = throttle_next(t, now);
		must(w != NULL);
		must(w == order[i].waiter || (l.trust_priority && i > 0));
	}
	must(throttle_next(t, now) == NULL);
	throttle_free(t);
}

START_TEST(order)
{
	const char *env = getenv("THROTTLE_SEED");
	uint64_t first = env != NULL ? strtoull(env, NULL, 0) : 1;
	uint64_t last = first + (env != NULL ? 1 : repetitions(20000));

	for (seed = first; seed < last; seed++) {
		state = seed * 0x9e3779b97f4a7c15ULL | 1;
		memset(crowd, 0, sizeof crowd);
		one_crowd();
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("throttle_view");
	TCase *tc = tcase_create("view");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, budget_of_a_host);
	tcase_add_test(tc, debts);
	tcase_add_test(tc, pause_and_recovery);
	tcase_add_test(tc, patience);
	tcase_add_test(tc, shape);
	tcase_add_test(tc, parts);
	tcase_add_test(tc, queue);
	tcase_add_test(tc, order);
	suite_add_tcase(s, tc);
	return run_suite(s);
}

/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <string.h>

#include "check_random.h"
#include "check_throttle.h"

/*
 * Strict rates: exact windows, whatever becomes of those who were admitted, and
 * whenever the host counts them.
 */

#define SLOT	3921569ULL		/* ns: of a second */
#define ROUND	(256 * SLOT)
#define WITHIN	(100 * MS)

static struct throttle_limits
strict_rate(uint64_t capacity, uint64_t period)
{
	struct throttle_limits l = one_rate(capacity, period, capacity);

	l.host.rates[0].strict = true;
	return l;
}

static struct throttle *
new_strict(struct throttle_limits l)
{
	struct throttle *t = new_throttle(l);

	throttle_counted_within(t, WITHIN);
	return t;
}

static void
go_and_stay(struct throttle *t, struct throttle_waiter *w, uint64_t cost,
    uint64_t now)
{
	ck_assert_uint_eq(ask(t, w, cost, NEVER, now, THROTTLE_GO), now);
}

/* What was not sent whole occupies its place, however long it takes. */
START_TEST(occupies_until_sent)
{
	struct throttle *t = new_strict(strict_rate(U, SEC));
	struct throttle_waiter a, b;

	go_and_stay(t, &a, U, 0);
	ck_assert_uint_eq(wait_for(t, &b, U, 0), ROUND);
	ck_assert_uint_eq(throttle_wake(t, 0), NEVER);
	ck_assert_ptr_null(throttle_next(t, 100 * SEC));
	throttle_sent(t, &a, 100 * SEC);
	ck_assert_uint_eq(throttle_wake(t, 100 * SEC), 100 * SEC + WITHIN);
	ck_assert_ptr_null(throttle_next(t, 100 * SEC + WITHIN));
	leaves_at(t, &b, (100 * SEC + WITHIN) / SLOT * SLOT + ROUND);
	throttle_free(t);
}
END_TEST

/* ... or answered, if that is sooner. */
START_TEST(occupies_until_answered)
{
	struct throttle *t = new_strict(strict_rate(U, SEC));
	struct throttle_waiter a, b;

	go_and_stay(t, &a, U, 0);
	throttle_sent(t, &a, 10 * MS);
	wait_for(t, &b, U, 10 * MS);
	throttle_verdict(t, &a, BUDGET_SUCCESS, 20 * MS);
	leaves_at(t, &b, 20 * MS / SLOT * SLOT + ROUND);
	throttle_release(t, &a, 2 * SEC);
	throttle_free(t);
}
END_TEST

/* A refused one may have been counted, too. */
START_TEST(counts_refusals)
{
	struct throttle *t = new_strict(strict_rate(U, SEC));
	struct throttle_waiter a;

	go_and_stay(t, &a, U, 0);
	throttle_verdict(t, &a, BUDGET_THROTTLED, 20 * MS);
	ck_assert_uint_eq(start_of(t, U, 20 * MS), 20 * MS / SLOT * SLOT +
	    ROUND);
	throttle_free(t);
}
END_TEST

/* Who goes without a verdict may be counted yet. */
START_TEST(outlives_who_goes)
{
	struct throttle *t = new_strict(strict_rate(U, SEC));
	struct throttle_waiter a, b;

	go_and_stay(t, &a, U, 0);
	throttle_release(t, &a, 10 * MS);
	memset(&a, 0xff, sizeof a);
	wait_for(t, &b, U, 10 * MS);
	ck_assert_uint_eq(throttle_wake(t, 10 * MS), 10 * MS + WITHIN);
	leaves_at(t, &b, (10 * MS + WITHIN) / SLOT * SLOT + ROUND);
	throttle_sent(t, &b, 2 * SEC);
	throttle_release(t, &b, 2 * SEC + 10 * MS);
	ck_assert(!throttle_idle(t, 3 * SEC + WITHIN));
	ck_assert(throttle_idle(t, 3 * SEC + WITHIN + 2 * SLOT));
	throttle_free(t);
}
END_TEST

/* One that never left leaves its place at once; so does a refund. */
START_TEST(leaves_its_place)
{
	struct throttle *t = new_strict(strict_rate(U, SEC));
	struct throttle_deposit d = { .listed = false };
	struct throttle_waiter a, b;
	struct throttle_report r;
	struct throttle_request q = request_of(U, NEVER);

	go_and_stay(t, &a, U, 0);
	wait_for(t, &b, U, 0);
	throttle_unsent(t, &a, 10 * MS);
	throttle_unsent(t, &a, 10 * MS);
	ck_assert_ptr_eq(throttle_next(t, SEC), &b);
	throttle_unsent(t, &b, SEC);
	throttle_release(t, &a, SEC);
	throttle_release(t, &b, SEC);
	q.deposit = &d;
	ck_assert_int_eq(throttle_ask(t, &a, &q, 2 * SEC, &r), THROTTLE_GO);
	throttle_refund(t, &a, 2 * SEC + 1);
	go_and_stay(t, &a, U, 2 * SEC + 1);
	throttle_release(t, &a, 2 * SEC + 1);
	throttle_free(t);
}
END_TEST

/* A burst is a bucket on top of the window. */
START_TEST(has_a_burst)
{
	struct throttle_limits l = strict_rate(10 * U, SEC);
	struct throttle *t;
	unsigned i;

	l.host.rates[0].burst = 2 * U;
	t = new_strict(l);
	go(t, 2 * U, 0);
	for (i = 1; i <= 8; i++) {
		ck_assert_uint_eq(start_of(t, U, (i - 1) * 100 * MS), i *
		    100 * MS);
		go(t, U, i * 100 * MS);
	}
	ck_assert_uint_eq(start_of(t, U, 800 * MS), ROUND);
	throttle_free(t);
}
END_TEST

/* Of the host's window and its part's, both count. */
START_TEST(parts_have_their_own)
{
	struct throttle_limits l = strict_rate(3 * U, SEC);
	struct throttle_limits of_part = strict_rate(U, 10 * SEC);
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_waiter a, b;
	struct throttle_report r;
	struct throttle *t;

	l.parts[0] = &of_part.host;
	l.nparts = 1;
	t = new_strict(l);
	q.part = 0;
	ck_assert_int_eq(throttle_ask(t, &a, &q, 0, &r), THROTTLE_GO);
	throttle_sent(t, &a, 0);
	ck_assert_int_eq(throttle_ask(t, &b, &q, 0, &r), THROTTLE_WAIT);
	ck_assert(r.of_part);
	go(t, 2 * U, 0);
	ck_assert_uint_eq(start_of(t, U, 0), ROUND);
	ck_assert_uint_eq(throttle_wake(t, WITHIN), 258 * 39215687ULL);
	throttle_cancel(t, &b);
	throttle_release(t, &a, SEC);
	throttle_free(t);
}
END_TEST

/* New limits: what was counted stays so, and what is on its way. */
START_TEST(keeps_what_it_knows)
{
	struct throttle_limits l = strict_rate(3 * U, SEC);
	struct throttle *t = new_strict(l);
	struct throttle_waiter a, b;

	go(t, U, 0);
	go_and_stay(t, &a, U, 0);
	go_and_stay(t, &b, U, 0);
	throttle_release(t, &b, 0);
	l = strict_rate(4 * U, 2 * SEC);
	ck_assert(throttle_limit(t, &l, NULL, 10 * MS));
	ck_assert_uint_eq(start_of(t, U, 10 * MS), 10 * MS);
	ck_assert_uint_gt(start_of(t, 2 * U, 10 * MS), 2 * SEC);
	/* an old bucket knows who is on his way, too */
	l.host.rates[0].strict = false;
	ck_assert(throttle_limit(t, &l, NULL, 20 * MS));
	l.host.rates[0].strict = true;
	ck_assert(throttle_limit(t, &l, NULL, 30 * MS));
	ck_assert_uint_eq(throttle_wake(t, 30 * MS), NEVER);
	ck_assert_uint_gt(start_of(t, 3 * U, 30 * MS), 2 * SEC);
	throttle_release(t, &a, SEC);
	throttle_free(t);
}
END_TEST

/* A new one in its place knows who is on his way, and nothing else. */
START_TEST(renews)
{
	struct throttle *t = new_strict(strict_rate(3 * U, SEC));
	struct throttle_waiter a;

	go(t, 2 * U, 0);
	go_and_stay(t, &a, U, 0);
	throttle_renew(t, MS);
	go(t, U, MS);
	ck_assert_uint_eq(start_of(t, U, MS), MS);
	ck_assert_uint_gt(start_of(t, 2 * U, MS), SEC);
	throttle_release(t, &a, MS);
	throttle_free(t);
}
END_TEST

/* A waiter that moves elsewhere takes its place along. */
START_TEST(moves)
{
	struct throttle *from = new_strict(strict_rate(2 * U, SEC));
	struct throttle *to = new_strict(strict_rate(2 * U, SEC));
	struct throttle_waiter a;

	go(from, U, 0);
	go_and_stay(from, &a, U, 0);
	throttle_inherit(to, from, NULL, MS);
	throttle_release(from, &a, MS);
	throttle_hold(to, &a, NULL, MS);
	throttle_free(from);
	ck_assert_uint_eq(start_of(to, U, MS), ROUND);
	ck_assert_uint_eq(start_of(to, 2 * U, MS), MS / SLOT * SLOT + ROUND);
	throttle_verdict(to, &a, BUDGET_SUCCESS, SEC / 2);
	ck_assert_uint_eq(start_of(to, 2 * U, SEC / 2),
	    SEC / 2 / SLOT * SLOT + ROUND);
	throttle_release(to, &a, SEC);
	throttle_free(to);
}
END_TEST

/* Random crowds, and a host that counts whatever reaches it. */

#define CROWD	600
#define PERIOD	SEC
#define FOREVER	(6000 * SEC)

enum phase { WAITS, UPLOADS, FLIES, ANSWERED, GONE };

static struct somebody {
	struct throttle_waiter	 w;
	enum phase		 phase;
	uint64_t		 cost;
	uint64_t		 next;		/* ns: something happens */
	uint64_t		 arrives;	/* ns: the host counts it */
	bool			 aborts;
} crowd[CROWD];
static uint64_t arrivals[CROWD], arrived[CROWD];
static unsigned narrived;
static uint64_t capacity, total;

static void
arrive(const struct somebody *s)
{
	unsigned i = narrived++;

	for (; i > 0 && arrivals[i - 1] > s->arrives; i--) {
		arrivals[i] = arrivals[i - 1];
		arrived[i] = arrived[i - 1];
	}
	arrivals[i] = s->arrives;
	arrived[i] = s->cost;
}

/* No period sees more than the capacity, wherever it begins. */
static void
check_arrivals(void)
{
	uint64_t sum = 0;
	unsigned i, first = 0;

	for (i = 0; i < narrived; i++) {
		sum += arrived[i];
		while (arrivals[first] + PERIOD <= arrivals[i])
			sum -= arrived[first++];
		must(sum <= capacity);
	}
}

static void
admit_all(struct throttle *t, uint64_t now)
{
	struct throttle_waiter *w;
	struct somebody *s;

	while ((w = throttle_next(t, now)) != NULL) {
		s = (struct somebody *)(void *)w;
		s->phase = UPLOADS;
		s->next = now + any(3) * any(50 * MS);
	}
}

static void
step_of(struct throttle *t, struct somebody *s, uint64_t now)
{
	switch (s->phase) {
	case UPLOADS:
		if (s->aborts && any(2)) {
			/* cut off, and on its way */
			s->arrives = now + any(WITHIN);
			arrive(s);
			throttle_release(t, &s->w, now);
			s->phase = GONE;
			s->next = NEVER;
			break;
		}
		throttle_sent(t, &s->w, now);
		s->phase = FLIES;
		s->arrives = now + (any(2) ? any(WITHIN) : any(MS));
		arrive(s);
		s->next = s->aborts ? now + any(WITHIN) : s->arrives +
		    any(3) * any(2 * PERIOD);
		break;
	case FLIES:
		if (!s->aborts)
			throttle_verdict(t, &s->w, BUDGET_SUCCESS, now);
		s->phase = ANSWERED;
		s->next = now + any(SEC);
		break;
	default:
		throttle_release(t, &s->w, now);
		s->phase = GONE;
		s->next = NEVER;
		break;
	}
}

static uint64_t
next_instant(struct throttle *t, uint64_t now)
{
	uint64_t at = throttle_wake(t, now);
	unsigned i;

	for (i = 0; i < CROWD; i++)
		if (crowd[i].next < at)
			at = crowd[i].next;
	return at > now ? at : now;
}

static void
ask_all(struct throttle *t, uint64_t most)
{
	struct somebody *s;
	struct throttle_report r;
	struct throttle_request q;
	enum throttle_answer a;

	for (s = crowd; s < crowd + CROWD; s++) {
		*s = (struct somebody){ .cost = (1 + any(most)) * U,
		    .next = NEVER, .aborts = any(8) == 0 };
		total += s->cost;
		q = request_of(s->cost, NEVER);
		q.client = any(5);
		a = throttle_ask(t, &s->w, &q, 0, &r);
		must(a == THROTTLE_GO || a == THROTTLE_WAIT);
		if (a == THROTTLE_GO) {
			s->phase = UPLOADS;
			s->next = any(50 * MS);
		}
	}
}

static void
crowd_history(void)
{
	uint64_t now = 0, most = any(2) ? 1 : 4, periods;
	struct throttle *t;
	unsigned i;

	narrived = 0;
	total = 0;
	capacity = (most + any(90)) * U;
	t = new_strict(strict_rate(capacity, PERIOD));
	ask_all(t, most);
	for (step = 0; narrived < CROWD; step++) {
		now = next_instant(t, now);
		must(now < FOREVER);
		for (i = 0; i < CROWD; i++)
			if (crowd[i].next <= now)
				step_of(t, &crowd[i], now);
		admit_all(t, now);
	}
	check_arrivals();
	/* ... and nearly all of it is used: uploads are in no period */
	periods = total / capacity + 1;
	if (most == 1)
		must(now <= periods * (PERIOD + WITHIN + 100 * MS +
		    2 * SLOT) + SEC);
	for (i = 0; i < CROWD; i++)
		if (crowd[i].phase != GONE)
			throttle_release(t, &crowd[i].w, now);
	throttle_free(t);
}

START_TEST(no_period_sees_more)
{
	unsigned n = repetitions(300);

	for (seed = 1; seed <= n; seed++) {
		state = seed * 0x9e3779b97f4a7c15ULL;
		crowd_history();
	}
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("throttle_window");
	TCase *tc = tcase_create("strict");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, occupies_until_sent);
	tcase_add_test(tc, occupies_until_answered);
	tcase_add_test(tc, counts_refusals);
	tcase_add_test(tc, outlives_who_goes);
	tcase_add_test(tc, leaves_its_place);
	tcase_add_test(tc, has_a_burst);
	tcase_add_test(tc, parts_have_their_own);
	tcase_add_test(tc, keeps_what_it_knows);
	tcase_add_test(tc, renews);
	tcase_add_test(tc, moves);
	tcase_add_test(tc, no_period_sees_more);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

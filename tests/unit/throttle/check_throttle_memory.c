/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "check_alloc.h"
#include "check_throttle.h"
#include "check_throttle_asked.h"

/*
 * Each allocation fails once, in each of the calls that allocate: the call says
 * so, nothing has changed by it, and made again it does what it should.
 */

#define CLIENTS	6

static const struct budget_limits two_slots = { .concurrency = 2 };
static const struct budget_limits paused = { .concurrency = 1 };

/* How many allocations a call made before it got along, the last one aside. */
static unsigned	 failures;

/* Has the nth allocation fail; tells whether it did. */
static void
fail_nth(unsigned n)
{
	check_alloc = n;
}

static bool
failed(void)
{
	bool is = check_alloc == 0;

	check_alloc = 0;
	failures += is;
	return is;
}

static struct throttle_limits
with_parts(unsigned n)
{
	struct throttle_limits l = { .queue_length = 1000, .nparts = n };

	l.parts[0] = &two_slots;
	l.parts[1] = &paused;
	return l;
}

/* A named budget, whose window is exact. */
static const struct throttle_meter_limits tokens = {
	.name = "tokens",
	.limits = { .nrates = 1, .rates = { {
		.capacity = 100 * U,
		.period = SEC,
		.burst = 100 * U,
		.strict = true,
	} } },
};

START_TEST(made)
{
	struct throttle_limits l = with_parts(2);
	struct throttle *t = NULL;
	unsigned n;

	l.meters[0] = &tokens;
	l.nmeters = 1;
	for (n = 1, failures = 0; t == NULL; n++) {
		fail_nth(n);
		t = throttle_new(&l);
		ck_assert_int_eq(failed(), t == NULL);
	}
	ck_assert_uint_ge(failures, 6);
	throttle_free(t);
}
END_TEST

static enum throttle_answer
ask_by(struct throttle *t, struct throttle_waiter *w, unsigned client,
    unsigned part, unsigned named)
{
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_report r;

	q.client = client;
	q.part = part;
	q.named = named;
	return throttle_ask(t, w, &q, 0, &r);
}

/* Asks with each allocation failing, until it waits. */
static void
wait_by(struct throttle *t, struct throttle_waiter *w, unsigned client,
    unsigned part, unsigned named)
{
	uint32_t before = throttle_waiting(t);
	enum throttle_answer answer = THROTTLE_NO_MEMORY;
	unsigned n;

	for (n = 1; answer == THROTTLE_NO_MEMORY; n++) {
		ck_assert_uint_eq(throttle_waiting(t), before);
		fail_nth(n);
		answer = ask_by(t, w, client, part, named);
		ck_assert_int_eq(failed(), answer == THROTTLE_NO_MEMORY);
	}
	ck_assert_int_eq(answer, THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_waiting(t), before + 1);
}

/* Those who wait go, each once, one client after the other. */
static void
all_go(struct throttle *t, struct throttle_waiter *w, unsigned n)
{
	struct throttle_waiter *next;
	unsigned i, seen = 0;

	resume_host(t, 0);
	for (i = 0; i < n; i++) {
		next = throttle_next(t, 0);
		ck_assert_ptr_nonnull(next);
		ck_assert(next >= w && next < w + n);
		ck_assert(!(seen & 1U << (next - w)));
		seen |= 1U << (next - w);
		throttle_verdict(t, next, BUDGET_SUCCESS, 0);
		throttle_release(t, next, 0);
	}
	ck_assert_uint_eq(throttle_waiting(t), 0);
	ck_assert_uint_eq(throttle_inflight(t), 0);
}

START_TEST(queued)
{
	struct throttle *t = new_throttle(with_parts(2));
	struct throttle_waiter w[CLIENTS];
	unsigned i;

	failures = 0;
	ck_assert(pause_host(t, 50 * SEC, 0));
	for (i = 0; i < CLIENTS; i++)
		wait_by(t, &w[i], i, i % 2, 0);
	ck_assert_uint_ge(failures, CLIENTS);
	all_go(t, w, CLIENTS);
	throttle_free(t);
}
END_TEST

static unsigned
make_named(struct throttle *t, uint64_t name)
{
	struct throttle_key key = { name, 1 };
	unsigned n, named = 0;

	for (n = 1; named == 0; n++) {
		ck_assert_uint_eq(throttle_named(t, &key), 0);
		fail_nth(n);
		named = throttle_named_make(t, &key, "named", 0);
		ck_assert_int_eq(failed(), named == 0);
	}
	return named;
}

/* A part that the host names: made, waited for, and moved to. */
START_TEST(named)
{
	struct throttle *t = new_throttle(with_parts(1));
	struct throttle_waiter w[CLIENTS];
	unsigned i, n, id;
	bool ok;

	failures = 0;
	id = make_named(t, 7);
	ck_assert_uint_ge(failures, 2);
	ck_assert(pause_host(t, 50 * SEC, 0));
	for (i = 0; i < CLIENTS; i++)
		wait_by(t, &w[i], i, i % 2 ? 0 : THROTTLE_WHOLE, 0);
	failures = 0;
	for (i = 0; i < CLIENTS; i++) {
		for (n = 1, ok = false; !ok; n++) {
			ck_assert_uint_eq(w[i].named, 0);
			fail_nth(n);
			ok = throttle_named_move(t, &w[i], id, 0);
			ck_assert_int_eq(failed(), !ok);
			ck_assert_uint_eq(throttle_waiting(t), CLIENTS);
		}
		ck_assert_uint_eq(w[i].named, id);
	}
	ck_assert_uint_ge(failures, CLIENTS);
	all_go(t, w, CLIENTS);
	throttle_free(t);
}
END_TEST

/* Who was refused by the host goes back to the queue, or keeps his slot. */
START_TEST(returned)
{
	struct throttle *t = new_throttle(with_parts(1));
	enum throttle_answer answer = THROTTLE_NO_MEMORY;
	struct throttle_report r;
	struct throttle_waiter w;
	unsigned n;

	ck_assert_int_eq(ask_by(t, &w, 1, 0, 0), THROTTLE_GO);
	throttle_verdict(t, &w, BUDGET_THROTTLED, 0);
	ck_assert(pause_host(t, 50 * SEC, 0));
	for (n = 1, failures = 0; answer == THROTTLE_NO_MEMORY; n++) {
		ck_assert_uint_eq(throttle_inflight(t), 1);
		ck_assert_uint_eq(throttle_waiting(t), 0);
		fail_nth(n);
		answer = throttle_return(t, &w, 0, &r);
		ck_assert_int_eq(failed(), answer == THROTTLE_NO_MEMORY);
	}
	ck_assert_int_eq(answer, THROTTLE_WAIT);
	ck_assert_uint_ge(failures, 1);
	ck_assert_uint_eq(throttle_inflight(t), 0);
	all_go(t, &w, 1);
	throttle_free(t);
}
END_TEST

/* New limits move a queue, or leave it as it was. */
START_TEST(moved)
{
	static const unsigned same[] = { 0 };
	struct throttle *t = new_throttle(with_parts(1));
	struct throttle_limits l = with_parts(2);
	struct throttle_waiter w[CLIENTS];
	unsigned i, n, id = make_named(t, 7);
	bool ok = false;

	ck_assert(pause_host(t, 50 * SEC, 0));
	for (i = 0; i < CLIENTS; i++)
		wait_by(t, &w[i], i, i % 2 ? 0 : THROTTLE_WHOLE,
		    i % 3 ? id : 0);
	for (n = 1, failures = 0; !ok; n++) {
		fail_nth(n);
		ok = throttle_limit(t, &l, same, 0);
		ck_assert_int_eq(failed(), !ok);
		ck_assert_uint_eq(throttle_waiting(t), CLIENTS);
	}
	/* parts, queue, stand-ins, and a client each */
	ck_assert_uint_ge(failures, 3 + CLIENTS);
	all_go(t, w, CLIENTS);
	throttle_free(t);
}
END_TEST

/* What cannot be found out is not certain; all else is told. */
START_TEST(explained)
{
	struct throttle_request q = request_of(U, NEVER);
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle_waiter w;
	struct throttle_place place;
	struct throttle_why why;
	struct throttle *t;

	l.host.rates[0].strict = true;
	t = new_throttle(l);
	ck_assert_uint_eq(ask(t, &w, U, NEVER, 0, THROTTLE_GO), 0);
	throttle_verdict(t, &w, BUDGET_SUCCESS, 0);
	failures = 0;
	fail_nth(1);
	ck_assert(why_asked(t, &q, 0, &why, &place));
	ck_assert(failed());
	ck_assert(!place.certain);
	ck_assert_uint_ge(why.start, SEC);
	ck_assert(why_asked(t, &q, 0, &why, &place));
	ck_assert(place.certain);
	throttle_release(t, &w, 0);
	throttle_free(t);
}
END_TEST

/* Without memory for what is on its way it counts from the leave on. */
START_TEST(leaves)
{
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle_waiter a, b;
	struct throttle *t;

	l.host.rates[0].strict = true;
	l.queue_length = 1;
	t = new_throttle(l);
	ck_assert_uint_eq(ask(t, &a, U, NEVER, 0, THROTTLE_GO), 0);
	(void)wait_for(t, &b, U, 0);
	fail_nth(1);
	throttle_release(t, &a, 10 * SEC);
	ck_assert(failed());
	ck_assert_ptr_null(throttle_next(t, 11 * SEC - 1));
	ck_assert_ptr_eq(throttle_next(t, 11 * SEC + SEC / 100), &b);
	throttle_release(t, &b, 11 * SEC);
	throttle_free(t);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("throttle_memory");
	TCase *tcase = tcase_create("memory");

	tcase_add_test(tcase, made);
	tcase_add_test(tcase, queued);
	tcase_add_test(tcase, named);
	tcase_add_test(tcase, returned);
	tcase_add_test(tcase, moved);
	tcase_add_test(tcase, explained);
	tcase_add_test(tcase, leaves);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

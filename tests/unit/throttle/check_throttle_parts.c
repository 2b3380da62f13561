/* SPDX-License-Identifier: ISC */
#include "check_throttle_parts.h"

/*
 * What throttle.h promises of parts, of several clients, and of those who were
 * admitted: verdicts, returns, and how the host's words are heeded.
 */

/* A slot is wanted by those who could have it, and by nobody else. */
START_TEST(tells_whether_a_slot_is_wanted)
{
	struct throttle *t = with_parts(slots(2));
	struct throttle_waiter a, b, c, d;

	part_goes(t, &a, 1, 0);
	ck_assert(!throttle_is_wanted(t, &a));
	part_goes(t, &b, 0, 0);
	/* the host has none left, but nobody waits */
	ck_assert(!throttle_is_wanted(t, &a));
	part_waits(t, &c, 1, 0);
	ck_assert(throttle_is_wanted(t, &a));
	ck_assert(throttle_is_wanted(t, &b));
	ck_assert(!throttle_is_wanted(t, &c));
	/* the host has one: only the part's is missing */
	success(t, &b, 0);
	ck_assert(throttle_is_wanted(t, &a));
	throttle_release_slot(t, &a, 0);
	ck_assert(!throttle_is_wanted(t, &a));
	ck_assert_ptr_eq(throttle_next(t, 0), &c);
	/* who waits for a rate alone wants no slot of another part */
	part_waits(t, &d, 0, 0);
	ck_assert(!throttle_is_wanted(t, &c));
	throttle_cancel(t, &d);
	success(t, &c, 0);
	success(t, &a, 0);
	throttle_free(t);
}
END_TEST

START_TEST(takes_from_both_or_neither)
{
	struct throttle *t = with_parts(one_rate(3 * U, 10 * SEC, 3 * U));
	struct throttle_waiter a, b, c;

	part_goes(t, &a, 0, 0);
	is_short(part_waits(t, &b, 0, 0), BUDGET_SHORT_RATE, true, SEC);
	throttle_cancel(t, &b);
	/* It took nothing from the host, which has two left. */
	go(t, 2 * U, 0);
	/* The host is short now, and the part is not charged for it. */
	is_short(part_waits(t, &b, 0, SEC), BUDGET_SHORT_RATE, false,
	    10 * SEC / 3 + 1);
	throttle_cancel(t, &b);
	leaves_at(t, (part_waits(t, &c, 0, 2 * SEC), &c), 10 * SEC / 3 + 1);
	throttle_free(t);
}
END_TEST

START_TEST(a_short_part_holds_up_nobody_else)
{
	struct throttle *t = with_parts(one_rate(10 * U, SEC, 10 * U));
	struct throttle_waiter a, b, c, d;

	part_goes(t, &a, 0, 0);
	part_waits(t, &b, 0, 0);
	part_waits(t, &c, 0, 0);
	go(t, U, 0);
	part_goes(t, &d, 1, 0);
	ck_assert_uint_eq(throttle_wake(t, 0), SEC);
	leaves_at(t, &b, SEC);
	/* A newcomer of the part stays behind those who wait for it. */
	is_short(part_waits(t, &b, 0, SEC), BUDGET_SHORT_RATE, true,
	    3 * SEC);
	leaves_at(t, &c, 2 * SEC);
	leaves_at(t, &b, 3 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(a_short_host_holds_up_everybody)
{
	struct throttle *t = with_parts(one_rate(10 * U, SEC, 10 * U));
	struct throttle_waiter costly, cheap;
	struct throttle_report r;

	go(t, 5 * U, 0);
	wait_for(t, &costly, 10 * U, 0);
	/* Five are left, but it is not its turn. */
	r = part_waits(t, &cheap, 1, 0);
	is_short(r, BUDGET_SHORT_RATE, false, 600 * MS);
	ck_assert_uint_eq(r.waiting, 1);
	ck_assert_ptr_null(throttle_next(t, 0));
	leaves_at(t, &costly, 500 * MS);
	leaves_at(t, &cheap, 600 * MS);
	throttle_free(t);
}
END_TEST

START_TEST(starts_count_no_one_who_may_be_passed)
{
	struct throttle *t = with_parts(one_rate(U, SEC, U));
	struct throttle_waiter a, b, c, d, e;

	go(t, U, 0);
	part_waits(t, &a, 0, 0);
	part_waits(t, &b, 0, 0);
	/* Those of the part may go before, or let it pass. */
	ck_assert_uint_eq(wait_for(t, &c, U, 0), SEC);
	/* One in no part is ahead for sure. */
	throttle_cancel(t, &b);
	ck_assert_uint_eq(wait_for(t, &d, U, 0), 2 * SEC);
	part_waits(t, &e, 1, 0);
	leaves_at(t, &a, SEC);
	leaves_at(t, &c, 2 * SEC);
	leaves_at(t, &d, 3 * SEC);
	leaves_at(t, &e, 4 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(parts_have_slots_and_pauses)
{
	struct throttle *t = with_parts(slots(0));
	struct throttle_waiter a, b, c;

	part_goes(t, &a, 1, 0);
	is_short(part_waits(t, &b, 1, 0), BUDGET_SHORT_CONCURRENCY, true, 0);
	ck_assert_uint_eq(throttle_wake(t, 0), NEVER);
	go(t, U, 0);
	success(t, &a, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &b);
	success(t, &b, SEC);
	ck_assert(throttle_pause(t, 1, 3 * SEC, SEC));
	ck_assert_uint_eq(throttle_paused_until(t, THROTTLE_WHOLE), 0);
	is_short(part_waits(t, &a, 1, SEC), BUDGET_SHORT_PAUSE, true,
	    3 * SEC);
	go(t, U, SEC);
	leaves_at(t, &a, 3 * SEC);
	throttle_pause(t, 0, 9 * SEC, 3 * SEC);
	part_waits(t, &c, 0, 3 * SEC);
	throttle_resume(t, 0, 4 * SEC);
	ck_assert_ptr_eq(throttle_next(t, 4 * SEC), &c);
	throttle_free(t);
}
END_TEST

START_TEST(hopeless_in_a_part)
{
	struct throttle *t = with_parts(slots(0));
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_request q = request_of(U, 3 * SEC);
	struct throttle_waiter a, w[4];
	struct throttle_report r;
	int i;

	q.part = 0;
	part_goes(t, &a, 0, 0);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(throttle_ask(t, &w[i], &q, 0, &r),
		    THROTTLE_WAIT);
	ck_assert_int_eq(throttle_ask(t, &w[3], &q, 0, &r),
	    THROTTLE_LATE_START);
	throttle_pause(t, 0, 2 * SEC, 0);
	throttle_hopeless(t, 0, &out);
	ck_assert_ptr_eq(TAILQ_FIRST(&out), &w[2]);
	ck_assert_ptr_null(TAILQ_NEXT(&w[2], entry));
	ck_assert_uint_eq(throttle_waiting(t), 2);
	leaves_at(t, &w[0], 2 * SEC);
	success(t, &w[0], 2 * SEC);
	leaves_at(t, &w[1], 3 * SEC);
	throttle_free(t);
}
END_TEST

/* All are told to leave, in the order of these. */
static void
leave_in_order(struct throttle *t, struct throttle_waiter *w[], unsigned n)
{
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_waiter *next;
	unsigned i;

	pause_host(t, 6 * SEC, 0);
	throttle_hopeless(t, 0, &out);
	next = TAILQ_FIRST(&out);
	for (i = 0; i < n; i++) {
		ck_assert_ptr_eq(next, w[i]);
		next = TAILQ_NEXT(next, entry);
	}
	ck_assert_ptr_null(next);
	ck_assert_uint_eq(throttle_waiting(t), 0);
}

/* One of a part, that can wait until 5 s. */
static void
waits_in(struct throttle *t, struct throttle_waiter *w, unsigned part,
    uint64_t cost, uint64_t client, uint8_t urgency)
{
	struct throttle_request q = request_of(cost, 5 * SEC);
	struct throttle_report r;

	q.part = part;
	q.client = client;
	q.urgency = urgency;
	ck_assert_int_eq(throttle_ask(t, w, &q, 0, &r), THROTTLE_WAIT);
}

/* What costs nothing is not ahead of others by its cost, but by its turn. */

START_TEST(hopeless_returned_for_nothing)
{
	struct throttle *t = new_throttle(slots(2));
	struct throttle_waiter a, b, w;
	struct throttle_report r;

	ask(t, &a, 0, 5 * SEC, 0, THROTTLE_GO);
	ask(t, &b, 0, 5 * SEC, 1, THROTTLE_GO);
	ask(t, &w, U, 5 * SEC, 1, THROTTLE_WAIT);
	throttle_verdict(t, &b, BUDGET_THROTTLED, 1);
	ck_assert_int_eq(throttle_return(t, &b, 1, &r), THROTTLE_WAIT);
	throttle_verdict(t, &a, BUDGET_THROTTLED, 1);
	ck_assert_int_eq(throttle_return(t, &a, 1, &r), THROTTLE_WAIT);
	leave_in_order(t, (struct throttle_waiter *[]){ &a, &b, &w }, 3);
	throttle_free(t);
}
END_TEST

START_TEST(hopeless_and_urgent_for_nothing)
{
	struct throttle *t = with_parts(slots(1));
	struct throttle_waiter w[4];

	go(t, U, 0);
	waits_in(t, &w[2], THROTTLE_WHOLE, 0, 0, 5);
	waits_in(t, &w[3], THROTTLE_WHOLE, U, 0, 6);
	waits_in(t, &w[1], THROTTLE_WHOLE, 0, 0, 4);
	waits_in(t, &w[0], 1, 0, 0, 2);
	leave_in_order(t, (struct throttle_waiter *[]){ &w[0], &w[1], &w[2],
	    &w[3] }, 4);
	throttle_free(t);
}
END_TEST

START_TEST(hopeless_clients_for_nothing)
{
	struct throttle *t = new_throttle(slots(1));
	struct throttle_waiter served, w[2];

	go(t, U, 0);
	waits_in(t, &served, THROTTLE_WHOLE, U, 1, FAIR_URGENCY);
	waits_in(t, &w[1], THROTTLE_WHOLE, 0, 1, FAIR_URGENCY);
	waits_in(t, &w[0], THROTTLE_WHOLE, 0, 2, FAIR_URGENCY);
	give_back(t, 0);
	ck_assert_ptr_eq(throttle_next(t, 0), &served);
	leave_in_order(t, (struct throttle_waiter *[]){ &w[0], &w[1] }, 2);
	throttle_free(t);
}
END_TEST

START_TEST(clients_take_turns)
{
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle_request q = request_of(U, NEVER);
	struct throttle *t = new_throttle(l);
	struct throttle_waiter w[6];
	struct throttle_report r;
	unsigned i;

	go(t, U, 0);
	for (i = 0; i < 6; i++) {
		q.client = i < 4 ? 1 : i;
		ck_assert_int_eq(throttle_ask(t, &w[i], &q, 0, &r),
		    THROTTLE_WAIT);
	}
	/* Of the last one's turn no more than his client's one is ahead. */
	ck_assert_uint_le(r.start, 3 * SEC);
	ck_assert_uint_eq(throttle_waiting_of(t, 1), 4);
	ck_assert_uint_eq(throttle_waiting_of(t, 5), 1);
	ck_assert_uint_eq(throttle_waiting_of(t, 9), 0);
	leaves_at(t, &w[0], SEC);
	leaves_at(t, &w[4], 2 * SEC);
	leaves_at(t, &w[5], 3 * SEC);
	leaves_at(t, &w[1], 4 * SEC);
	throttle_report(t, &w[3], 4 * SEC, &r);
	is_short(r, BUDGET_SHORT_RATE, false, 6 * SEC);
	ck_assert_uint_eq(r.waiting, 2);
	leaves_at(t, &w[2], 5 * SEC);
	leaves_at(t, &w[3], 6 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(only_the_first_verdict_counts)
{
	struct throttle *t = new_throttle(slots(8));
	struct throttle_waiter a, b, c, d;

	pause_host(t, SEC, 0);
	wait_for(t, &a, U, 0);
	wait_for(t, &b, U, 0);
	wait_for(t, &c, U, 0);
	leaves_at(t, &a, SEC);
	throttle_verdict(t, &b, BUDGET_SUCCESS, SEC);	/* it waits */
	ck_assert_ptr_null(throttle_next(t, SEC));
	throttle_verdict(t, &a, BUDGET_NEUTRAL, SEC);
	throttle_verdict(t, &a, BUDGET_SUCCESS, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &b);
	ck_assert_ptr_null(throttle_next(t, SEC));
	/* Without a verdict a release is neutral, and then it is too late. */
	throttle_release(t, &b, SEC);
	throttle_verdict(t, &b, BUDGET_SUCCESS, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &c);
	is_short((struct throttle_report){ .start = wait_for(t, &d, U, SEC),
	    .what = BUDGET_SHORT_NONE }, BUDGET_SHORT_NONE, false, SEC);
	throttle_verdict(t, &c, BUDGET_SUCCESS, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &d);
	go(t, U, SEC);
	throttle_free(t);
}
END_TEST

START_TEST(learning_begins_half_open)
{
	struct throttle_limits l = slots(4);
	struct throttle_waiter a, b;
	struct throttle_report r;
	struct throttle *t;

	l.learning = true;
	t = new_throttle(l);
	ck_assert(throttle_idle(t, 0));
	part_goes(t, &a, THROTTLE_WHOLE, 0);
	r = part_waits(t, &b, THROTTLE_WHOLE, 0);
	is_short(r, BUDGET_SHORT_RECOVERY, false, 0);
	success(t, &a, 0);
	ck_assert_ptr_eq(throttle_next(t, 0), &b);
	success(t, &b, 0);
	throttle_free(t);
}
END_TEST

START_TEST(a_return_goes_first_and_pays_again)
{
	struct throttle_limits l = one_rate(U, SEC, U);
	struct throttle_waiter a, b;
	struct throttle_report r;
	struct throttle *t;

	l.queue_length = 1;
	t = new_throttle(l);
	part_goes(t, &a, THROTTLE_WHOLE, 0);
	wait_for(t, &b, U, 0);
	throttle_verdict(t, &a, BUDGET_THROTTLED, 0);
	ck_assert_int_eq(throttle_return(t, &a, 0, &r), THROTTLE_WAIT);
	is_short(r, BUDGET_SHORT_RATE, false, SEC);
	ck_assert_uint_eq(throttle_inflight(t), 0);
	leaves_at(t, &a, SEC);
	leaves_at(t, &b, 2 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(a_return_that_cannot_be_in_time_keeps_its_slot)
{
	struct throttle *t = new_throttle(slots(1));
	struct throttle_waiter a, b;
	struct throttle_report r;

	ask(t, &a, U, 5 * SEC, 0, THROTTLE_GO);
	wait_for(t, &b, U, 0);
	throttle_verdict(t, &a, BUDGET_THROTTLED, 0);
	pause_host(t, 6 * SEC, 0);
	ck_assert_int_eq(throttle_return(t, &a, 0, &r), THROTTLE_LATE_START);
	is_short(r, BUDGET_SHORT_PAUSE, false, 6 * SEC);
	ck_assert_uint_eq(throttle_inflight(t), 1);
	throttle_release(t, &a, 0);
	leaves_at(t, &b, 6 * SEC);
	throttle_free(t);
}
END_TEST

/* For each wait so long from the end of the pause, but no longer than that. */
START_TEST(a_return_has_a_deadline_of_its_own)
{
	struct throttle *t = with_parts(slots(0));
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_request q = {
		.cost = U,
		.weight = FAIR_WEIGHT,
		.urgency = FAIR_URGENCY,
		.deadline = SEC,
		.again = SEC,
		.latest = 20 * SEC,
		.part = 1,
	};
	struct throttle_waiter a;
	struct throttle_report r;

	ck_assert_int_eq(throttle_ask(t, &a, &q, 0, &r), THROTTLE_GO);
	ck_assert_uint_eq(throttle_deadline(t, &a), SEC);
	throttle_verdict(t, &a, BUDGET_THROTTLED, SEC);
	pause_host(t, 6 * SEC, SEC);
	ck_assert_int_eq(throttle_return(t, &a, SEC, &r), THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_deadline(t, &a), 7 * SEC);
	/* What a pause grows by is no time in which it could have gone. */
	throttle_pause(t, 1, 12 * SEC, 2 * SEC);
	ck_assert_uint_eq(throttle_deadline(t, &a), 13 * SEC);
	throttle_hopeless(t, 8 * SEC, &out);
	ck_assert(TAILQ_EMPTY(&out));
	leaves_at(t, &a, 12 * SEC);
	throttle_verdict(t, &a, BUDGET_THROTTLED, 12 * SEC);
	pause_host(t, 20 * SEC, 12 * SEC);
	ck_assert_int_eq(throttle_return(t, &a, 12 * SEC, &r), THROTTLE_WAIT);
	ck_assert_uint_eq(throttle_deadline(t, &a), 20 * SEC);
	pause_host(t, 20 * SEC + 1, 13 * SEC);
	throttle_hopeless(t, 13 * SEC, &out);
	ck_assert_ptr_eq(TAILQ_FIRST(&out), &a);
	throttle_free(t);
}
END_TEST

/* What all paid came to nothing: of the host, and of each part. */
START_TEST(all_are_refilled)
{
	struct throttle *t = with_parts(one_rate(2 * U, SEC, 2 * U));
	struct throttle_waiter a, b, c;

	part_goes(t, &a, 0, SEC);
	part_goes(t, &b, 1, SEC);
	throttle_verdict(t, &a, BUDGET_NEUTRAL, SEC);
	throttle_release(t, &a, SEC);
	throttle_release(t, &b, SEC);
	is_short(part_waits(t, &c, 0, SEC), BUDGET_SHORT_RATE, true, 2 * SEC);
	throttle_refill(t, SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &c);
	part_goes(t, &b, 1, SEC);
	success(t, &c, SEC);
	success(t, &b, SEC);
	throttle_free(t);
}
END_TEST

/* Of a part, and of the host: that one may come back at once. */
START_TEST(now_is_believed_once)
{
	const unsigned part = _i ? 1 : THROTTLE_WHOLE;
	struct throttle *t = with_parts(slots(8));
	struct throttle_waiter a, b;

	part_goes(t, &a, 1, SEC);
	throttle_verdict(t, &a, BUDGET_THROTTLED, SEC);
	ck_assert(throttle_at_once(t, part, &a, SEC));
	/* who waits goes as soon as there is a slot, and asks */
	part_waits(t, &b, 1, SEC);
	throttle_release(t, &a, SEC);
	ck_assert_uint_le(throttle_wake(t, SEC), SEC);
	ck_assert_ptr_eq(throttle_next(t, SEC), &b);
	throttle_verdict(t, &b, BUDGET_THROTTLED, SEC);
	ck_assert(!throttle_at_once(t, part, &b, SEC));
	throttle_release(t, &b, SEC);
	/* the other one has said nothing of the kind */
	part_goes(t, &a, 1, SEC);
	throttle_verdict(t, &a, BUDGET_THROTTLED, SEC);
	ck_assert(throttle_at_once(t, _i ? THROTTLE_WHOLE : 1, &a, SEC));
	throttle_release(t, &a, SEC);
	throttle_free(t);
}
END_TEST

START_TEST(a_return_is_subject_to_recovery)
{
	struct throttle *t = new_throttle(slots(8));
	struct throttle_waiter a, b;
	struct throttle_report r;

	part_goes(t, &a, THROTTLE_WHOLE, 0);
	part_goes(t, &b, THROTTLE_WHOLE, 0);
	throttle_verdict(t, &a, BUDGET_THROTTLED, 0);
	throttle_verdict(t, &b, BUDGET_THROTTLED, 0);
	ck_assert_uint_eq(throttle_backoff(t, THROTTLE_WHOLE, &a, SEC, NEVER,
	    0), SEC);
	pause_host(t, SEC, 0);
	ck_assert_int_eq(throttle_return(t, &b, 0, &r), THROTTLE_WAIT);
	ck_assert_int_eq(throttle_return(t, &a, 0, &r), THROTTLE_WAIT);
	/* By arrival among each other: both came at 0, and b was first back. */
	leaves_at(t, &b, SEC);
	ck_assert_ptr_null(throttle_next(t, SEC));
	throttle_verdict(t, &b, BUDGET_THROTTLED, SEC);
	ck_assert_uint_eq(throttle_backoff(t, THROTTLE_WHOLE, &b, SEC, NEVER,
	    SEC), 2 * SEC);
	pause_host(t, 3 * SEC, SEC);
	throttle_release(t, &b, SEC);
	leaves_at(t, &a, 3 * SEC);
	success(t, &a, 3 * SEC);
	throttle_free(t);
}
END_TEST

START_TEST(backoff_of_a_part)
{
	struct throttle *t = with_parts(slots(0));
	struct throttle_waiter a;

	throttle_pause(t, 1, SEC, 0);
	part_waits(t, &a, 1, 0);
	leaves_at(t, &a, SEC);
	throttle_verdict(t, &a, BUDGET_THROTTLED, SEC);
	/* It tried part 1 after its pause, and nothing else. */
	ck_assert_uint_eq(throttle_backoff(t, 0, &a, SEC, NEVER, SEC), SEC);
	ck_assert_uint_eq(throttle_backoff(t, THROTTLE_WHOLE, &a, SEC, NEVER,
	    SEC), SEC);
	ck_assert_uint_eq(throttle_backoff(t, 1, &a, SEC, NEVER, SEC),
	    2 * SEC);
	throttle_release(t, &a, SEC);
	throttle_free(t);
}
END_TEST

START_TEST(shapes_host_and_part)
{
	struct throttle *t = with_parts(slots(0));
	struct throttle_waiter a, b, c;

	part_goes(t, &a, 1, 0);
	success(t, &a, 0);
	throttle_shape(t, 1, 4, 10 * SEC, 0);
	is_short(part_waits(t, &a, 1, 0), BUDGET_SHORT_SHAPE, true, 2 * SEC);
	go(t, U, 0);
	throttle_shape(t, THROTTLE_WHOLE, 1, 10 * SEC, 0);
	is_short(part_waits(t, &b, 0, 0), BUDGET_SHORT_SHAPE, false,
	    5 * SEC);
	leaves_at(t, &a, 5 * SEC);
	success(t, &a, 5 * SEC);
	/* At the reset both are half open. */
	part_waits(t, &c, 1, 5 * SEC);
	ck_assert_uint_eq(throttle_wake(t, 5 * SEC), 10 * SEC);
	ck_assert_ptr_eq(throttle_next(t, 10 * SEC), &b);
	ck_assert_ptr_null(throttle_next(t, 10 * SEC));
	ck_assert_uint_eq(throttle_wake(t, 10 * SEC),
	    10 * SEC + BUDGET_PATIENCE);
	ck_assert(!throttle_idle(t, 20 * SEC));
	success(t, &b, 10 * SEC);
	ck_assert_ptr_eq(throttle_next(t, 10 * SEC), &c);
	throttle_free(t);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("throttle_parts");
	TCase *tc = tcase_create("promises");

	tcase_add_test(tc, takes_from_both_or_neither);
	tcase_add_test(tc, a_short_part_holds_up_nobody_else);
	tcase_add_test(tc, a_short_host_holds_up_everybody);
	tcase_add_test(tc, starts_count_no_one_who_may_be_passed);
	tcase_add_test(tc, parts_have_slots_and_pauses);
	tcase_add_test(tc, hopeless_in_a_part);
	tcase_add_test(tc, hopeless_returned_for_nothing);
	tcase_add_test(tc, hopeless_and_urgent_for_nothing);
	tcase_add_test(tc, hopeless_clients_for_nothing);
	tcase_add_test(tc, clients_take_turns);
	tcase_add_test(tc, only_the_first_verdict_counts);
	tcase_add_test(tc, learning_begins_half_open);
	tcase_add_test(tc, a_return_goes_first_and_pays_again);
	tcase_add_test(tc, a_return_that_cannot_be_in_time_keeps_its_slot);
	tcase_add_test(tc, a_return_has_a_deadline_of_its_own);
	tcase_add_test(tc, all_are_refilled);
	tcase_add_loop_test(tc, now_is_believed_once, 0, 2);
	tcase_add_test(tc, a_return_is_subject_to_recovery);
	tcase_add_test(tc, backoff_of_a_part);
	tcase_add_test(tc, shapes_host_and_part);
	tcase_add_test(tc, tells_whether_a_slot_is_wanted);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

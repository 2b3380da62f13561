/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_estimate.h"
#include "throttle/estimate_find.h"
#include "throttle/estimate_more.h"
#include "throttle/estimate_pace.h"
#include "throttle/estimate_probe.h"
#include "throttle/window.h"

/* What a host says is left, where limits are estimated. */

/* One goes and is answered; then the host says what is left. */
static bool
go_and_hear(uint64_t limit, uint64_t left, uint64_t until)
{
	struct estimate_room room = { limit, left, until, false };
	struct estimate_mark mark;

	estimate_tick(&e, now);
	estimate_take(&e, &mark, now, now);
	now += RTT;
	estimate_tick(&e, now);
	estimate_counted(&e, mark.sent, now);
	estimate_answered(&e, &mark, BUDGET_SUCCESS, now);
	return estimate_left(&e, &mark, &room, false, now);
}

START_TEST(no_more_than_are_left)
{
	struct estimate_mark marks[3];
	unsigned i;

	ck_assert(go_and_hear(3, 2, now + 5 * SEC));
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(estimate_due(&e, now), 0);
		estimate_take(&e, &marks[i], now, now);
	}
	ck_assert_uint_gt(estimate_due(&e, now), now + 4 * SEC);
	/* an answer that is older says more: it is not believed */
	now += RTT;
	estimate_counted(&e, marks[0].sent, now);
	estimate_answered(&e, &marks[0], BUDGET_SUCCESS, now);
	ck_assert(estimate_left(&e, &marks[0], &(struct estimate_room){
	    3, 3, now + 5 * SEC, false }, false, now));
	estimate_take(&e, &marks[2], now, now);
	ck_assert_uint_gt(estimate_due(&e, now), now + 4 * SEC);
}
END_TEST

/*
 * It is shut for long, and asked ever less often; but a time that it names is
 * believed, though not for ever.
 */
START_TEST(names_a_time_that_is_sooner)
{
	unsigned i, soon = 0;

	for (i = 0; i < 8; i++)
		go(BUDGET_SUCCESS);
	go(BUDGET_THROTTLED);
	now += 600 * SEC;
	for (i = 0; i < 40; i++) {
		go_when_due(BUDGET_THROTTLED);
		ck_assert_uint_gt(estimate_due(&e, now), now + 10 * SEC);
		estimate_named(&e, now + SEC);
		/* who was refused beside it does not make it sooner still */
		estimate_named(&e, now + MS);
		if (estimate_due(&e, now) == now + SEC)
			soon++;
	}
	ck_assert_uint_gt(soon, 2);
	ck_assert_uint_le(soon, 8);
	ck_assert_uint_gt(estimate_due(&e, now), now + 10 * SEC);
}
END_TEST

/*
 * A window that slides names a reset each time, and up to two seconds late: that
 * the next is later does not make it a bucket.
 */
START_TEST(slides_and_is_late)
{
	unsigned i;

	go_and_hear(80, 40, now + 4 * SEC);
	now += 2 * SEC + SEC / 2;
	for (i = 1; i <= 39; i++)
		go_and_hear(80, 40 - i, now + 5 * SEC + SEC / 2);
	ck_assert(!e.refills);
	ck_assert(!e.pace.on);
}
END_TEST

/*
 * All of it went here in this era; what is kept of the one before the host has
 * forgotten.  It is open again when the first of these is over, before the
 * reset that is told late.
 */
START_TEST(opens_by_the_first_of_the_era)
{
	uint64_t first;
	unsigned i;

	for (i = 1; i <= 8; i++)
		go_and_hear(8, 8 - i, now + 6 * SEC);
	now = estimate_due(&e, now);
	for (i = 1; i < 3; i++)
		go_and_hear(8, 8 - i, now + 6 * SEC);
	first = e.log.first;
	ck_assert_uint_eq(view().nlimits, 1);
	go_and_hear(8, 0, now + 7 * SEC + SEC / 2);
	estimate_tick(&e, now);
	ck_assert_int_eq(e.phase, ESTIMATE_SHUT);
	ck_assert_uint_ge(estimate_due(&e, now), first + 5 * SEC);
	ck_assert_uint_le(estimate_due(&e, now), first + 6 * SEC + RTT * 10);
}
END_TEST

START_TEST(what_is_of_no_use)
{
	struct estimate_mark old;

	ck_assert(!go_and_hear(0, 0, now + SEC));
	ck_assert(!go_and_hear(10, 0, now));
	ck_assert(!go_and_hear(1ULL << 40, 0, now + SEC));
	ck_assert_int_eq(e.phase, ESTIMATE_FREE);
	estimate_take(&e, &old, now, now);
	old.era++;
	ck_assert(estimate_left(&e, &old, &(struct estimate_room){ 10, 0,
	    now + SEC, false }, false, now));
	ck_assert_int_eq(e.phase, ESTIMATE_FREE);
}
END_TEST

/* Nothing is left: one asks when the host says, and all of it is a window. */
START_TEST(is_used_up)
{
	uint64_t until = now + 6 * SEC;
	unsigned i;

	for (i = 1; i < 8; i++)
		ck_assert(go_and_hear(8, 8 - i, until));
	ck_assert(go_and_hear(8, 0, until));
	ck_assert_int_eq(e.phase, ESTIMATE_SHUT);
	ck_assert_uint_eq(estimate_due(&e, now), until);
	ck_assert_uint_eq(e.refusals, 0);
	now = until;
	go(BUDGET_SUCCESS);
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_uint_eq(view().limits[0].n, 8);
	ck_assert_uint_eq(view().limits[0].period, 6 * SEC);
}
END_TEST

/* Others have used it: what went here is not all that it allows. */
START_TEST(others_use_it)
{
	uint64_t until = now + 6 * SEC;
	struct estimate_mark mark;

	go_and_hear(100, 90, until);
	/* a tenth of the hundred that are used went from here */
	go_and_hear(100, 80, until);
	ck_assert_uint_eq(estimate_due(&e, now), 0);
	ck_assert_uint_lt(e.room.left, 20);
	go_and_hear(100, 0, until);
	now = until;
	go(BUDGET_SUCCESS);
	ck_assert_uint_eq(view().limits[0].n, 100);
	/* and one may always ask */
	go_and_hear(100, 1, now + 6 * SEC);
	ck_assert_uint_eq(estimate_due(&e, now), 0);
	estimate_take(&e, &mark, now, now);
	ck_assert_uint_gt(estimate_due(&e, now), now);
}
END_TEST

/* What is used up is full again the later the more is used. */
START_TEST(is_a_bucket)
{
	uint64_t began = now;
	unsigned i;

	for (i = 1; i <= 80; i++)
		go_and_hear(80, 80 - i, began + (i * 75 + 999) / 1000 * SEC);
	ck_assert_int_eq(e.phase, ESTIMATE_FREE);
	ck_assert(e.pace.on && e.pace.told);
	ck_assert_uint_ge(e.pace.interval, 75 * MS - MS);
	ck_assert_uint_le(e.pace.interval, 77 * MS);
	/* that nothing is left is so all the time, then */
	now = estimate_start(&e, now);
	ck_assert(go_and_hear(80, 0, now + 6 * SEC));
	ck_assert_int_eq(e.phase, ESTIMATE_FREE);
	/* unless it is of something else */
	ck_assert(go_and_hear(80, 0, now + 60 * SEC));
	ck_assert_int_eq(e.phase, ESTIMATE_SHUT);
}
END_TEST

START_TEST(is_told_to_be_a_bucket)
{
	struct estimate_room room = { 10, 1, now + 9 * SEC, true };
	struct estimate_mark mark;
	unsigned i;

	for (i = 0; i < 9; i++) {
		estimate_take(&e, &mark, now, now);
		estimate_counted(&e, mark.sent, now);
		estimate_answered(&e, &mark, BUDGET_SUCCESS, now);
	}
	estimate_left(&e, &mark, &room, false, now);
	ck_assert(e.pace.on && e.pace.told);
	/* a refusal says that others use it, too: it is measured from then */
	now += SEC;
	estimate_pace_refused(&e.pace, now);
	ck_assert(!e.pace.told);
	ck_assert_uint_eq(e.pace.since, now);
}
END_TEST

/* It asks when the first of its own is over, where that is sooner. */
START_TEST(opens_before_the_reset)
{
	uint64_t first = now;

	estimate_told(&e, 20, 6 * SEC, now);
	go_and_hear(20, 10, now + 6 * SEC);
	now += 500 * MS;
	go_and_hear(20, 0, first + 7 * SEC);
	ck_assert_int_eq(e.phase, ESTIMATE_SHUT);
	ck_assert_uint_lt(e.next, first + 6 * SEC + 100 * MS);
	ck_assert_uint_ge(e.next, first + 6 * SEC);
}
END_TEST

START_TEST(frees_and_rounds)
{
	struct estimate_window w = { .n = 0 };
	struct window one;

	window_init(&one, 10, 255);
	window_tick(&one, 1000);
	ck_assert_uint_eq(window_frees_at(&one), UINT64_MAX);
	window_take(&one, 3);
	window_count(&one, 3, 1000);
	ck_assert_uint_eq(window_frees_at(&one), 1256);
	ck_assert_uint_eq(estimate_probe_below(SEC - 1), 750 * MS);
	ck_assert_uint_eq(estimate_probe_below(SEC), SEC);
	ck_assert_uint_eq(estimate_probe_below(MS), 0);
	estimate_window_set(&w, 5, 0, 6500 * MS, 0, now);
	estimate_window_try_round(&w, 400 * MS);
	ck_assert_uint_eq(w.hi, 6500 * MS);
	estimate_window_try_round(&w, SEC);
	ck_assert_uint_eq(w.hi, 6 * SEC);
	ck_assert_uint_eq(w.ok, 6500 * MS);
	ck_assert_uint_eq(estimate_window_frees_at(&w), ESTIMATE_NEVER);
}
END_TEST

/* The one that finds it open again tells what is left now, as any other. */
START_TEST(of_who_asks)
{
	uint64_t until = now + 6 * SEC;

	ck_assert(go_and_hear(8, 0, until));
	ck_assert_int_eq(e.phase, ESTIMATE_SHUT);
	now = until;
	/* others have used all but that one */
	until += 6 * SEC;
	ck_assert(go_and_hear(8, 0, until));
	ck_assert_int_eq(e.phase, ESTIMATE_SHUT);
	ck_assert_uint_ge(estimate_due(&e, now), until - SEC);
	ck_assert_uint_eq(e.refusals, 0);
}
END_TEST

/*
 * Nothing was ever refused, and so no pace counted, when a window turns out to be
 * none: it is counted by what went in this era, and not since the clock began.
 */
START_TEST(a_bucket_without_refusals)
{
	uint64_t until = now + 6 * SEC;
	unsigned i;

	ck_assert(go_and_hear(8, 0, until));
	now = until;
	for (i = 0; i < 4; i++) {
		go(BUDGET_SUCCESS);
		now += 10 * MS;
	}
	ck_assert_uint_eq(e.refusals, 0);
	estimate_find_bucket(&e, now);
	ck_assert(e.pace.on);
	ck_assert_uint_lt(e.pace.interval, 20 * MS);
}
END_TEST

/* But not where the host has just said when it counts anew. */
START_TEST(no_bucket_by_its_word)
{
	uint64_t until = now + 6 * SEC;

	ck_assert(go_and_hear(8, 0, until));
	now = until;
	ck_assert(go_and_hear(8, 7, now + 6 * SEC));
	estimate_find_bucket(&e, now);
	ck_assert(!e.pace.on);
	ck_assert_uint_eq(view().nlimits, 0);
}
END_TEST

/* A pace that was measured is not what lets go more than are left. */
START_TEST(a_pace_and_what_is_left)
{
	estimate_pace_begin(&e.pace, now);
	e.pace.went = 100;
	estimate_pace_refused(&e.pace, now + 10 * SEC);
	e.pace.on = true;
	now += 20 * SEC;
	ck_assert_uint_le(estimate_pace_due(&e.pace), now);
	estimate_pace_left(&e.pace, 5, now);
	ck_assert_uint_le(estimate_pace_due(&e.pace), now);
	estimate_pace_left(&e.pace, 0, now);
	ck_assert_uint_gt(estimate_pace_due(&e.pace), now);
	ck_assert_uint_le(estimate_pace_due(&e.pace), now + e.pace.interval);
}
END_TEST

/* What was found to be less than half is tried for more soon, whatever was. */
START_TEST(much_less_is_tried_for_more)
{
	struct estimate_window w = { .n = 0 };

	estimate_window_set(&w, 80, SEC, 2 * SEC, 0, now);
	estimate_more_tried(&w.more, false, false, now);
	estimate_window_set(&w, 60, SEC, 2 * SEC, 0, now);
	ck_assert(!estimate_more_due(&w.more, 50, 1, now));
	estimate_window_set(&w, 1, SEC, 2 * SEC, 0, now);
	ck_assert(estimate_more_due(&w.more, 50, 1, now));
}
END_TEST

static Suite *
estimate_told_suite(void)
{
	Suite *suite = suite_create("estimate_told");
	TCase *tc = tcase_create("estimate_told");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, of_who_asks);
	tcase_add_test(tc, a_bucket_without_refusals);
	tcase_add_test(tc, no_bucket_by_its_word);
	tcase_add_test(tc, a_pace_and_what_is_left);
	tcase_add_test(tc, much_less_is_tried_for_more);
	tcase_add_test(tc, no_more_than_are_left);
	tcase_add_test(tc, names_a_time_that_is_sooner);
	tcase_add_test(tc, slides_and_is_late);
	tcase_add_test(tc, opens_by_the_first_of_the_era);
	tcase_add_test(tc, what_is_of_no_use);
	tcase_add_test(tc, is_used_up);
	tcase_add_test(tc, others_use_it);
	tcase_add_test(tc, is_a_bucket);
	tcase_add_test(tc, is_told_to_be_a_bucket);
	tcase_add_test(tc, opens_before_the_reset);
	tcase_add_test(tc, frees_and_rounds);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_told_suite());
}

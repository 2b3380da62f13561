/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "check_estimate.h"
#include "throttle/estimate_log.h"

/*
 * Which kind of limit an estimate takes a host's to be, when another kind, or
 * none at all, explains better what it does.
 */

/* It admits so few before it refuses that it must be one by one. */
static void
one_bucket(void)
{
	succeed(3);
	shut_for(SEC);
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_BUCKET);
}

/* Used up again and again, of which the length is known. */
static void
proven_window(void)
{
	e.probes = false;
	one_window(8, 6 * SEC);
	e.windows[0].lo = 6 * SEC - 1;
	succeed(8 * 20 - 1);
}

/* A window that was kept for long is not to blame for minutes. */
START_TEST(a_window_outlives_an_outage)
{
	uint64_t hi, outage;

	proven_window();
	hi = e.windows[0].hi;
	shut_for(60 * SEC);
	is_window_of(8);
	ck_assert_uint_eq(e.windows[0].hi, hi);
	ck_assert_uint_eq(outage = e.outage, now);
	/* but soon again, it is the limit after all */
	succeed(20);
	shut_for(60 * SEC);
	ck_assert_uint_eq(e.outage, outage);
	ck_assert(view().nlimits != 1 || view().limits[0].n != 8 ||
	    e.windows[0].hi != hi);
}
END_TEST

/* Its host opens a little later each time: it is longer than it was taken. */
START_TEST(a_window_is_longer)
{
	proven_window();
	go_when_due(BUDGET_THROTTLED);
	go_when_due(BUDGET_SUCCESS);
	is_window_of(8);
	ck_assert_uint_gt(e.windows[0].hi, 6 * SEC + 100 * MS);
	ck_assert_uint_lt(e.windows[0].hi, 7 * SEC);
}
END_TEST

/* One more went by chance: what is refused then is that, and nothing else. */
START_TEST(more_is_taken_back)
{
	unsigned i;

	proven_window();
	e.probes = true;
	for (i = 0; i < 1000 && e.windows[0].before == 0; i++)
		go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_eq(view().limits[0].n, 9);
	for (i = 0; i < 10 && e.phase != ESTIMATE_SHUT; i++)
		go_when_due(BUDGET_THROTTLED);
	go_when_due(BUDGET_SUCCESS);
	is_window_of(8);
	ck_assert_uint_eq(e.windows[0].hi, 6 * SEC);
}
END_TEST

/* A longer one besides: all went that it allows, and it stays shut. */
START_TEST(a_longer_window_is_found)
{
	proven_window();
	go_when_due(BUDGET_THROTTLED);
	estimate_named(&e, now + 20 * SEC);
	go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_eq(e.outage, 0);
	ck_assert_uint_eq(view().nlimits, 2);
	ck_assert_uint_eq(view().limits[0].n, 8);
	ck_assert_uint_gt(view().limits[1].n, 8);
	ck_assert_uint_gt(view().limits[1].period, 6 * SEC);
}
END_TEST

/* A bucket that was refused often enough to be told. */
static void
told_bucket(void)
{
	unsigned i;

	one_bucket();
	for (i = 0; i < 4; i++) {
		succeed(10);
		go_when_due(BUDGET_THROTTLED);
		go_when_due(BUDGET_SUCCESS);
	}
	ck_assert(e.pace.on);
	ck_assert_uint_ge(e.pace.seen, 3);
}

/* Hardly used for days, then shut for a moment: nothing follows from all that. */
START_TEST(a_stall_is_no_longer_window)
{
	uint64_t interval;
	unsigned i;

	told_bucket();
	for (i = 0; i < 5000; i++) {
		now += 50 * SEC;
		go(BUDGET_SUCCESS);
	}
	interval = e.pace.interval;
	shut_for(30 * SEC);
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_BUCKET);
	ck_assert_uint_lt(e.pace.interval, 2 * interval);
	/* soon again it may be one, of what went since */
	succeed(10);
	shut_for(30 * SEC);
	ck_assert_uint_eq(view().nlimits, 2);
	ck_assert_uint_lt(view().limits[0].n, 20);
	ck_assert_uint_lt(view().limits[0].period, 120 * SEC);
}
END_TEST

/* What is shut for no longer than it would be is the bucket's, whatever is used. */
START_TEST(a_bucket_below_a_window_is_slowed)
{
	uint64_t interval, n;

	told_bucket();
	succeed(10);
	shut_for(30 * SEC);
	succeed(10);
	shut_for(30 * SEC);
	ck_assert_uint_eq(view().nlimits, 2);
	n = e.windows[1].n;
	interval = e.pace.interval;
	succeed((unsigned)n - 2);
	go_when_due(BUDGET_THROTTLED);
	go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_eq(e.windows[1].n, n);
	ck_assert_uint_gt(e.pace.interval, interval);
}
END_TEST

/*
 * A host that admits n in any window of w, or in each that begins at a multiple of
 * it, and clients that never rest.
 */

#define MOST	64	/* n, at most */

static struct {
	unsigned	 n;
	uint64_t	 w;		/* ns */
	uint64_t	 log[MOST];	/* ns: the last that went */
	unsigned	 at;
	bool		 fixed;
	uint64_t	 window;	/* which */
	unsigned	 count;		/* in it */
} origin;

static bool
origin_admits(void)
{
	uint64_t *oldest = &origin.log[(origin.at + MOST - origin.n) % MOST];

	if (origin.fixed) {
		if (origin.window != now / origin.w)
			origin.count = 0;
		origin.window = now / origin.w;
		return origin.count < origin.n && ++origin.count > 0;
	}
	if (*oldest != 0 && *oldest + origin.w > now)
		return false;
	origin.log[origin.at] = now;
	origin.at = (origin.at + 1) % MOST;
	return true;
}

/* So many are asked for, one after the other; returns how many it refused. */
static unsigned
ask_origin(unsigned n)
{
	unsigned refused = 0;
	uint64_t due;

	for (; n > 0; n--) {
		estimate_tick(&e, now);
		due = estimate_due(&e, now);
		ck_assert_uint_ne(due, ESTIMATE_NEVER);
		if (due > now)
			now = due;
		if (origin_admits()) {
			go(BUDGET_SUCCESS);
		} else {
			go(BUDGET_THROTTLED);
			refused++;
		}
	}
	return refused;
}

static void
begin_origin(unsigned n, uint64_t w)
{
	memset(&origin, 0, sizeof origin);
	origin.n = n;
	origin.w = w;
}

START_TEST(a_window_is_followed)
{
	unsigned i;

	begin_origin(8, 6 * SEC);
	ck_assert_uint_lt(ask_origin(100), 20);
	is_window_of(8);
	/* more is asked for after 20 and 40 times that it was used up, too */
	ck_assert_uint_eq(ask_origin(8 * 64), 2);
	ck_assert_uint_eq(ask_origin(8 * 200), 0);
	origin.n = 5;
	ck_assert_uint_lt(ask_origin(100), 40);
	is_window_of(5);
	ck_assert_uint_eq(ask_origin(100), 0);
	/* ... and then once in an hour at most */
	origin.n = 12;
	ck_assert_uint_eq(ask_origin(100), 0);
	is_window_of(5);
	for (i = 0; i < 3; i++) {
		now += HOUR;
		ck_assert_uint_le(ask_origin(100), 1);
		is_window_of(12);
	}
}
END_TEST

/* It has half as many in it, and is not taken for twice as long. */
START_TEST(a_fixed_window_is_lowered)
{
	begin_origin(32, 6 * SEC);
	origin.fixed = true;
	now += (uint64_t)_i * 700 * MS;
	ask_origin(32 * 50);
	is_window_of(32);
	origin.n = 16;
	ask_origin(16 * 20);
	ck_assert_uint_eq(view().limits[0].n, 16);
	ck_assert_uint_lt(view().limits[0].period, 7 * SEC);
	ck_assert_uint_le(ask_origin(16 * 100), 3);	/* questions */
}
END_TEST

/* What it was in the meantime says nothing of its pace. */
START_TEST(a_bucket_outlives_an_outage)
{
	uint64_t interval;

	one_bucket();
	succeed(100);
	go(BUDGET_THROTTLED);
	interval = e.pace.interval;
	shut_for(100 * interval);
	ck_assert_uint_eq(e.outage, now);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_BUCKET);
	ck_assert_uint_eq(e.pace.interval, interval);
	/* it is counted from then on */
	ck_assert_uint_eq(e.pace.since, now - RTT);
	ck_assert_uint_le(e.pace.went, 1);
	ck_assert_uint_gt(estimate_due(&e, now), now);
	ck_assert_uint_le(estimate_due(&e, now), now + 2 * interval);
}
END_TEST

/* So many at once, of which the host admits some, and answers these last. */
static void
abreast(unsigned n, unsigned admitted)
{
	struct estimate_mark marks[8];
	unsigned i;

	for (i = 0; i < n; i++) {
		estimate_tick(&e, now);
		ck_assert_uint_le(estimate_due(&e, now), now);
		estimate_take(&e, &marks[i], now, now);
	}
	now += RTT;
	for (i = admitted; i < n; i++) {
		estimate_dropped(&e);
		estimate_answered(&e, &marks[i], BUDGET_THROTTLED, now);
	}
	for (i = 0; i < admitted; i++) {
		estimate_counted(&e, marks[i].sent, now);
		estimate_answered(&e, &marks[i], BUDGET_SUCCESS, now);
	}
}

static void
is_slots_of(unsigned n)
{
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_SLOTS);
	ck_assert_uint_eq(view().limits[0].n, n);
}

static void
four_slots(void)
{
	abreast(6, 4);
	go_when_due(BUDGET_SUCCESS);
	is_slots_of(4);
}

/* Fewer are admitted; and then one alone is not: so it is no slots. */
START_TEST(slots_are_fewer_or_none)
{
	unsigned i;

	e.probes = false;
	four_slots();
	abreast(4, 3);
	go_when_due(BUDGET_SUCCESS);
	is_slots_of(3);
	for (i = 0; i < 8; i++)
		abreast(3, 3);
	go(BUDGET_THROTTLED);
	go_when_due(BUDGET_SUCCESS);
	ck_assert(e.slots.off);
	ck_assert(view().nlimits == 0 ||
	    view().limits[0].kind != ESTIMATE_SLOTS);
}
END_TEST

START_TEST(slots_outlive_an_outage)
{
	unsigned i;

	e.probes = false;
	four_slots();
	for (i = 0; i < 80; i++)
		abreast(4, 4);
	go(BUDGET_THROTTLED);
	if (_i)
		estimate_named(&e, now + 60 * SEC);
	shut_for(60 * SEC);
	ck_assert_uint_eq(e.outage, now);
	is_slots_of(4);
}
END_TEST

/* One more was tried, and it failed for another reason: it is tried again. */
START_TEST(what_failed_says_nothing_of_slots)
{
	struct estimate_mark marks[4], more;
	unsigned i, k;

	four_slots();
	for (k = 0; k < 2; k++) {
		for (i = 0; i < 20; i++)
			abreast(4, 4);
		for (i = 0; i < 4; i++)
			estimate_take(&e, &marks[i], now, now);
		/* not with all of them at once */
		ck_assert_uint_gt(estimate_due(&e, now), now);
		now = estimate_due(&e, now);
		estimate_take(&e, &more, now, now);
		ck_assert_int_eq(more.role, ESTIMATE_EXTRA);
		/* one at a time */
		ck_assert_uint_eq(estimate_due(&e, now), ESTIMATE_NEVER);
		for (i = 0; i < 5; i++)
			estimate_counted(&e, 0, now);
		estimate_answered(&e, &more, BUDGET_NEUTRAL, now);
		for (i = 0; i < 4; i++)
			estimate_answered(&e, &marks[i], BUDGET_SUCCESS, now);
		is_slots_of(4);
	}
}
END_TEST

/* Many went at its pace, and then it says that it is shut for long. */
START_TEST(a_bucket_becomes_a_window)
{
	one_bucket();
	succeed(20);
	go_when_due(BUDGET_THROTTLED);
	estimate_named(&e, now + SEC + 10 * e.pace.interval);
	go_when_due(BUDGET_SUCCESS);
	is_window_of(21);
}
END_TEST

/* It was raised again and again: what was before that is not counted. */
START_TEST(a_bucket_is_raised)
{
	uint64_t at, interval;
	unsigned i;

	one_bucket();
	succeed(2);
	shut_for(2 * SEC);
	interval = e.pace.interval;
	ck_assert_uint_gt(interval, 100 * MS);
	for (i = 0; i < 1000 && e.pace.raised < 4; i++)
		go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_lt(e.pace.interval, interval / 2);
	at = e.pace.raised_at;
	go_when_due(BUDGET_THROTTLED);
	ck_assert_uint_eq(e.pace.since, at);
	ck_assert_uint_lt(e.pace.interval, interval);
}
END_TEST

/* Three went at once: that is no pace. */
START_TEST(a_few_are_no_pace)
{
	one_bucket();
	ck_assert_uint_gt(e.pace.interval, 100 * MS);
}
END_TEST

/* Shut for an hour after that, it may have been so for something else. */
START_TEST(a_few_and_an_hour_are_no_pace)
{
	succeed(1);
	shut_for(3600 * SEC);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_BUCKET);
	ck_assert_uint_le(go_when_due(BUDGET_SUCCESS), 4 * SEC);
	ck_assert_uint_le(go_when_due(BUDGET_SUCCESS), 4 * SEC);
}
END_TEST

/* It is refused where it asks too soon, and that is measured, too. */
START_TEST(a_bucket_is_measured_by_each_refusal)
{
	uint32_t seen;

	one_bucket();
	succeed(20);
	seen = e.pace.seen;
	go_when_due(BUDGET_THROTTLED);
	ck_assert_uint_eq(e.pace.seen, seen + 1);
	go_when_due(BUDGET_THROTTLED);
	go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_eq(e.pace.seen, seen + 2);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_BUCKET);
}
END_TEST

START_TEST(a_window_that_opens_bit_by_bit)
{
	succeed(40);
	shut_for(2 * SEC);
	is_window_of(40);
	/* some went later than was thought, and are counted still: but a bucket
	   would have let ten go before, while it was shut */
	succeed(10);
	shut_for(100 * MS);
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_WINDOW);
}
END_TEST

/*
 * What was refused first ended at once, since the host began to count anew: how
 * long it takes is told by the next refusal.
 */
START_TEST(a_first_end_is_a_guess)
{
	one_window(40, 200 * MS);
	is_window_of(40);
	ck_assert_uint_lt(e.windows[0].hi, SEC);
	succeed(40);
	ck_assert(estimate_window_is_sure(&e.windows[0]));
	shut_for(6 * SEC);
	is_window_of(41);
	ck_assert_uint_gt(e.windows[0].hi, 6 * SEC);
}
END_TEST

/* ... or by one that comes as soon as all of it has gone once. */
START_TEST(a_first_end_is_a_guess_once)
{
	e.probes = false;
	succeed(10);
	now += 2500 * MS;
	succeed(30);
	shut_for(500 * MS);
	is_window_of(40);
	succeed(39);
	ck_assert(estimate_window_is_sure(&e.windows[0]));
	succeed(2);
	shut_for(1500 * MS);
	is_window_of(42);
	ck_assert_uint_gt(e.windows[0].hi, 4 * SEC);
}
END_TEST

/* It opens ever sooner than it said: one by one, then. */
START_TEST(a_window_becomes_a_bucket)
{
	unsigned i;

	for (i = 0; i < 8; i++)
		go(BUDGET_SUCCESS);
	go(BUDGET_THROTTLED);
	estimate_named(&e, now + 6 * SEC);
	go_when_due(BUDGET_SUCCESS);
	is_window_of(8);
	for (i = 0; i < 1000 && !e.pace.on; i++)
		go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_BUCKET);
}
END_TEST

static Suite *
estimate_find_suite(void)
{
	Suite *suite = suite_create("estimate_find");
	TCase *tc = tcase_create("kinds");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_window_outlives_an_outage);
	tcase_add_test(tc, a_longer_window_is_found);
	tcase_add_test(tc, a_stall_is_no_longer_window);
	tcase_add_test(tc, a_bucket_below_a_window_is_slowed);
	tcase_add_test(tc, a_window_is_longer);
	tcase_add_test(tc, more_is_taken_back);
	tcase_add_test(tc, a_window_is_followed);
	tcase_add_loop_test(tc, a_fixed_window_is_lowered, 0, 8);
	tcase_add_test(tc, a_bucket_outlives_an_outage);
	tcase_add_test(tc, slots_are_fewer_or_none);
	tcase_add_loop_test(tc, slots_outlive_an_outage, 0, 2);
	tcase_add_test(tc, what_failed_says_nothing_of_slots);
	tcase_add_test(tc, a_bucket_becomes_a_window);
	tcase_add_test(tc, a_bucket_is_raised);
	tcase_add_test(tc, a_few_are_no_pace);
	tcase_add_test(tc, a_few_and_an_hour_are_no_pace);
	tcase_add_test(tc, a_bucket_is_measured_by_each_refusal);
	tcase_add_test(tc, a_window_that_opens_bit_by_bit);
	tcase_add_test(tc, a_first_end_is_a_guess);
	tcase_add_test(tc, a_first_end_is_a_guess_once);
	tcase_add_test(tc, a_window_becomes_a_bucket);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_find_suite());
}

/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_estimate.h"
#include "throttle/estimate_log.h"
#include "throttle/estimate_save.h"
#include "throttle/estimate_share.h"
#include "throttle/throttle.h"
#include "throttle/throttle_estimate.h"

/* What is learned outlives processes, and reloads. */

#define BOOT	(400 * 24 * HOUR)	/* LOOP_EPOCH, of the caller */

static char	 text[ESTIMATE_SAVED];

/* As after a restart that took so long (ns). */
static void
restart(uint64_t gone)
{
	estimate_tick(&e, now);
	estimate_save(text, &e, now);
	estimate_clear(&e);
	estimate_init(&e, true);
	now += gone;
	ck_assert(estimate_load(&e, text, gone, now));
	estimate_tick(&e, now);
}

/* When its window has room again (ns). */
static uint64_t
room_at(void)
{
	return window_due(&e.windows[0].window, U);
}

static void
find_bucket(void)
{
	unsigned i;

	/* three go, and then one each 100 ms */
	for (i = 0; i < 3; i++)
		go(BUDGET_SUCCESS);
	for (i = 0; i < 5; i++) {
		go_when_due(BUDGET_THROTTLED);
		now += 100 * MS;
		go_when_due(BUDGET_SUCCESS);
	}
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_BUCKET);
}

START_TEST(nothing)
{
	ck_assert(estimate_is_new(&e));
	restart(SEC);
	ck_assert(estimate_is_new(&e));
	ck_assert_ptr_null(e.windows);
	ck_assert_uint_eq(estimate_due(&e, now), 0);
}
END_TEST

START_TEST(a_window)
{
	uint64_t full, refusals;
	unsigned i;

	one_window(8, 6 * SEC);
	refusals = view().refusals;
	for (i = 1; i < 8; i++)
		go_when_due(BUDGET_SUCCESS);
	estimate_tick(&e, now);
	full = now + 6 * SEC;
	restart(2 * SEC);
	ck_assert(!estimate_is_new(&e));
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_uint_eq(view().limits[0].n, 8);
	ck_assert_uint_eq(view().limits[0].period, 6 * SEC);
	ck_assert_uint_eq(view().refusals, refusals);
	/* what was used is used, as long as before */
	ck_assert_uint_ge(room_at(), full - RTT * 16);
	ck_assert_uint_le(room_at(), full + 6 * SEC / 32);
	restart(10 * SEC);
	for (i = 0; i < 8; i++)
		ck_assert_uint_eq(go_when_due(BUDGET_SUCCESS), 0);
}
END_TEST

START_TEST(on_their_way)
{
	struct estimate_mark mark;
	unsigned i;

	one_window(8, 6 * SEC);
	estimate_tick(&e, now);
	for (i = 1; i < 8; i++)
		estimate_take(&e, &mark, now, now);
	restart(0);
	/* the host has counted it, for all that is known */
	ck_assert_uint_eq(e.uncounted, 0);
	ck_assert_uint_gt(room_at(), now + 5 * SEC);
}
END_TEST

START_TEST(a_bucket)
{
	uint64_t due, interval;

	find_bucket();
	due = estimate_due(&e, now);
	interval = e.pace.interval;
	restart(0);
	ck_assert_uint_eq(e.pace.interval, interval);
	ck_assert_uint_ge(estimate_due(&e, now), due);
	ck_assert_uint_le(estimate_due(&e, now), due + interval / 16);
	restart(3600 * SEC);
	ck_assert_uint_le(estimate_due(&e, now), now);
	ck_assert_uint_eq(e.pace.interval, interval);
}
END_TEST

START_TEST(slots_of_it)
{
	estimate_told(&e, 0, 0, now);
	e.phase = ESTIMATE_OPEN;
	e.slots.n = 4;
	e.slots.seen = 77;
	restart(SEC);
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_SLOTS);
	ck_assert_uint_eq(view().limits[0].n, 4);
	ck_assert_uint_eq(view().limits[0].seen, 77);
}
END_TEST

START_TEST(while_it_is_shut)
{
	unsigned i;

	for (i = 0; i < 8; i++)
		go(BUDGET_SUCCESS);
	go(BUDGET_THROTTLED);
	estimate_named(&e, now + 7 * SEC);
	restart(3 * SEC);
	ck_assert_uint_eq(estimate_due(&e, now), now + 4 * SEC);
	go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_eq(view().limits[0].n, 8);
	ck_assert_uint_gt(view().limits[0].period, 6900 * MS);
	ck_assert_uint_lt(view().limits[0].period, 7100 * MS);
}
END_TEST

/* What is written again is the same, but for the pieces of what is held. */
START_TEST(twice)
{
	static char again[ESTIMATE_SAVED];

	find_bucket();
	restart(0);
	estimate_save(again, &e, now);
	ck_assert_str_eq(again, text);
}
END_TEST

/* Nothing of it crashes, and what is refused changes nothing. */
START_TEST(damage)
{
	static const char with[] = { ' ', ',', '=', '0', '9', 'x', '\0' };
	static char before[ESTIMATE_SAVED], after[ESTIMATE_SAVED];
	struct estimate other;
	size_t i, k, n;
	char was;

	one_window(8, 6 * SEC);
	estimate_tick(&e, now);
	estimate_save(text, &e, now);
	n = strlen(text);
	estimate_init(&other, true);
	estimate_save(before, &other, now);
	for (i = 0; i < n; i++)
		for (k = 0; k < sizeof with; k++) {
			was = text[i];
			text[i] = with[k];
			if (!estimate_load(&other, text, SEC, now)) {
				estimate_save(after, &other, now);
				ck_assert_str_eq(before, after);
			} else {
				estimate_tick(&other, now);
				estimate_due(&other, now);
				estimate_clear(&other);
				estimate_init(&other, true);
			}
			text[i] = was;
		}
	estimate_clear(&other);
}
END_TEST

static const char *const wrong[] = {
	"",
	"x=1",
	"estimate=3",		/* no such phase */
	"estimate=",
	"estimate=1,",
	"estimate=1,4294967296",
	"estimate=1,99999999999999999999999",
	"estimate=2 pace=1",	/* no pace */
	/* nothing holds that much */
	"estimate=2,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1099511627777",
	"estimate=2 window=0",
	"estimate=2 window=5,9,5,5",
	"estimate=2 window=5,1,9,8",
	"estimate=2 window=5,1,34560000000000001,34560000000000001",
	/* more than can be was in it */
	"estimate=2 window=5,1,9,9,0,9,0,0,0,0,0,0,0,0,0,2,1,0,4294967296",
	"estimate=2 held=0,5",	/* of no window */
	"estimate=2 era=0,0",
};

START_TEST(refuses)
{
	ck_assert(!estimate_load(&e, wrong[_i], 0, now));
	ck_assert(estimate_is_new(&e));
}
END_TEST

/* A later version's words and numbers are passed over. */
START_TEST(of_a_later_version)
{
	ck_assert(estimate_load(&e, "estimate=2,7,4 more=1,x slots=4,0,0 z",
	    0, now));
	ck_assert_uint_eq(view().limits[0].n, 4);
	ck_assert(estimate_load(&e, "estimate=2,7,4,0,0,0,0,0,0,0,0,0,0,0,0,0,"
	    "0,0,0,0,5,0,5", 0, now));
}
END_TEST

/* What others took of a window is known again, whatever that was. */
START_TEST(what_others_took)
{
	one_window(8, 6 * SEC);
	e.windows[0].top = 20;
	restart(SEC);
	ck_assert_uint_eq(e.windows[0].n, 8);
	ck_assert_uint_eq(e.windows[0].top, 20);
	ck_assert(estimate_load(&e, "estimate=2 window=5,1,9,9,0,9,0,0,0,0,0,"
	    "0,0,0,0,2,1,0,4294967295", 0, now));
	ck_assert_uint_eq(view().limits[0].n, 5);
}
END_TEST

/* Whatever is said to have been on its way, a window later there is room. */
START_TEST(more_than_it_holds)
{
	ck_assert(estimate_load(&e, "estimate=2 window=8,4990000000,6000000000,"
	    "6000000000 held=0,1059998", SEC, now));
	ck_assert_uint_gt(room_at(), now);
	ck_assert_uint_le(room_at(), now + 7 * SEC);
	estimate_clear(&e);
	estimate_init(&e, true);
}
END_TEST

/* The same of a bucket: it is empty, but owes nothing. */
START_TEST(more_than_is_in_it)
{
	ck_assert(estimate_load(&e, "estimate=2 pace=1,0,0,0,0,1,0,0,0,"
	    "9000000000,8,0,0,0,0,0,1059998000000", SEC, now));
	ck_assert_uint_gt(estimate_due(&e, now), now);
	ck_assert_uint_le(estimate_due(&e, now), now + 9 * SEC);
	estimate_clear(&e);
	estimate_init(&e, true);
}
END_TEST

/* The window has not had its first slots yet, which are few. */
START_TEST(in_the_first_slots)
{
	uint64_t first;
	unsigned i;

	for (now = 10 * SEC; now <= 110 * SEC; now += 10 * SEC) {
		estimate_told(&e, 50, HOUR, now);
		first = now;
		for (i = 0; i < 50; i++)
			go(BUDGET_SUCCESS);
		restart(SEC);
		ck_assert_uint_ge(room_at(), first + HOUR);
		ck_assert_uint_le(room_at(), now + HOUR + HOUR / 32);
		now = first;
		estimate_clear(&e);
		estimate_init(&e, true);
	}
}
END_TEST

/* Nobody writes that; what is kept of it can be read the next time all the same. */
START_TEST(an_era_twice)
{
	size_t len;

	one_window(8, 6 * SEC);
	succeed(3);
	estimate_tick(&e, now);
	estimate_save(text, &e, now);
	len = strlen(text);
	snprintf(text + len, sizeof text - len, " era=0,1000000,0");
	ck_assert(estimate_load(&e, text, 0, now));
	ck_assert_uint_eq(e.log.total, 0);
	estimate_save(text, &e, now);
	ck_assert(estimate_load(&e, text, 0, now));
}
END_TEST

/* As loop_now() just after a boot: what a pace is measured by is all there. */
START_TEST(a_pace_after_a_boot)
{
	uint64_t interval;
	unsigned i;

	find_bucket();
	for (i = 0; i < 50; i++) {
		now += SEC;
		go_when_due(BUDGET_SUCCESS);
	}
	now += SEC;
	estimate_tick(&e, now);
	estimate_save(text, &e, now);
	go(BUDGET_THROTTLED);
	interval = e.pace.interval;
	now = BOOT + SEC;
	ck_assert(estimate_load(&e, text, 0, now));
	go(BUDGET_THROTTLED);
	ck_assert_uint_eq(e.pace.interval, interval);
}
END_TEST

/* After a boot the clock is young. */
START_TEST(a_young_clock)
{
	one_window(8, 6 * SEC);
	estimate_tick(&e, now);
	estimate_save(text, &e, now);
	now = SEC;
	ck_assert(estimate_load(&e, text, 3600 * SEC, now));
	estimate_tick(&e, now);
	ck_assert_uint_eq(view().limits[0].n, 8);
	ck_assert_uint_eq(go_when_due(BUDGET_SUCCESS), 0);
}
END_TEST

/* Reloads */

static struct throttle *
new_throttle(struct throttle_limits *l)
{
	struct throttle *t;

	*l = (struct throttle_limits){ .queue_length = 10, .estimates = true,
	    .probes = true };
	t = throttle_new(l);
	ck_assert_ptr_nonnull(t);
	return t;
}

static struct estimate_view
view_of(const struct throttle *t)
{
	struct estimate_view v;

	estimate_view(throttle_estimated(t), &v);
	return v;
}

START_TEST(a_reload_forgets_nothing)
{
	struct throttle_limits l;
	struct throttle *t = new_throttle(&l), *to = new_throttle(&l);
	struct throttle_waiter w = { .held = false };
	struct throttle_request q = { .cost = THROTTLE_UNIT, .deadline = THROTTLE_NEVER,
		.weight = FAIR_WEIGHT, .part = THROTTLE_WHOLE };
	struct throttle_report r;

	throttle_estimate_told(t, 5, 10 * SEC, now);
	ck_assert_int_eq(throttle_ask(t, &w, &q, now, &r), THROTTLE_GO);
	/* other limits, for the same host */
	l.queue_length = 20;
	ck_assert(throttle_limit(t, &l, NULL, now));
	ck_assert_uint_eq(view_of(t).limits[0].n, 5);
	/* another one, to which all that is on its way moves */
	throttle_inherit(to, t, NULL, now);
	throttle_release(t, &w, now);
	throttle_hold(to, &w, NULL, now);
	ck_assert_uint_eq(view_of(to).limits[0].n, 5);
	ck_assert_uint_eq(throttle_estimated(to)->flying, 1);
	ck_assert_uint_eq(throttle_estimated(to)->windows[0].window.flying,
	    ESTIMATE_UNIT);
	/* what one has learned itself it keeps */
	throttle_estimate_told(t, 6, 10 * SEC, now);
	throttle_inherit(to, t, NULL, now);
	ck_assert_uint_eq(view_of(to).limits[0].n, 5);
	throttle_release(to, &w, now);
	throttle_free(t);
	throttle_free(to);
}
END_TEST

START_TEST(by_a_throttle)
{
	struct throttle_limits l;
	struct throttle *t = new_throttle(&l), *to = new_throttle(&l);

	ck_assert_ptr_null(throttle_estimate_save(t, text, now));
	throttle_estimate_told(t, 5, 10 * SEC, now);
	ck_assert_ptr_nonnull(throttle_estimate_save(t, text, now));
	ck_assert(throttle_estimate_load(to, text, SEC, now + SEC));
	ck_assert_uint_eq(view_of(to).limits[0].n, 5);
	ck_assert(!throttle_estimate_load(to, "estimate", SEC, now + SEC));
	/* a rule that has nothing learned any more */
	l.estimates = false;
	ck_assert(throttle_limit(to, &l, NULL, now + SEC));
	ck_assert(throttle_estimate_load(to, text, SEC, now + SEC));
	ck_assert_ptr_null(throttle_estimate_save(to, text, now + SEC));
	throttle_free(t);
	throttle_free(to);
}
END_TEST

/* A slow host admits others while it refuses one that was sent before them. */
START_TEST(others_until_it_was_refused)
{
	struct estimate_mark mark, refused;
	uint64_t begun, sent = now;

	estimate_take(&e, &mark, now, now);
	estimate_take(&e, &refused, now, now);
	now += 90 * MS;
	estimate_answered(&e, &mark, BUDGET_SUCCESS, now);
	now += 10 * MS;
	estimate_answered(&e, &refused, BUDGET_THROTTLED, now);
	estimate_share_begin(&e, now);
	now += 50 * MS;
	estimate_share_merge(&e, 79, 0, 130 * MS, now);
	begun = estimate_log_begun(&e.log, 0);
	ck_assert_uint_gt(begun, sent);
	ck_assert_uint_le(begun, sent + 30 * MS);
	ck_assert_uint_eq(e.log.total, 80);
	ck_assert_uint_le(e.log.slots[0], 79 / 16 + 1);
}
END_TEST

static Suite *
estimate_save_suite(void)
{
	Suite *suite = suite_create("estimate_save");
	TCase *tc = tcase_create("estimate_save");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, a_window);
	tcase_add_test(tc, on_their_way);
	tcase_add_test(tc, a_bucket);
	tcase_add_test(tc, slots_of_it);
	tcase_add_test(tc, while_it_is_shut);
	tcase_add_test(tc, twice);
	tcase_add_test(tc, damage);
	tcase_add_test(tc, an_era_twice);
	ROWS(tc, refuses, wrong);
	tcase_add_test(tc, of_a_later_version);
	tcase_add_test(tc, what_others_took);
	tcase_add_test(tc, more_than_it_holds);
	tcase_add_test(tc, more_than_is_in_it);
	tcase_add_test(tc, in_the_first_slots);
	tcase_add_test(tc, a_pace_after_a_boot);
	tcase_add_test(tc, a_young_clock);
	tcase_add_test(tc, others_until_it_was_refused);
	tcase_add_test(tc, a_reload_forgets_nothing);
	tcase_add_test(tc, by_a_throttle);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_save_suite());
}

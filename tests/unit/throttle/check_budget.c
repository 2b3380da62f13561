/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_budget.h"
#include "check_run.h"

/*
 * The promises of budget.h beyond plain rates, which the throttle's tests keep:
 * recovery, backoff, shape, and what passes from one budget to another.
 */

/* Recovery */

/* Round trips, each with all that is allowed, until the window is gone. */
static void
recovers(struct budget b, unsigned full)
{
	unsigned n, expected = 1;

	budget_pause(&b, SEC, 0);
	ck_assert(!budget_allows(&b, U, SEC - 1));
	while (expected < full) {
		n = take_all(&b, SEC);
		ck_assert_uint_eq(n, expected);
		ck_assert_uint_eq(b.window, expected);
		all_done(&b, n, BUDGET_SUCCESS);
		expected *= 2;
	}
	ck_assert_uint_eq(b.window, 0);
	ck_assert_uint_eq(b.inflight, 0);
	ck_assert_uint_eq(b.pending, 0);
}

START_TEST(doubles_until_the_limits_hold)
{
	struct budget_limits l = { .nrates = 2 };
	struct budget b = new_budget(0, 32);

	recovers(b, 32);
	recovers(new_budget(0, 2), 2);
	recovers(new_budget(0, 0), BUDGET_RECOVERY);
	recovers(new_budget(0, 5000), BUDGET_RECOVERY);
	/* Of several bursts the largest. */
	l.rates[0] = (struct gcra_rate){ 1000 * U, SEC, 1000 * U, false };
	l.rates[1] = (struct gcra_rate){ 2000 * U, SEC, 64 * U, false };
	l.rates[0].burst = 128 * U + U / 2;
	budget_init(&b, &l, false, NULL);
	budget_pause(&b, 1, 0);
	b.window = 126;
	take(&b, SEC);
	all_done(&b, 1, BUDGET_SUCCESS);
	ck_assert_uint_eq(b.window, 127);
	take(&b, SEC);
	all_done(&b, 1, BUDGET_SUCCESS);
	ck_assert_uint_eq(b.window, 0);
}
END_TEST

START_TEST(one_success_is_enough_for_one_slot)
{
	struct budget b = new_budget(0, 1);

	budget_pause(&b, SEC, 0);
	take(&b, SEC);
	ck_assert_uint_eq(b.window, 1);
	all_done(&b, 1, BUDGET_SUCCESS);
	ck_assert_uint_eq(b.window, 0);
	/* A burst below one unit is as one. */
	b = new_budget(1, 0);
	b.rates[0].limit.burst = U / 2;
	budget_pause(&b, SEC, 0);
	take(&b, SEC);
	all_done(&b, 1, BUDGET_SUCCESS);
	ck_assert_uint_eq(b.window, 0);
}
END_TEST

START_TEST(places_are_held_until_the_verdict)
{
	struct budget b = new_budget(0, 10);
	uint32_t epoch;

	budget_pause(&b, SEC, 0);
	epoch = take(&b, SEC);
	ck_assert(!budget_room(&b));
	/* The verdict makes room for two, though the slot is still held. */
	budget_verdict(&b, epoch, BUDGET_SUCCESS, SEC);
	ck_assert_uint_eq(take_all(&b, SEC), 2);
	ck_assert_uint_eq(b.inflight, 3);
	/* Neither of these grows the window; both free their place. */
	done(&b, epoch, BUDGET_NEUTRAL);
	done(&b, epoch, BUDGET_THROTTLED);
	ck_assert_uint_eq(b.window, 2);
	ck_assert_uint_eq(take_all(&b, SEC), 2);
}
END_TEST

START_TEST(earlier_epochs_say_nothing)
{
	struct budget b = new_budget(0, 10);
	uint32_t first, probe;
	int i;

	first = take(&b, 0);
	for (i = 0; i < 5; i++)
		take(&b, 0);
	budget_pause(&b, SEC, 0);
	done(&b, first, BUDGET_SUCCESS);
	ck_assert_uint_eq(b.window, 1);
	/* Nor do they take the places of the new one. */
	probe = take(&b, SEC);
	ck_assert(!budget_room(&b));
	done(&b, first, BUDGET_SUCCESS);
	done(&b, first, BUDGET_NEUTRAL);
	done(&b, first, BUDGET_THROTTLED);
	ck_assert_uint_eq(b.window, 1);
	ck_assert(!budget_room(&b));
	done(&b, probe, BUDGET_SUCCESS);
	ck_assert_uint_eq(b.window, 2);
	ck_assert_uint_eq(b.pending, 2);
}
END_TEST

START_TEST(a_longer_pause_is_the_same)
{
	struct budget b = new_budget(0, 10);
	uint32_t epoch;

	ck_assert(budget_pause(&b, 5 * SEC, SEC));
	epoch = b.epoch;
	ck_assert(!budget_pause(&b, 4 * SEC, 2 * SEC));
	ck_assert(budget_pause(&b, 6 * SEC, 2 * SEC));
	ck_assert_uint_eq(b.epoch, epoch);
	/* One after its end is another, though it was never used. */
	ck_assert(budget_pause(&b, 9 * SEC, 6 * SEC));
	ck_assert_uint_ne(b.epoch, epoch);
	ck_assert_uint_eq(b.window, 1);
}
END_TEST

START_TEST(a_pause_while_half_open_begins_anew)
{
	struct budget b = new_budget(0, 10);
	unsigned n;

	budget_pause(&b, SEC, 0);
	n = take_all(&b, SEC);
	all_done(&b, n, BUDGET_SUCCESS);
	n = take_all(&b, SEC);
	ck_assert_uint_eq(n, 2);
	done(&b, b.epoch, BUDGET_THROTTLED);
	budget_pause(&b, 2 * SEC, SEC);
	ck_assert_uint_eq(take_all(&b, 2 * SEC), 1);
}
END_TEST

START_TEST(resume_makes_whole)
{
	struct budget b = new_budget(0, 10);

	budget_pause(&b, SEC, 0);
	budget_resume(&b);
	ck_assert_uint_eq(b.window, 0);
	ck_assert_uint_eq(take_all(&b, 1), 10);
	all_done(&b, 10, BUDGET_SUCCESS);
	budget_pause(&b, 2 * SEC, SEC);
	take(&b, 2 * SEC);
	budget_resume(&b);
	ck_assert_uint_eq(take_all(&b, 2 * SEC), 9);
	all_done(&b, 10, BUDGET_NEUTRAL);
	ck_assert(budget_idle(&b, 2 * SEC));
}
END_TEST

/* Shape */

START_TEST(shape_spreads_what_is_left)
{
	struct budget b = new_budget(0, 0);
	uint32_t epoch = take(&b, 10 * SEC);
	int i;

	done(&b, epoch, BUDGET_SUCCESS);
	budget_shape(&b, 9, 110 * SEC, 11 * SEC);
	/* Nine between the last one and the reset: every ten seconds. */
	for (i = 1; i <= 9; i++) {
		ck_assert_uint_eq(budget_due(&b, U), (10 + 10 *
		    (unsigned)i) * SEC);
		ck_assert(!budget_allows(&b, U, (10 + 10 * (unsigned)i) *
		    SEC - 1));
		done(&b, take(&b, (10 + 10 * (unsigned)i) * SEC),
		    BUDGET_SUCCESS);
	}
	ck_assert_uint_eq(budget_due(&b, U), 110 * SEC);
	ck_assert_uint_eq(budget_start(&b, 0, U, 0, 105 * SEC).what,
	    BUDGET_SHORT_SHAPE);
	/* At the reset a probe asks what the host allows now. */
	ck_assert(!budget_tick(&b, 110 * SEC - 1));
	ck_assert(budget_tick(&b, 110 * SEC));
	ck_assert_uint_ne(b.epoch, epoch);
	ck_assert_uint_eq(take_all(&b, 110 * SEC), 1);
}
END_TEST

/* Whatever is left, the next one need not wait longer. */
START_TEST(shape_is_shortened)
{
	struct budget b;

	budget_init(&b, &(struct budget_limits){ 0 }, false, NULL);
	budget_shape(&b, (uint64_t)_i, 1000 * SEC, SEC);
	ck_assert(!budget_shorten(&b, 1000 * SEC, SEC));
	ck_assert(budget_shorten(&b, 3 * SEC, SEC));
	ck_assert_uint_le(budget_due(&b, U), 4 * SEC);
	ck_assert_uint_ge(budget_due(&b, U), 3 * SEC);
	ck_assert(!budget_shorten(&b, 3 * SEC, SEC));
	budget_take(&b, U, 4 * SEC, 4 * SEC);
	budget_shorten(&b, 0, 4 * SEC);
	ck_assert_uint_le(budget_due(&b, U), 4 * SEC);
}
END_TEST

START_TEST(shape_makes_up_for_what_went_unused)
{
	struct budget b = new_budget(0, 0);

	done(&b, take(&b, 0), BUDGET_SUCCESS);
	budget_shape(&b, 9, 100 * SEC, 0);
	/* Nobody came for 60 s: the nine have 40 s left. */
	done(&b, take(&b, 60 * SEC), BUDGET_SUCCESS);
	ck_assert_uint_eq(budget_due(&b, U), 60 * SEC + 40 * SEC / 9 + 1);
}
END_TEST

START_TEST(shape_with_nothing_left)
{
	struct budget b = new_budget(0, 0);

	done(&b, take(&b, 0), BUDGET_SUCCESS);
	budget_shape(&b, 0, 100 * SEC, SEC);
	ck_assert_uint_eq(budget_due(&b, U), 100 * SEC);
	/* A reset that is over says nothing of what is left. */
	budget_shape(&b, 5, 2 * SEC, 2 * SEC);
	ck_assert_uint_eq(b.shape_until, 0);
	ck_assert_uint_eq(take_all(&b, 2 * SEC), 1);
	budget_shape(&b, 5, 2 * SEC, 2 * SEC);
	ck_assert_uint_eq(b.window, 1);
	ck_assert(!budget_room(&b));
}
END_TEST

START_TEST(shape_takes_off_what_is_on_its_way)
{
	struct budget b = new_budget(0, 0);
	uint32_t epoch = take(&b, 0);

	ck_assert_uint_eq(take_all(&b, 0), 5000);
	ck_assert_uint_eq(b.pending, 5001);
	all_done(&b, 4997, BUDGET_SUCCESS);
	/* The answer is one of five; four are on their way. */
	done(&b, epoch, BUDGET_SUCCESS);
	ck_assert_uint_eq(b.pending, 3);
	budget_shape(&b, 3, 100 * SEC, 0);
	ck_assert_uint_eq(budget_due(&b, U), 100 * SEC);
	/* One that did not get there is given back; one that did, is not. */
	done(&b, epoch, BUDGET_NEUTRAL);
	ck_assert_uint_eq(budget_due(&b, U), 50 * SEC);
	done(&b, epoch, BUDGET_SUCCESS);
	ck_assert_uint_eq(budget_due(&b, U), 50 * SEC);
	/* More on their way than are left: all must fail to get one. */
	take(&b, 50 * SEC);
	budget_shape(&b, 1, 100 * SEC, 50 * SEC);
	done(&b, epoch, BUDGET_NEUTRAL);
	ck_assert_uint_eq(budget_due(&b, U), 100 * SEC);
	done(&b, epoch, BUDGET_NEUTRAL);
	ck_assert_uint_eq(budget_due(&b, U), 75 * SEC);
}
END_TEST

START_TEST(latest_report_counts)
{
	struct budget b = new_budget(0, 0);

	done(&b, take(&b, 0), BUDGET_SUCCESS);
	budget_shape(&b, 9, 100 * SEC, 0);
	ck_assert_uint_eq(budget_due(&b, U), 10 * SEC);
	budget_shape(&b, 19, 100 * SEC, 0);
	ck_assert_uint_eq(budget_due(&b, U), 5 * SEC);
	budget_shape(&b, 4, 50 * SEC, 0);
	ck_assert_uint_eq(budget_due(&b, U), 10 * SEC);
	budget_shape(&b, UINT64_MAX, NEVER, 0);
	ck_assert_uint_le(budget_due(&b, U), 3);
}
END_TEST

START_TEST(shape_is_never_above_the_limits)
{
	struct budget b = new_budget(1, 0);

	done(&b, take(&b, 0), BUDGET_SUCCESS);
	budget_shape(&b, 1000000, 100 * SEC, 0);
	ck_assert_uint_eq(budget_due(&b, U), SEC);
	ck_assert_uint_eq(budget_start(&b, U, U, 0, 0).at, 2 * SEC);
	budget_pause(&b, 3 * SEC, 0);
	ck_assert_uint_eq(budget_due(&b, U), 3 * SEC);
}
END_TEST

/* Starts, and what is short */

static void
is_short(const struct budget *b, enum budget_short what, uint64_t at)
{
	struct budget_start s = budget_start(b, 0, U, 0, SEC);

	ck_assert_int_eq(s.what, what);
	ck_assert_uint_eq(s.at, at);
}

START_TEST(says_what_is_short)
{
	struct budget b = new_budget(1, 2);

	is_short(&b, BUDGET_SHORT_NONE, SEC);
	take(&b, SEC);
	is_short(&b, BUDGET_SHORT_RATE, 2 * SEC);
	budget_shape(&b, 1, 7 * SEC, SEC);
	is_short(&b, BUDGET_SHORT_SHAPE, 7 * SEC);
	budget_pause(&b, 8 * SEC, SEC);
	is_short(&b, BUDGET_SHORT_PAUSE, 8 * SEC);
	b = new_budget(0, 1);
	take(&b, SEC);
	is_short(&b, BUDGET_SHORT_CONCURRENCY, SEC);
	b = new_budget(0, 2);
	budget_pause(&b, SEC, 0);
	take(&b, SEC);
	is_short(&b, BUDGET_SHORT_RECOVERY, SEC);
}
END_TEST

START_TEST(inherits_how_things_stand)
{
	struct budget b = new_budget(0, 10), from = new_budget(0, 10);

	budget_pause(&from, SEC, 0);
	done(&from, take(&from, SEC), BUDGET_SUCCESS);
	from.failures = 3;
	from.opens = 7 * SEC;
	from.went = 9;
	from.believed = true;
	budget_shape(&from, 9, 11 * SEC, SEC);
	budget_inherit(&b, &from, SEC);
	ck_assert_uint_eq(b.paused_until, SEC);
	ck_assert_uint_eq(b.window, 2);
	ck_assert_uint_eq(b.failures, 3);
	ck_assert_uint_eq(b.opens, 7 * SEC);
	ck_assert_uint_eq(b.went, 9);
	ck_assert(b.believed);
	ck_assert_uint_eq(budget_due(&b, U), 2 * SEC);
	ck_assert_uint_eq(b.inflight, 0);
	/* What moved here is neither a probe of this one nor forgotten. */
	done(&b, budget_hold(&b, true, 0), BUDGET_SUCCESS);
	ck_assert_uint_eq(b.window, 2);
	/* Of two that recover, the one that is less far. */
	from.window = 5;
	budget_inherit(&b, &from, SEC);
	ck_assert_uint_eq(b.window, 2);
	from = new_budget(0, 10);
	budget_inherit(&b, &from, SEC);
	ck_assert_uint_eq(b.window, 2);
	ck_assert_uint_eq(budget_due(&b, U), 2 * SEC);
}
END_TEST

START_TEST(idle_is_as_new)
{
	struct budget_limits l = { .concurrency = 2 };
	struct budget b = new_budget(0, 2);

	ck_assert(budget_idle(&b, 0));
	budget_pause(&b, SEC, 0);
	ck_assert(!budget_idle(&b, 0));
	/* Half open: what it waits to know a new one would not ask. */
	ck_assert(!budget_idle(&b, SEC + BUDGET_MEMORY - 1));
	done(&b, take(&b, SEC), BUDGET_SUCCESS);
	ck_assert(budget_idle(&b, SEC));
	budget_shape(&b, 9, 3 * SEC, 2 * SEC);
	ck_assert(!budget_idle(&b, 2 * SEC));
	ck_assert(!budget_idle(&b, 3 * SEC));
	budget_init(&b, &l, true, NULL);
	ck_assert(budget_idle(&b, 0));
	budget_limit(&b, &l, false, NULL, 0);
	ck_assert(!budget_idle(&b, 0));
	ck_assert_uint_eq(b.window, 1);
}
END_TEST

START_TEST(patience_with_what_has_no_verdict)
{
	struct budget b = new_budget(0, 64);
	uint32_t hung, next;
	uint64_t at = SEC;
	unsigned i;

	budget_pause(&b, SEC, 0);
	hung = take(&b, SEC);
	ck_assert_uint_eq(budget_opens(&b), SEC + BUDGET_PATIENCE);
	ck_assert(!budget_tick(&b, SEC + BUDGET_PATIENCE - 1));
	ck_assert(!budget_room(&b));
	/* One more each time, whatever becomes of the first. */
	for (i = 1; i <= 3; i++) {
		at += BUDGET_PATIENCE;
		ck_assert(budget_tick(&b, at));
		ck_assert_uint_eq(budget_opens(&b), 0);
		next = take(&b, at);
		ck_assert(!budget_room(&b));
		ck_assert_uint_eq(b.window, 1);
	}
	/* A success grows the window as ever: of three, two are owed. */
	done(&b, next, BUDGET_SUCCESS);
	ck_assert_uint_eq(b.window, 2);
	ck_assert_uint_eq(b.unsettled, 3);
	ck_assert_uint_eq(b.overdue, 2);
	ck_assert_uint_eq(take_all(&b, at), 1);
	all_done(&b, 4, BUDGET_SUCCESS);
	ck_assert_uint_eq(b.overdue, 0);
	ck_assert_uint_eq(b.unsettled, 0);
	ck_assert_uint_eq(hung, b.epoch);
}
END_TEST

/* Slots that are held are no matter of patience. */
START_TEST(no_patience_for_slots)
{
	struct budget b = new_budget(0, 1);

	budget_pause(&b, SEC, 0);
	take(&b, SEC);
	ck_assert_uint_eq(budget_opens(&b), BUDGET_NEVER);
	budget_tick(&b, SEC + BUDGET_PATIENCE);
	ck_assert(!budget_room(&b));
}
END_TEST

START_TEST(forgets_what_nobody_asks_for)
{
	struct budget b = new_budget(0, 10);
	uint32_t epoch;

	budget_pause(&b, SEC, 0);
	ck_assert(!budget_tick(&b, SEC + BUDGET_MEMORY - 1));
	ck_assert_uint_eq(b.window, 1);
	ck_assert(budget_idle(&b, SEC + BUDGET_MEMORY));
	ck_assert(budget_tick(&b, SEC + BUDGET_MEMORY));
	ck_assert_uint_eq(b.window, 0);
	/* Neither while one is on its way, nor after one went. */
	budget_pause(&b, 1000 * SEC, 999 * SEC);
	epoch = take(&b, 1100 * SEC);
	budget_tick(&b, 2000 * SEC);
	ck_assert_uint_eq(b.window, 1);
	budget_verdict(&b, epoch, BUDGET_NEUTRAL, 2000 * SEC);
	ck_assert(!budget_tick(&b, 2000 * SEC + BUDGET_MEMORY - 1));
	ck_assert(budget_tick(&b, 2000 * SEC + BUDGET_MEMORY));
	budget_release(&b);
	/* Of a shape, after its reset. */
	budget_shape(&b, 9, 4000 * SEC, 3000 * SEC);
	ck_assert(!budget_idle(&b, 4000 * SEC + BUDGET_MEMORY - 1));
	ck_assert(budget_idle(&b, 4000 * SEC + BUDGET_MEMORY));
	ck_assert(budget_tick(&b, 4000 * SEC + BUDGET_MEMORY));
	ck_assert_uint_eq(b.window, 0);
	ck_assert(!budget_tick(&b, 9000 * SEC));
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("budget");
	TCase *tc = tcase_create("promises");

	tcase_add_test(tc, doubles_until_the_limits_hold);
	tcase_add_test(tc, one_success_is_enough_for_one_slot);
	tcase_add_test(tc, places_are_held_until_the_verdict);
	tcase_add_test(tc, earlier_epochs_say_nothing);
	tcase_add_test(tc, a_longer_pause_is_the_same);
	tcase_add_test(tc, a_pause_while_half_open_begins_anew);
	tcase_add_test(tc, resume_makes_whole);
	tcase_add_test(tc, shape_spreads_what_is_left);
	tcase_add_loop_test(tc, shape_is_shortened, 0, 12);
	tcase_add_test(tc, shape_makes_up_for_what_went_unused);
	tcase_add_test(tc, shape_with_nothing_left);
	tcase_add_test(tc, shape_takes_off_what_is_on_its_way);
	tcase_add_test(tc, latest_report_counts);
	tcase_add_test(tc, shape_is_never_above_the_limits);
	tcase_add_test(tc, says_what_is_short);
	tcase_add_test(tc, inherits_how_things_stand);
	tcase_add_test(tc, idle_is_as_new);
	tcase_add_test(tc, patience_with_what_has_no_verdict);
	tcase_add_test(tc, no_patience_for_slots);
	tcase_add_test(tc, forgets_what_nobody_asks_for);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

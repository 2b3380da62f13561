/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_budget.h"
#include "check_run.h"

/*
 * What a budget learns from refusals, and how long it pauses for them.
 */

/* A refusal of one that is admitted now; the pause that it makes. */
static uint64_t
refused(struct budget *b, uint64_t now)
{
	uint32_t epoch = take(b, now);
	uint64_t pause;

	budget_verdict(b, epoch, BUDGET_THROTTLED, now);
	budget_release(b);
	pause = budget_backoff(b, epoch, SEC, 60 * SEC, now);
	budget_pause(b, now + pause, now);
	return pause;
}

static void
succeeds(struct budget *b, unsigned n, uint64_t now)
{
	while (n-- > 0)
		done(b, take(b, now), BUDGET_SUCCESS);
}

START_TEST(backoff_doubles_when_a_pause_did_not_help)
{
	struct budget b = new_budget(0, 4);
	uint64_t now = SEC, expected = SEC;
	int i;

	for (i = 0; i < 8; i++) {
		ck_assert_uint_eq(refused(&b, now), expected);
		now += expected;
		expected = expected * 2 < 60 * SEC ? expected * 2 : 60 * SEC;
	}
	/* Recovery is complete after three successes. */
	succeeds(&b, 3, now);
	ck_assert_uint_eq(b.window, 0);
	/* What took that long was no limit: from the start, once. */
	ck_assert_uint_eq(refused(&b, now), SEC);
	now += SEC;
	ck_assert_uint_gt(refused(&b, now), 60 * SEC - 1);
}
END_TEST

/* One success after each pause is enough, whatever comes then. */
START_TEST(any_success_means_that_the_pause_helped)
{
	struct budget b = new_budget(0, 0);
	uint64_t now = SEC, pause = refused(&b, now);
	int i;

	for (i = 0; i < 20; i++) {
		now += pause;
		succeeds(&b, 1, now);
		ck_assert_uint_eq(b.failures, 0);
		pause = refused(&b, now);
		ck_assert_uint_le(pause, SEC);
	}
}
END_TEST

/* What a host names, at most an hour, is no guess for when it names none. */
START_TEST(named_times_teach_nothing)
{
	struct budget b = new_budget(0, 0);
	uint64_t now = SEC;
	uint32_t epoch = take(&b, now);

	done(&b, epoch, BUDGET_THROTTLED);
	budget_pause(&b, now + 3600 * SEC, now);
	now += 3600 * SEC;
	succeeds(&b, 5, now);
	ck_assert_uint_eq(b.opens, 0);
	ck_assert_uint_eq(refused(&b, now), SEC);
	/* Nor do they when the first pause was a guess. */
	now += SEC;
	epoch = take(&b, now);
	done(&b, epoch, BUDGET_THROTTLED);
	budget_pause(&b, now + 3600 * SEC, now);
	now += 3600 * SEC;
	succeeds(&b, 5, now);
	ck_assert_uint_eq(refused(&b, now), SEC);
}
END_TEST

/* The host is shut for four seconds: it is found out, and kept. */
START_TEST(pauses_become_what_recovery_takes)
{
	struct budget b = new_budget(0, 0);
	uint64_t now = SEC, since = now, pause, last = 0;
	unsigned i, vain = 0;

	for (i = 0; i < 200; i++) {
		pause = refused(&b, now);
		for (now += pause; now < since + 4 * SEC; vain++)
			now += refused(&b, now);
		last = now - since;
		succeeds(&b, 10, now);
		since = now;
	}
	ck_assert_uint_ge(last, 4 * SEC);
	ck_assert_uint_le(last, 4 * SEC + SEC / 2);
	/* And with few probes that came too soon. */
	ck_assert_uint_le(vain, 40);
}
END_TEST

/* Two a second: asking more often brings no more. */
START_TEST(pauses_do_not_shrink_where_that_gains_nothing)
{
	struct budget b = new_budget(0, 0);
	uint64_t now = SEC, sum = 0, had;
	unsigned i;

	succeeds(&b, 20, now);
	had = now;
	for (i = 0; i < 100; i++) {
		sum += refused(&b, now);
		now = b.paused_until;
		for (; had + SEC / 2 <= now; had += SEC / 2)
			succeeds(&b, 1, now);
	}
	ck_assert_uint_ge(sum / 100, SEC / 2);
}
END_TEST

START_TEST(refusals_of_one_burst_count_once)
{
	struct budget b = new_budget(0, 20);
	uint32_t epoch;
	unsigned i;

	epoch = take(&b, SEC);
	ck_assert_uint_eq(take_all(&b, SEC), 19);
	for (i = 0; i < 20; i++) {
		done(&b, epoch, BUDGET_THROTTLED);
		ck_assert_uint_eq(budget_backoff(&b, epoch, SEC, NEVER, SEC +
		    i), i == 0 ? SEC : 0);
		budget_pause(&b, 2 * SEC, SEC);
	}
	/* So do those of a burst within recovery. */
	succeeds(&b, 3, 2 * SEC);
	epoch = b.epoch;
	ck_assert_uint_eq(take_all(&b, 2 * SEC), 4);
	for (i = 0; i < 4; i++) {
		done(&b, epoch, BUDGET_THROTTLED);
		ck_assert_uint_eq(budget_backoff(&b, epoch, SEC, NEVER, 2 *
		    SEC + i), i == 0 ? SEC / 4 : 0);
		budget_pause(&b, 3 * SEC, 2 * SEC);
	}
	/* And a late refusal from before both, paused and half open. */
	ck_assert_uint_eq(budget_backoff(&b, 0, SEC, NEVER, 2 * SEC), 0);
	ck_assert_uint_eq(budget_backoff(&b, 0, SEC, NEVER, 9 * SEC), 0);
	budget_resume(&b);
	ck_assert_uint_ne(budget_backoff(&b, 0, SEC, NEVER, 9 * SEC), 0);
}
END_TEST

START_TEST(backoff_saturates)
{
	struct budget b = new_budget(0, 4);
	uint32_t epoch;
	int i;

	ck_assert_uint_eq(budget_backoff(&b, 0, 3 * SEC, SEC, 0), SEC);
	for (i = 0; i < 200; i++) {
		budget_pause(&b, (unsigned)i + 1, (unsigned)i);
		epoch = take(&b, (unsigned)i + 1);
		done(&b, epoch, BUDGET_THROTTLED);
	}
	b.refused = 0;
	ck_assert_uint_eq(budget_backoff(&b, b.epoch, SEC, NEVER, 200), NEVER);
	ck_assert_uint_eq(budget_backoff(&b, b.epoch, SEC, NEVER - 1, 200),
	    NEVER - 1);
	ck_assert_uint_eq(budget_backoff(&b, b.epoch, 0, SEC, 200), 0);
	ck_assert_uint_eq(budget_backoff(&b, b.epoch, SEC, 0, 200), 0);
}
END_TEST

/* "Now" */

START_TEST(now_is_believed_once)
{
	struct budget b = new_budget(0, 10);
	uint64_t now = SEC;
	uint32_t old, epoch;

	old = take(&b, now);
	epoch = take(&b, now);
	done(&b, epoch, BUDGET_THROTTLED);
	ck_assert(budget_at_once(&b, epoch, now));
	/* Half open at once; and what was on its way says nothing new. */
	done(&b, old, BUDGET_THROTTLED);
	ck_assert(budget_at_once(&b, old, now));
	epoch = take(&b, now);
	ck_assert(!budget_room(&b));
	done(&b, epoch, BUDGET_THROTTLED);
	ck_assert(!budget_at_once(&b, epoch, now));
	/* It was no pause that did not help. */
	ck_assert_uint_eq(budget_backoff(&b, epoch, SEC, NEVER, now), SEC);
	budget_pause(&b, now + SEC, now);
	now += SEC;
	epoch = take(&b, now);
	done(&b, epoch, BUDGET_THROTTLED);
	ck_assert(!budget_at_once(&b, epoch, now));
	ck_assert_uint_eq(budget_backoff(&b, epoch, SEC, NEVER, now), 2 * SEC);
	budget_pause(&b, now + 2 * SEC, now);
	now += 2 * SEC;
	succeeds(&b, 1, now);
	epoch = take(&b, now);
	done(&b, epoch, BUDGET_THROTTLED);
	ck_assert(budget_at_once(&b, epoch, now));
}
END_TEST

/* Recovery remembers */

/* Its limit costs a host one refusal, not as many as are on their way. */
START_TEST(doubles_up_to_what_went_through)
{
	static const unsigned rounds[] = { 1, 2, 4, 8, 5, 1, 1, 1, 1, 1, 2 };
	struct budget b = new_budget(0, 0);
	unsigned i, n;

	succeeds(&b, 20, SEC);
	refused(&b, SEC);
	for (i = 0; i < 11; i++) {
		n = take_all(&b, 2 * SEC);
		ck_assert_uint_eq(n, rounds[i]);
		all_done(&b, n, BUDGET_SUCCESS);
	}
	/* As many again: that was no limit. */
	succeeds(&b, 40, 2 * SEC);
	n = take_all(&b, 2 * SEC);
	ck_assert_uint_gt(n, 16);
	all_done(&b, n, BUDGET_NEUTRAL);
}
END_TEST

/* Twelve at a time, of which the host takes eight. */
START_TEST(learns_how_many_at_once)
{
	struct budget b = new_budget(0, 0);
	unsigned i;
	uint32_t epoch = b.epoch;

	for (i = 0; i < 12; i++)
		take(&b, SEC);
	done(&b, epoch, BUDGET_THROTTLED);
	budget_pause(&b, 2 * SEC, SEC);
	for (i = 0; i < 11; i++)
		done(&b, epoch, i < 3 ? BUDGET_THROTTLED : BUDGET_SUCCESS);
	ck_assert_uint_eq(b.went, 8);
	ck_assert_uint_lt(b.abreast, 12);
	/* The answers that are late have made no difference to the rest. */
	ck_assert_uint_eq(take_all(&b, 2 * SEC), 1);
	all_done(&b, 1, BUDGET_SUCCESS);
	ck_assert_uint_eq(take_all(&b, 2 * SEC), 2);
	all_done(&b, 2, BUDGET_SUCCESS);
	ck_assert_uint_eq(take_all(&b, 2 * SEC), 4);
	all_done(&b, 4, BUDGET_SUCCESS);
	ck_assert_uint_eq(take_all(&b, 2 * SEC), 1);
	all_done(&b, 1, BUDGET_SUCCESS);
}
END_TEST

/* Where far fewer went than before, the next pause is a short one, once. */
START_TEST(a_refusal_may_be_early)
{
	struct budget b = new_budget(0, 0);
	uint64_t now = SEC;

	succeeds(&b, 20, now);
	now += refused(&b, now);
	succeeds(&b, 20, now);
	now += refused(&b, now);
	succeeds(&b, 3, now);
	ck_assert_uint_lt(refused(&b, now), SEC / 16);
	ck_assert_uint_eq(b.went, 20);
	now = b.paused_until;
	succeeds(&b, 3, now);
	refused(&b, now);
	ck_assert_uint_eq(b.went, 6);
}
END_TEST

/* What is known of refusals keeps a budget from being as a new one. */
START_TEST(remembers_for_a_while)
{
	struct budget b = new_budget(0, 2);
	uint64_t now = SEC;

	succeeds(&b, 3, now);
	refused(&b, now);
	now += SEC;
	succeeds(&b, 5, now);
	ck_assert_uint_eq(b.window, 0);
	ck_assert(!budget_idle(&b, now + BUDGET_MEMORY - 1));
	ck_assert(budget_idle(&b, now + BUDGET_MEMORY));
	budget_tick(&b, now + BUDGET_MEMORY);
	ck_assert_uint_eq(b.opens, 0);
	ck_assert_uint_eq(b.went, 0);
}
END_TEST

START_TEST(half_open_without_a_pause_did_not_fail)
{
	struct budget_limits l = { .concurrency = 10 };
	struct budget b;
	uint32_t epoch;

	budget_init(&b, &l, true, NULL);
	epoch = take(&b, 0);
	ck_assert(!budget_room(&b));
	done(&b, epoch, BUDGET_THROTTLED);
	ck_assert_uint_eq(budget_backoff(&b, epoch, SEC, NEVER, 0), SEC);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("budget_recovery");
	TCase *tc = tcase_create("refusals");

	tcase_add_test(tc, backoff_doubles_when_a_pause_did_not_help);
	tcase_add_test(tc, any_success_means_that_the_pause_helped);
	tcase_add_test(tc, named_times_teach_nothing);
	tcase_add_test(tc, pauses_become_what_recovery_takes);
	tcase_add_test(tc, pauses_do_not_shrink_where_that_gains_nothing);
	tcase_add_test(tc, refusals_of_one_burst_count_once);
	tcase_add_test(tc, backoff_saturates);
	tcase_add_test(tc, now_is_believed_once);
	tcase_add_test(tc, doubles_up_to_what_went_through);
	tcase_add_test(tc, learns_how_many_at_once);
	tcase_add_test(tc, a_refusal_may_be_early);
	tcase_add_test(tc, remembers_for_a_while);
	tcase_add_test(tc, half_open_without_a_pause_did_not_fail);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

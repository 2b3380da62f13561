/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_run.h"
#include "throttle/budget.h"
#include "throttle/budget_recovery.h"

/*
 * Rates as windows, after a refusal that named no time.
 */

#define U	BUDGET_UNIT
#define MS	1000000ULL
#define SEC	1000000000ULL
#define NEVER	BUDGET_NEVER
/* A period of a second is over in the windows, too. */
#define OVER	(SEC + SEC / (BUDGET_SLOTS - 1) + 1)

static struct budget_limits
ten_a_second(uint64_t burst)
{
	return (struct budget_limits){ .nrates = 1, .rates[0] = {
		.capacity = 10 * U, .period = SEC, .burst = burst * U } };
}

static struct budget
new_budget(uint64_t burst)
{
	struct budget_limits l = ten_a_second(burst);
	struct budget b;

	budget_init(&b, &l, false, NULL);
	return b;
}

/* Admits all that the budget allows now, and says how many those were. */
static unsigned
take_all(struct budget *b, uint64_t now)
{
	unsigned n = 0;

	budget_tick(b, now);
	for (; n < 5000 && budget_allows(b, U, now); n++)
		budget_take(b, U, now, now);
	return n;
}

static void
done(struct budget *b, unsigned n, enum budget_verdict verdict, uint64_t now)
{
	while (n-- > 0) {
		budget_verdict(b, b->epoch, verdict, now);
		budget_release(b);
	}
}

/* Admits and settles all that the budget allows now. */
static unsigned
spend_all(struct budget *b, uint64_t now)
{
	unsigned n, sum = 0;

	while ((n = take_all(b, now)) > 0) {
		done(b, n, BUDGET_SUCCESS, now);
		sum += n;
	}
	return sum;
}

/* A refusal that names no time, of one that is admitted now. */
static void
refused(struct budget *b, uint64_t now)
{
	uint32_t epoch;

	budget_tick(b, now);
	epoch = budget_take(b, U, now, now);
	done(b, 1, BUDGET_THROTTLED, now);
	budget_pause(b, now + budget_backoff(b, epoch, SEC, NEVER, now), now);
}

/* A full bucket and what it refills do not go within one period. */
START_TEST(a_burst_and_its_refill_are_a_window)
{
	struct budget b = new_budget(10);
	uint64_t now = 5 * SEC;

	ck_assert_uint_eq(spend_all(&b, SEC), 10);
	ck_assert_uint_eq(spend_all(&b, SEC + SEC / 2), 5);
	refused(&b, 2 * SEC);
	ck_assert_uint_eq(spend_all(&b, now), 10);
	ck_assert(!budget_room(&b));
	ck_assert_uint_eq(spend_all(&b, now + SEC / 2), 0);
	ck_assert_uint_eq(spend_all(&b, now + SEC - 1), 0);
	ck_assert_uint_gt(budget_opens(&b), now + SEC);
	ck_assert_uint_le(budget_opens(&b), now + OVER);
	now = budget_opens(&b);
	ck_assert_uint_eq(spend_all(&b, now), 10);
}
END_TEST

/* They count for a period after their verdict, not after they went. */
START_TEST(the_host_counts_when_it_likes)
{
	struct budget b = new_budget(10);
	uint64_t now = 5 * SEC;
	unsigned n;

	refused(&b, SEC);
	spend_all(&b, now);
	now += OVER;
	n = take_all(&b, now);
	ck_assert_uint_gt(n, 0);
	done(&b, n - 1, BUDGET_SUCCESS, now + SEC / 2);
	ck_assert_uint_eq(spend_all(&b, now + SEC / 2), 10 - n);
	done(&b, 1, BUDGET_SUCCESS, now + SEC + SEC / 4);
	ck_assert_uint_eq(spend_all(&b, now + SEC + SEC / 4), 0);
	/* the last of them alone is within the period still */
	ck_assert_uint_eq(spend_all(&b, now + SEC / 2 + OVER), 9);
}
END_TEST

START_TEST(refused_ones_do_not_count)
{
	struct budget b = new_budget(10);
	unsigned n;

	refused(&b, SEC);
	ck_assert_uint_eq(spend_all(&b, 3 * SEC), 10);
	for (n = 0; n < 5; n++)
		refused(&b, 10 * SEC);
	ck_assert_uint_eq(spend_all(&b, b.paused_until), 10);
}
END_TEST

/* A burst that is configured to be larger may still go. */
START_TEST(a_burst_above_the_capacity_stays)
{
	struct budget b = new_budget(25);

	refused(&b, SEC);
	ck_assert_uint_eq(spend_all(&b, 10 * SEC), 25);
	ck_assert_uint_eq(spend_all(&b, 10 * SEC + SEC / 2), 0);
}
END_TEST

/* A host that names a time has said what it wants. */
START_TEST(named_times_change_no_rate)
{
	struct budget b = new_budget(10);
	uint64_t now = 5 * SEC;

	budget_take(&b, U, SEC, SEC);
	done(&b, 1, BUDGET_THROTTLED, SEC);
	budget_pause(&b, 3 * SEC, SEC);
	ck_assert_uint_eq(spend_all(&b, now), 10);
	ck_assert_uint_eq(spend_all(&b, now + SEC / 2), 5);
}
END_TEST

START_TEST(resume_ends_windows)
{
	struct budget b = new_budget(10);
	uint64_t now = 5 * SEC;

	refused(&b, SEC);
	spend_all(&b, now);
	ck_assert(!budget_room(&b));
	budget_resume(&b);
	ck_assert(budget_room(&b));
	ck_assert_uint_eq(spend_all(&b, now + SEC / 2), 5);
}
END_TEST

/* So does it when nothing was heard of a host for long. */
START_TEST(windows_are_forgotten)
{
	struct budget b = new_budget(10);
	uint64_t now = 5 * SEC;

	refused(&b, SEC);
	spend_all(&b, now);
	ck_assert(!budget_idle(&b, now + BUDGET_MEMORY - 1));
	now += BUDGET_MEMORY;
	ck_assert(budget_idle(&b, now));
	ck_assert_uint_eq(spend_all(&b, now), 10);
	ck_assert_uint_eq(spend_all(&b, now + SEC / 2), 5);
}
END_TEST

/* An hour's worth is spent, or was it?  Nobody waits that long to know. */
START_TEST(long_windows_are_tried)
{
	struct budget_limits l = ten_a_second(10);
	struct budget b;
	uint64_t now = 5 * SEC;

	l.rates[0].period = 3600 * SEC;
	budget_init(&b, &l, false, NULL);
	budget_take(&b, U, SEC, SEC);
	done(&b, 1, BUDGET_SUCCESS, SEC);
	refused(&b, SEC);
	ck_assert_uint_eq(spend_all(&b, now), 8);
	now += 400 * SEC;
	ck_assert_uint_eq(spend_all(&b, now), 1);
	ck_assert(!budget_room(&b));
	ck_assert_uint_eq(budget_opens(&b), now + BUDGET_MEMORY);
	ck_assert(budget_tick(&b, now + BUDGET_MEMORY));
	ck_assert(budget_room(&b));
}
END_TEST

START_TEST(new_limits_keep_what_was_counted)
{
	struct budget_limits l = ten_a_second(10);
	struct budget b = new_budget(10), other = new_budget(10);
	uint64_t now = 5 * SEC;

	refused(&b, SEC);
	ck_assert_uint_eq(spend_all(&b, now - MS), 10);
	now += OVER;
	ck_assert_uint_eq(take_all(&b, now), 10);
	done(&b, 5, BUDGET_SUCCESS, now);
	budget_limit(&b, &l, false, NULL, now);
	ck_assert(!budget_room(&b));
	/* Elsewhere there are those that have a verdict. */
	budget_inherit(&other, &b, now + SEC / 2);
	ck_assert_uint_eq(spend_all(&other, now + SEC / 2), 5);
	/* Another limit for the same period. */
	l.rates[0].capacity = l.rates[0].burst = 12 * U;
	budget_limit(&b, &l, false, NULL, now + SEC / 2);
	ck_assert_uint_eq(spend_all(&b, now + SEC / 2), 2);
	done(&b, 5, BUDGET_SUCCESS, now + SEC / 2);
}
END_TEST

/* Answers that do not come close a host for so long only. */
START_TEST(patience_ends)
{
	struct budget b = new_budget(10);
	uint64_t now = 5 * SEC;

	refused(&b, SEC);
	spend_all(&b, now - MS);
	now += OVER;
	ck_assert_uint_eq(take_all(&b, now), 10);
	budget_tick(&b, now + 2 * OVER);
	ck_assert_uint_eq(budget_opens(&b), now + BUDGET_PATIENCE);
	now += BUDGET_PATIENCE;
	ck_assert(budget_tick(&b, now));
	ck_assert(!budget_room(&b));
	ck_assert_uint_le(budget_opens(&b), now + OVER);
	ck_assert_uint_eq(take_all(&b, now + OVER), 10);
	done(&b, 20, BUDGET_SUCCESS, now + OVER);
}
END_TEST

/* Whenever the host counts, it sees no more than ten a second. */
START_TEST(no_window_of_the_host_sees_more)
{
	struct budget b = new_budget(10);
	uint64_t now = SEC, counted[1000], verdict[10], random = 1;
	unsigned flying = 0, n = 0, i;

	refused(&b, now);
	for (now += SEC; n < 1000; now += 7 * MS) {
		for (i = 0; i < flying;) {
			if (verdict[i] > now) {
				i++;
				continue;
			}
			done(&b, 1, BUDGET_SUCCESS, now);
			verdict[i] = verdict[--flying];
		}
		for (i = take_all(&b, now); i > 0 && n < 1000; i--) {
			random = random * 6364136223846793005ULL + 1;
			counted[n] = now + (random >> 33) % (200 * MS);
			verdict[flying++] = counted[n++] + 20 * MS;
		}
	}
	for (n = 0; n < 1000; n++) {
		unsigned within = 0;

		for (i = 0; i < 1000; i++)
			if (counted[i] >= counted[n] &&
			    counted[i] < counted[n] + SEC)
				within++;
		ck_assert_uint_le(within, 10);
	}
	/* And not many fewer. */
	ck_assert_uint_le(now, 125 * SEC);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("budget_counted");
	TCase *tc = tcase_create("windows");

	tcase_add_test(tc, a_burst_and_its_refill_are_a_window);
	tcase_add_test(tc, the_host_counts_when_it_likes);
	tcase_add_test(tc, refused_ones_do_not_count);
	tcase_add_test(tc, a_burst_above_the_capacity_stays);
	tcase_add_test(tc, named_times_change_no_rate);
	tcase_add_test(tc, resume_ends_windows);
	tcase_add_test(tc, windows_are_forgotten);
	tcase_add_test(tc, long_windows_are_tried);
	tcase_add_test(tc, new_limits_keep_what_was_counted);
	tcase_add_test(tc, patience_ends);
	tcase_add_test(tc, no_window_of_the_host_sees_more);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

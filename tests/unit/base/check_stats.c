/* SPDX-License-Identifier: ISC */
#include "base/stats.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "check_alloc.h"
#include "check_run.h"

#define MS	UINT64_C(1000000)

static struct stats *stats;

static void
setup(void)
{
	stats_free();
	ck_assert_ptr_nonnull(stats = stats_new());
}

static void
teardown(void)
{
	stats_free();
}

/* Names */

START_TEST(name_has_its_number_for_good)
{
	unsigned a = stats_series("a.test", 2), b = stats_series("b.test", 2);

	ck_assert_uint_ne(a, b);
	ck_assert_uint_eq(stats_series("a.test", 0), a);
	ck_assert_str_eq(stats_name(a), "a.test");
	ck_assert_str_eq(stats_name(b), "b.test");
	ck_assert_uint_eq(stats_names(), 4);
}
END_TEST

START_TEST(name_beyond_the_most_is_other)
{
	unsigned a = stats_series("a.test", 1);

	ck_assert_uint_eq(stats_series("b.test", 1), STATS_OTHER);
	ck_assert_uint_eq(stats_names(), 3);
	/* more may have one later; who was "_other" gets its own then */
	ck_assert_uint_ne(stats_series("b.test", 2), STATS_OTHER);
	ck_assert_uint_eq(stats_series("a.test", 2), a);
	ck_assert_uint_eq(stats_series("c.test", 0), STATS_OTHER);
}
END_TEST

/* Without memory it is counted with the others, and by itself once there is. */
START_TEST(name_without_memory)
{
	unsigned n, series = STATS_OTHER;

	for (n = 1; series == STATS_OTHER; n++) {
		ck_assert_uint_lt(n, 20);
		check_alloc = n;
		series = stats_series("m.test", 10);
		check_alloc = 0;
	}
	ck_assert_uint_ge(n, 3);
	ck_assert_str_eq(stats_name(series), "m.test");
	ck_assert_uint_eq(stats_series("m.test", 10), series);
	ck_assert_uint_eq(stats_names(), 3);
}
END_TEST

/* A thread without memory for its numbers has none. */
START_TEST(thread_without_memory)
{
	check_alloc = 1;
	ck_assert_ptr_null(stats_new());
}
END_TEST

START_TEST(budgets_have_few_names)
{
	char name[8];
	unsigned i;

	ck_assert_ptr_null(stats_budget_name(0));
	for (i = 0; i < STATS_BUDGETS; i++) {
		snprintf(name, sizeof name, "b%u", i);
		ck_assert_uint_eq(stats_budget(name), i);
		ck_assert_uint_eq(stats_budget("b0"), 0);
		ck_assert_str_eq(stats_budget_name(i), name);
	}
	ck_assert_uint_eq(stats_budget("more"), STATS_BUDGETS);
	ck_assert_str_eq(stats_budget_name(STATS_BUDGETS), "_other");
	ck_assert_ptr_null(stats_budget_name(STATS_BUDGETS + 1));
}
END_TEST

START_TEST(name_of_ours_is_no_other)
{
	ck_assert_uint_eq(stats_series("_default", 10), STATS_DEFAULT);
	ck_assert_uint_eq(stats_series("_other", 10), STATS_OTHER);
	ck_assert_uint_eq(stats_names(), 2);
	ck_assert_str_eq(stats_name(STATS_DEFAULT), "_default");
	ck_assert_str_eq(stats_name(STATS_OTHER), "_other");
	ck_assert_ptr_null(stats_name(2));
	ck_assert_ptr_null(stats_name(STATS_SERIES));
}
END_TEST

START_TEST(name_most)
{
	char name[32];
	unsigned i;

	for (i = 0; i < STATS_NAMES_MAX; i++) {
		snprintf(name, sizeof name, "%u.test", i);
		ck_assert_uint_eq(stats_series(name, SIZE_MAX), i + 2);
	}
	ck_assert_uint_eq(stats_series("x.test", SIZE_MAX), STATS_OTHER);
	ck_assert_uint_eq(stats_series("77.test", SIZE_MAX), 79);
	ck_assert_str_eq(stats_name(STATS_SERIES - 1), "9999.test");
	stats_add(&stats_of(stats, STATS_SERIES - 1)->resends, 1);
}
END_TEST

/* Counts */

#define ADDITIONS	100000

static void *
count_thread(void *arg)
{
	struct stats *mine = stats_new();
	unsigned i;

	(void)arg;
	for (i = 0; mine != NULL && i < ADDITIONS; i++) {
		stats_add(&stats_of(mine, 5)->requests[STATS_REFUSED], 1);
		stats_observe(&stats_of(mine, 5)->wait, 2 * MS);
	}
	return NULL;
}

static uint64_t
refused(unsigned series)
{
	struct stats_block sum = { 0 };

	stats_sum(series, &sum);
	return sum.requests[STATS_REFUSED];
}

/* Summed while they count; and after they have ended, nothing is lost. */
START_TEST(sum_of_threads)
{
	struct stats_block sum = { 0 };
	pthread_t threads[2];
	uint64_t before = 0, now;
	unsigned i;

	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
		    count_thread, NULL), 0);
	do {
		now = refused(5);
		ck_assert_uint_ge(now, before);
		before = now;
	} while (now < 2 * ADDITIONS);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	stats_sum(5, &sum);
	ck_assert_uint_eq(sum.requests[STATS_REFUSED], 2 * ADDITIONS);
	ck_assert_uint_eq(sum.wait.buckets[1], 2 * ADDITIONS);
	ck_assert_uint_eq(sum.wait.sum, 2 * ADDITIONS * 2 * MS);
	ck_assert_uint_eq(refused(6), 0);
}
END_TEST

START_TEST(sum_adds_to_what_is_there)
{
	struct stats_block sum = { 0 };

	stats_add(&stats_of(stats, 2)->cost, 7);
	stats_add(&stats_of(stats, 3)->cost, 8);
	stats_add(&stats_of(stats, 3)->observed_wait.sum, 9);
	stats_sum(2, &sum);
	stats_sum(3, &sum);
	ck_assert_uint_eq(sum.cost, 15);
	ck_assert_uint_eq(sum.observed_wait.sum, 9);
}
END_TEST

/* Histograms */

static const struct {
	uint64_t	 ns;
	unsigned	 bucket;
} durations[] = {
	{ 0, 0 },
	{ MS, 0 },
	{ MS + 1, 1 },
	{ 5 * MS, 1 },
	{ 99 * MS, 3 },
	{ 1000 * MS, 5 },
	{ 2600 * MS, 7 },
	{ 300000 * MS, 11 },
	{ 300000 * MS + 1, 12 },
	{ UINT64_MAX / 2, 12 },
};

START_TEST(observe)
{
	struct stats_histogram h = { 0 };
	unsigned i;

	stats_observe(&h, durations[_i].ns);
	for (i = 0; i <= STATS_BUCKETS; i++)
		ck_assert_uint_eq(h.buckets[i], i == durations[_i].bucket);
	ck_assert_uint_eq(h.sum, durations[_i].ns);
}
END_TEST

START_TEST(bounds_rise)
{
	unsigned i;

	ck_assert_uint_eq(stats_bound(0), MS);
	for (i = 1; i < STATS_BUCKETS; i++)
		ck_assert_uint_gt(stats_bound(i), stats_bound(i - 1));
}
END_TEST

/* Statuses */

START_TEST(statuses_that_refuse)
{
	unsigned i, slot = stats_throttled_slot(403);

	ck_assert_uint_eq(stats_throttled_slot(429), 0);
	ck_assert_uint_eq(stats_throttled_slot(503), 1);
	ck_assert_int_eq(stats_throttled_status(slot), 403);
	ck_assert_uint_eq(stats_throttled_slot(403), slot);
	for (i = 3; i < STATS_THROTTLED; i++)
		ck_assert_uint_eq(stats_throttled_slot(600 + (int)i), i);
	ck_assert_uint_eq(stats_throttled_slot(599), STATS_THROTTLED);
	ck_assert_int_eq(stats_throttled_status(STATS_THROTTLED), 0);
	ck_assert_uint_eq(stats_throttled_slot(403), slot);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stats");
	TCase *tc;

	tc = tcase_create("names");
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, name_has_its_number_for_good);
	tcase_add_test(tc, name_beyond_the_most_is_other);
	tcase_add_test(tc, name_of_ours_is_no_other);
	tcase_add_test(tc, name_without_memory);
	tcase_add_test(tc, thread_without_memory);
	tcase_add_test(tc, budgets_have_few_names);
	tcase_add_test(tc, name_most);

	tc = tcase_create("counts");
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, sum_of_threads);
	tcase_add_test(tc, sum_adds_to_what_is_there);

	tc = tcase_create("histograms");
	suite_add_tcase(suite, tc);
	ROWS(tc, observe, durations);
	tcase_add_test(tc, bounds_rise);

	tc = tcase_create("statuses");
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, statuses_that_refuse);
	return run_suite(suite);
}

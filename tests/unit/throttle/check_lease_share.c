/* SPDX-License-Identifier: ISC */
#include "check_lease_world.h"

#include "check_run.h"

/* The first of the BUDGETS budgets, then the next, and so on, in turns. */
static struct world *
budget_world(int row)
{
	unsigned i = (unsigned)row % BUDGETS, turn = (unsigned)row / BUDGETS;

	return make_world(budgets[i].capacity, budgets[i].period,
	    budgets[i].burst, budgets[i].strict, proxies[turn % 4],
	    turn * 7 + i);
}

START_TEST(never_over)
{
	struct world *w = budget_world(_i);

	w->delay = (draw(100) + 1) * MS;
	w->faults = 2000;
	w->costly = !budgets[_i % BUDGETS].strict;
	run(w, 30000);
	free_world(w);
}
END_TEST

/* Nobody has just come, who could not know. */
START_TEST(not_when_its_clock_goes_forward)
{
	struct world *w = budget_world(_i);

	w->delay = (draw(50) + 1) * MS;
	run(w, 3000);
	w->steps = 4000;
	w->back = _i % 2 == 0;
	run(w, 40000);
	ck_assert(w->back || w->late > 0);
	free_world(w);
}
END_TEST

/* Rate of a clock that is being corrected: budgets go on meanwhile. */
START_TEST(its_clock_is_too_fast)
{
	static const int64_t slews[] = { 1000, 83000, -83000 };
	struct world *w = budget_world(_i);
	unsigned i = (unsigned)_i % BUDGETS;
	uint64_t spent;

	run(w, 3000 + 3 * budgets[i].period / 2 / MS);
	w->slew = slews[(i + (unsigned)_i / BUDGETS) % 3];
	run(w, 10000);
	spent = w->spent;
	run(w, 20000 + budgets[i].period / MS);
	ck_assert_msg((w->spent - spent) * 4 > budgets[i].capacity * U *
	    (20 * SEC / budgets[i].period + 1), "%s: %llu",
	    w->what, (unsigned long long)(w->spent - spent));
	free_world(w);
}
END_TEST

/* Set back by an hour: all go on after a horizon, and never over. */
START_TEST(its_clock_is_set_back)
{
	struct world *w = budget_world(_i);
	unsigned i = (unsigned)_i % BUDGETS;
	uint64_t spent;

	w->skew = (int64_t)(7200 * SEC);
	run(w, 3000 + 3 * budgets[i].period / 2 / MS);
	w->skew = (int64_t)(3600 * SEC);
	run(w, 1600);
	spent = w->spent;
	run(w, 1000 + budgets[i].period / MS);
	ck_assert_msg(w->spent - spent > 0, "%s", w->what);
	free_world(w);
}
END_TEST

/* Answers that take nearly as long as they may. */
START_TEST(far_away)
{
	struct world *w = make_world(100, SEC, 100, _i % 2 == 1,
	    proxies[_i / 2 % 4], (unsigned)_i);
	uint64_t spent;

	w->timeout = 2 * SEC;
	w->delay = 240 * MS;
	run(w, 6000);
	spent = w->spent;
	run(w, 20000);
	/* of trips, which differ by as much, few are longer than is known */
	ck_assert_uint_gt((w->spent - spent) * 3, 20 * 100 * U);
	free_world(w);
}
END_TEST

/* Leases of which one may be late by more than the next one. */
START_TEST(not_as_far_as_others)
{
	static const uint64_t capacities[] = { 20, 100, 300 };
	struct world *w;
	unsigned i;

	for (i = 0; i < 9; i++) {
		w = make_world(capacities[i % 3], SEC, i / 3 * i / 3 + 1, false,
		    2 + (unsigned)_i % 4, 9 * (unsigned)_i + i);
		w->timeout = 2 * SEC;
		w->delay = 2 * MS;
		w->hiccups = _i % 2 == 0 ? 3 : 0;
		w->far = _i % 2 == 0 ? 0 : 150 * MS;
		run(w, 30000);
		ck_assert_uint_gt(w->spent, 10 * capacities[i % 3] * U);
		free_world(w);
	}
}
END_TEST

/* So long a burst that clocks drift by more than a round trip meanwhile. */
START_TEST(an_hour)
{
	struct world *w = make_world(7200, 3600 * SEC, 7200, _i % 2 == 1,
	    2, (unsigned)_i);

	run(w, _i % 2 == 1 ? 3700000 : 20000);
	ck_assert_uint_gt(w->spent, 20 * U);
	free_world(w);
}
END_TEST

START_TEST(is_used)
{
	unsigned b = (unsigned)_i / 4;
	struct world *w = make_world(budgets[b].capacity, budgets[b].period,
	    budgets[b].burst, budgets[b].strict, proxies[_i % 4], 1);
	uint64_t spent, least = UINT64_MAX, most = 0, could;
	unsigned i, seconds = budgets[b].period == SEC ? 20 : 60;

	run(w, budgets[b].strict ? 3 * budgets[b].period / 2 / MS : 3000);
	spent = w->spent;
	for (i = 0; i < w->n; i++)
		w->proxies[i].spent = 0;
	w->asked = 0;
	run(w, seconds * 1000);
	could = budgets[b].capacity * U * seconds / (budgets[b].period / SEC);
	for (i = 0; i < w->n; i++) {
		least = w->proxies[i].spent < least ? w->proxies[i].spent :
		    least;
		most = w->proxies[i].spent > most ? w->proxies[i].spent : most;
	}
	printf("# %llu per %llu s, burst %llu%s, %u proxies: %.1f %% used, "
	    "%.1f calls a second, least %.2f of most\n",
	    (unsigned long long)budgets[b].capacity,
	    (unsigned long long)(budgets[b].period / SEC),
	    (unsigned long long)budgets[b].burst,
	    budgets[b].strict ? " exact" : "", w->n,
	    100.0 * (double)(w->spent - spent) / (double)could,
	    (double)w->asked / seconds, (double)least / (double)most);
	ck_assert_uint_ge((w->spent - spent) * 100, could * budgets[b].used);
	ck_assert_uint_gt(least, 0);
	free_world(w);
}
END_TEST

static const struct many {
	unsigned	 n;
	uint64_t	 capacity;	/* a second */
} many[] = {
	{ 20, 50 },
	{ 20, 4 },
	{ PROXIES, 1000 },
	{ PROXIES, 50 },
	{ PROXIES, 10 },
};

/* More than there is in a second for each of them, and for few. */
START_TEST(many_have_their_share)
{
	const struct many *m = &many[_i];
	uint64_t capacity = m->capacity, least = UINT64_MAX, could;
	struct world *w = make_world(capacity, SEC, capacity, false, m->n, 1);
	unsigned i;

	run(w, 10000);
	w->spent = w->asked = 0;
	for (i = 0; i < w->n; i++)
		w->proxies[i].spent = 0;
	run(w, 30000);
	could = 30 * capacity * U;
	for (i = 0; i < w->n; i++)
		least = w->proxies[i].spent < least ? w->proxies[i].spent :
		    least;
	printf("# %llu a second, %u proxies: %.1f %% used, the least has %.0f "
	    "%% of its part, %.1f calls a second\n",
	    (unsigned long long)capacity, w->n,
	    100.0 * (double)w->spent / (double)could,
	    100.0 * (double)(least * w->n) / (double)could,
	    (double)w->asked / 30);
	ck_assert_uint_ge(w->spent * 100, could * 99);
	ck_assert_uint_ge(least * w->n * 100, could * 80);
	/* and a request costs two calls at most */
	ck_assert_uint_le(w->asked, 2 * could / U);
	free_world(w);
}
END_TEST

/* Fifty of fifty, among seven who want one each as fast as it goes. */
START_TEST(a_costly_one_does_not_starve)
{
	struct world *w = make_world(100, SEC, 50, false, 8, (unsigned)_i);

	w->costly = true;
	run(w, 60000);
	printf("# longest wait of a costly one: %.1f s\n",
	    (double)w->longest / SEC);
	ck_assert_uint_gt(w->longest, 0);
	ck_assert_uint_lt(w->longest, 5 * SEC);
	free_world(w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lease_share");
	TCase *tcase = tcase_create("oracle");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, never_over, 0,
	    (int)repetitions(12 * BUDGETS));
	tcase_add_loop_test(tcase, not_when_its_clock_goes_forward, 0,
	    (int)repetitions(4 * BUDGETS));
	tcase_add_loop_test(tcase, its_clock_is_too_fast, 0,
	    (int)repetitions(4 * BUDGETS));
	tcase_add_loop_test(tcase, its_clock_is_set_back, 0,
	    (int)repetitions(4 * BUDGETS));
	tcase_add_loop_test(tcase, far_away, 0, (int)repetitions(8));
	tcase_add_loop_test(tcase, not_as_far_as_others, 0,
	    (int)repetitions(8));
	tcase_add_loop_test(tcase, an_hour, 0, 1);
	tcase_add_loop_test(tcase, is_used, 0,
	    (int)repetitions(4 * BUDGETS));
	ROWS(tcase, many_have_their_share, many);
	tcase_add_loop_test(tcase, a_costly_one_does_not_starve, 0,
	    (int)repetitions(3));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

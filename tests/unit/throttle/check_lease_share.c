/* SPDX-License-Identifier: ISC */
#include "check_lease_world.h"

#include "check_run.h"

START_TEST(never_over)
{
	struct world *w;
	unsigned i;

	for (i = 0; i < BUDGETS; i++) {
		w = make_world(budgets[i].capacity, budgets[i].period,
		    budgets[i].burst, budgets[i].strict,
		    proxies[(unsigned)_i % 4], (unsigned)_i * 7 + i);
		w->delay = (draw(100) + 1) * MS;
		w->faults = 2000;
		w->costly = !budgets[i].strict;
		run(w, 30000);
		free_world(w);
	}
}
END_TEST

/* Nobody has just come, who could not know. */
START_TEST(not_when_its_clock_goes_forward)
{
	struct world *w;
	unsigned i;

	for (i = 0; i < BUDGETS; i++) {
		w = make_world(budgets[i].capacity, budgets[i].period,
		    budgets[i].burst, budgets[i].strict,
		    proxies[(unsigned)_i % 4], (unsigned)_i * 7 + i);
		w->delay = (draw(50) + 1) * MS;
		run(w, 3000);
		w->steps = 4000;
		run(w, 40000);
		ck_assert_uint_gt(w->late, 0);
		free_world(w);
	}
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

/* More than there is in a second for each of them, and for few. */
START_TEST(many_have_their_share)
{
	static const uint64_t capacities[] = { 50, 4 };
	uint64_t capacity = capacities[_i], least = UINT64_MAX, could;
	struct world *w = make_world(capacity, SEC, capacity, false, PROXIES,
	    1);
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
	    (int)repetitions(12));
	tcase_add_loop_test(tcase, not_when_its_clock_goes_forward, 0,
	    (int)repetitions(4));
	tcase_add_loop_test(tcase, is_used, 0,
	    (int)repetitions(4 * BUDGETS));
	tcase_add_loop_test(tcase, many_have_their_share, 0,
	    (int)repetitions(2));
	tcase_add_loop_test(tcase, a_costly_one_does_not_starve, 0,
	    (int)repetitions(3));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

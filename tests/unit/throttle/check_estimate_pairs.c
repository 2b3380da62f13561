/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_estimate_sim.h"
#include "check_run.h"

/*
 * How soon two limits at once are found, of which the shorter one is small: few
 * requests in a second tell little of it, and what is met seldom is soon blamed
 * for it.
 */

#define SEEDS	3
#define JITTERS	3
#define CELLS	(SEEDS * JITTERS * 4)

/*
 * Of each the most refusals beyond those that were on their way at the first
 * one, and the most time by that of a throttle that was told both.  Means over
 * jitters, arrivals, with Retry-After and without.
 */
static const struct row {
	const char	*what;
	struct origin_limit shorter;
	struct origin_limit longer;
	double		 refused;
	double		 time;
} rows[] = {
	{ "10 per 1 s, and 80 per 6 s that are never reached",
	    { .kind = SLIDING, .n = 10, .w = SEC },
	    { .kind = SLIDING, .n = 80, .w = 6 * SEC }, 10, 1.05 },
	{ "20 per 1 s, 80 per 6 s", { .kind = SLIDING, .n = 20, .w = SEC },
	    { .kind = SLIDING, .n = 80, .w = 6 * SEC }, 22, 1.1 },
	{ "fixed, 20 per 1 s, 80 per 6 s", { .kind = FIXED, .n = 20, .w = SEC },
	    { .kind = FIXED, .n = 80, .w = 6 * SEC }, 33, 1.1 },
	{ "5 per 1 s, 100 per 30 s", { .kind = SLIDING, .n = 5, .w = SEC },
	    { .kind = SLIDING, .n = 100, .w = 30 * SEC }, 30, 1.07 },
	{ "3 per 1 s, 60 per 60 s", { .kind = SLIDING, .n = 3, .w = SEC },
	    { .kind = SLIDING, .n = 60, .w = 60 * SEC }, 30, 1.06 },
	{ "a bucket of 5 per 1 s, 100 per 30 s",
	    { .kind = BUCKET, .n = 5, .w = SEC },
	    { .kind = FIXED, .n = 100, .w = 30 * SEC }, 30, 1.02 },
};

static bool
brief(void)
{
	return repetitions(10) < 10;
}

static struct trial
cell(const struct row *r, unsigned i)
{
	static const uint64_t jitters[JITTERS] = { 0, 50 * MS, 100 * MS };

	return (struct trial){
		.limits = { r->shorter, r->longer },
		.nlimits = 2,
		.clients = 25,
		.latency = MS,
		.jitter = jitters[i % JITTERS],
		.poisson = i / JITTERS % 2 != 0,
		.names = i / (2 * JITTERS) % 2 != 0,
		.total = brief() ? 40 : 800,
		.seed = i / (4 * JITTERS) + 1,
	};
}

START_TEST(finds_both)
{
	const struct row *r = &rows[_i];
	double refused = 0, time = 0;
	struct outcome found, known;
	struct trial x;
	unsigned i, cells = brief() ? 1 : CELLS;

	for (i = 0; i < cells; i++) {
		x = cell(r, i);
		found = simulate(x);
		x.knows = true;
		known = simulate(x);
		must(found.done == x.total && known.done == x.total);
		refused += (double)(found.refused - found.at_first -
		    found.questions) / CELLS;
		time += (double)found.time / (double)known.time / CELLS;
	}
	if (!brief() && (refused > r->refused || time > r->time))
		ck_abort_msg("%s: %.1f refused, %.3f of the time", r->what,
		    refused, time);
}
END_TEST

static Suite *
estimate_pairs_suite(void)
{
	Suite *suite = suite_create("estimate_pairs");
	TCase *tc = tcase_create("estimate_pairs");

	tcase_set_timeout(tc, 600);
	ROWS(tc, finds_both, rows);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_pairs_suite());
}

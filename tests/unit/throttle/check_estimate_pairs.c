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
#define LONG_SEEDS 8	/* of what takes an hour */
#define MINUTE	(60 * SEC)

#define BUCKET_OF_5	{ .kind = BUCKET, .n = 5, .w = SEC }
#define FIXED_OF(a, s)	{ .kind = FIXED, .n = (a), .w = (s) * SEC }

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
	unsigned i, cells = brief() ? 1 : CELLS;

	for (i = 0; i < cells; i++)
		add_cost(cell(r, i), CELLS, &refused, &time);
	if (!brief() && (refused > r->refused || time > r->time))
		ck_abort_msg("%s: %.1f refused, %.3f of the time", r->what,
		    refused, time);
}
END_TEST

/*
 * What of all that goes for an hour, from the twentieth minute on, as a part of
 * what the host allows, and how many it refuses: of two limits, and of one and an
 * outage, which is not taken for a second one for long.
 */
static const struct stay {
	const char	*what;
	struct origin_limit shorter;
	struct origin_limit longer;	/* n: 0: none */
	bool		 names;
	uint64_t	 down;		/* ns */
	uint64_t	 lasts;		/* ns */
	double		 refused;
	double		 part;
} stays[] = {
	{ "a bucket, fixed 100 per 30 s", BUCKET_OF_5, FIXED_OF(100, 30),
	    false, 0, 0, 75, 0.95 },
	{ "a bucket, fixed 100 per 30 s, named", BUCKET_OF_5,
	    FIXED_OF(100, 30), true, 0, 0, 40, 0.93 },
	{ "a bucket, fixed 1000 per 600 s", BUCKET_OF_5, FIXED_OF(1000, 600),
	    false, 0, 0, 115, 0.98 },
	{ "a bucket, fixed 1000 per 600 s, named", BUCKET_OF_5,
	    FIXED_OF(1000, 600), true, 0, 0, 40, 0.88 },
	{ "a bucket, fixed 1000 per 600 s, an outage", BUCKET_OF_5,
	    FIXED_OF(1000, 600), true, 15 * MINUTE, MINUTE, 50, 0.82 },
	{ "10 per 1 s, 50 per 6 s, named",
	    { .kind = SLIDING, .n = 10, .w = SEC },
	    { .kind = SLIDING, .n = 50, .w = 6 * SEC }, true, 0, 0, 40, 0.93 },
	{ "a bucket, an outage of 10 s", { .kind = BUCKET, .n = 10, .w = SEC,
	    .burst = 5 }, { .n = 0 }, false, 15 * SEC, 10 * SEC, 55, 0.97 },
	{ "a bucket, an outage of 5 min, named", { .kind = BUCKET, .n = 10,
	    .w = SEC, .burst = 5 }, { .n = 0 }, true, MINUTE, 5 * MINUTE, 30,
	    0.8 },
	{ "a slow bucket, an outage of 2 min", { .kind = BUCKET, .n = 60,
	    .w = MINUTE, .burst = 5 }, { .n = 0 }, false, 200 * SEC,
	    2 * MINUTE, 60, 0.98 },
};

static struct trial
stay_of(const struct stay *s, unsigned seed)
{
	return (struct trial){
		.limits = { s->shorter, s->longer },
		.nlimits = s->longer.n != 0 ? 2 : 1,
		.clients = 25,
		.latency = 10 * MS,
		.jitter = seed % 2 != 0 ? 2 * MS : 0,
		.poisson = seed % 4 >= 2,
		.names = s->names,
		.down = s->down,
		.down_until = s->down + s->lasts,
		.total = UINT32_MAX,
		.seed = seed,
		.watched = 20 * MINUTE,
		.until = brief() ? 5 * SEC : 60 * MINUTE,
	};
}

START_TEST(keeps_both)
{
	const struct stay *s = &stays[_i];
	double refused = 0, part = 0;
	struct outcome found;
	struct trial x;
	unsigned seed;

	for (seed = 1; seed <= (brief() ? 1 : LONG_SEEDS); seed++) {
		x = stay_of(s, seed);
		found = simulate(x);
		must(found.done > 0);
		refused += (double)found.refused / LONG_SEEDS;
		part += part_that_went(&x, &found) / LONG_SEEDS;
	}
	if (!brief() && (refused > s->refused || part < s->part))
		ck_abort_msg("%s: %.1f refused, %.3f went", s->what, refused,
		    part);
}
END_TEST

static Suite *
estimate_pairs_suite(void)
{
	Suite *suite = suite_create("estimate_pairs");
	TCase *tc = tcase_create("estimate_pairs");

	tcase_set_timeout(tc, 600);
	ROWS(tc, finds_both, rows);
	ROWS(tc, keeps_both, stays);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_pairs_suite());
}

/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_estimate_sim.h"
#include "check_run.h"

/*
 * What an estimate makes of hosts that count in other ways than a window or a
 * bucket does: two fixed windows that are taken for a sliding one, and refused
 * requests that take a place, too.
 */

#define MINUTE	(60 * SEC)
#define SEEDS	6

/*
 * Of each the most refusals beyond those that were on their way at the first
 * one, and how much goes at least from the fifth minute to the twentieth, as a
 * part of what the host allows.  Means over seeds, of which half have clients
 * that come at random, and every other one has jitter.
 */
static const struct row {
	enum kind	 kind;
	uint64_t	 n;
	uint64_t	 w;
	bool		 greedy;
	bool		 names;
	double		 refused;
	double		 part;
} rows[] = {
	{ COUNTED, 20, 2 * SEC, false, false, 22, 0.91 },
	{ COUNTED, 80, 6 * SEC, false, false, 36, 0.81 },
	{ COUNTED, 60, MINUTE, false, false, 36, 0.86 },
	{ COUNTED, 1000, 30 * SEC, false, false, 80, 0.79 },
	{ SLIDING, 80, 6 * SEC, true, false, 60, 0.86 },
	{ SLIDING, 80, 6 * SEC, true, true, 12, 0.92 },
	{ SLIDING, 1000, 30 * SEC, true, false, 22, 0.97 },
	{ BUCKET, 7, 3 * SEC, true, false, 20, 0.98 },
	{ BUCKET, 80, 6 * SEC, true, false, 48, 0.97 },
	{ BUCKET, 80, 6 * SEC, true, true, 20, 0.98 },
	{ BUCKET, 1000, 30 * SEC, true, true, 25, 0.98 },
};

START_TEST(copes)
{
	const struct row *r = &rows[_i];
	double refused = 0, part = 0;
	struct outcome found;
	struct trial x;
	uint64_t seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		x = (struct trial){
			.limits = {{ .kind = r->kind, .n = r->n, .w = r->w,
			    .greedy = r->greedy }},
			.nlimits = 1,
			.clients = 25,
			.latency = 10 * MS,
			.jitter = seed % 2 != 0 ? 2 * MS : 0,
			.poisson = seed % 4 >= 2,
			.total = UINT32_MAX,
			.seed = seed,
			.names = r->names,
			.watched = 5 * MINUTE,
			.until = 20 * MINUTE,
		};
		/* under valgrind a short one, of which no figure is looked at */
		if (brief())
			x.until = 5 * SEC;
		found = simulate(x);
		if (brief()) {
			must(found.done > 0);
			return;
		}
		refused += (double)(found.refused - found.at_first) / SEEDS;
		part += part_that_went(&x, &found) / SEEDS;
	}
	if (refused > r->refused || part < r->part)
		ck_abort_msg("%d per %d s: %.1f refused, %.3f went",
		    (int)r->n, (int)(r->w / SEC), refused, part);
}
END_TEST

static Suite *
estimate_counted_suite(void)
{
	Suite *suite = suite_create("estimate_counted");
	TCase *tc = tcase_create("estimate_counted");

	tcase_set_timeout(tc, 600);
	ROWS(tc, copes, rows);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_counted_suite());
}

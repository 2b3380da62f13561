/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_estimate_sim.h"
#include "check_run.h"

/*
 * What an estimate makes of buckets that hold little, and are filled quickly:
 * of what a host forgives at once there is nothing to be seen of its pace, they
 * are full again as soon as it is waited for a second, and where answers take
 * long so few at once look like slots.
 */

#define MINUTE	(60 * SEC)
#define SEEDS	6

/*
 * Of each the most refusals beyond those that were on their way at the first
 * one, and how much goes at least from the fifth minute to the twentieth, as a
 * part of what the host allows.  Means over seeds, of which every other one has
 * jitter, where it may.
 */
static const struct row {
	uint64_t	 n;		/* a second */
	uint64_t	 burst;
	uint64_t	 latency;	/* ns */
	bool		 names;
	double		 refused;
	double		 part;
} rows[] = {
	{ 1, 5, 10 * MS, false, 32, 0.98 },
	{ 10, 1, 10 * MS, false, 15, 0.86 },
	{ 10, 1, 300 * MS, false, 15, 0.80 },
	{ 10, 1, 300 * MS, true, 15, 0.80 },
	{ 10, 5, 10 * MS, true, 10, 0.95 },
	{ 10, 5, 300 * MS, false, 16, 0.95 },
	{ 10, 20, 300 * MS, false, 20, 0.98 },
	{ 33, 1, 300 * MS, true, 30, 0.75 },
	{ 33, 5, 10 * MS, true, 10, 0.90 },
	{ 33, 5, 300 * MS, false, 30, 0.83 },
	{ 33, 20, 10 * MS, false, 25, 0.98 },
	{ 33, 20, 300 * MS, false, 26, 0.95 },
	{ 50, 5, 10 * MS, true, 10, 0.88 },
	{ 50, 5, 300 * MS, false, 32, 0.85 },
	{ 50, 20, 10 * MS, true, 10, 0.82 },
	{ 50, 20, 300 * MS, false, 24, 0.88 },
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
			.limits = {{ .kind = BUCKET, .n = r->n, .w = SEC,
			    .burst = r->burst }},
			.nlimits = 1,
			.clients = 25,
			.latency = r->latency,
			.jitter = r->burst > 1 && seed % 2 != 0 ? 20 * MS : 0,
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
		ck_abort_msg("%d a second, %d at once, %d ms: %.1f refused, "
		    "%.3f went", (int)r->n, (int)r->burst,
		    (int)(r->latency / MS), refused, part);
}
END_TEST

static Suite *
estimate_buckets_suite(void)
{
	Suite *suite = suite_create("estimate_buckets");
	TCase *tc = tcase_create("estimate_buckets");

	tcase_set_timeout(tc, 600);
	ROWS(tc, copes, rows);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_buckets_suite());
}

/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_estimate_sim.h"
#include "check_run.h"

/*
 * What an estimate makes of a host that says nothing while others use the key,
 * when they have left, and where it looks as if they did: answers that take
 * unequally long, a slow upload, a moment in which all are refused.
 */

#define MINUTE	(60 * SEC)
#define SEEDS	8
#define QUARTER	25		/* percent, of others */
#define ENOUGH	30		/* refused, beyond those at first */
#define MOMENT	(200 * MS)

/*
 * Of each the most refusals beyond those that were on their way at the first
 * one, and how much goes at least, in ten minutes or so: as a part of what goes
 * by a throttle that was told the limit and is alone, and whose host has no bad
 * moment; where others stay, of three quarters of that.  There no more than
 * thirty are refused, or than of one that was told.  Means over seeds.
 */
static const struct row {
	const char	*what;
	enum kind	 kind;
	uint64_t	 n;
	uint64_t	 w;
	uint64_t	 latency;	/* ns; 0: 10 ms */
	uint64_t	 work;		/* ns: most answers take that, too */
	bool		 uneven;	/* work is their mean */
	uint64_t	 upload;	/* ns: of the first client, each */
	bool		 others;	/* they use a quarter, */
	uint64_t	 leave;		/* ns: ... until then; 0: for good */
	uint64_t	 down;		/* ns: all are refused for a moment */
	uint64_t	 from;		/* ns: what goes is counted since */
	uint64_t	 lasts;		/* ns; 0: ten minutes */
	double		 refused;
	double		 part;
} rows[] = {
	{ .what = "fixed, 7 per 3 s, others",
	    .kind = FIXED, .n = 7, .w = 3 * SEC, .others = true,
	    .refused = 60, .part = 0.85 },
	{ .what = "fixed, 10 per 10 s, others",
	    .kind = FIXED, .n = 10, .w = 10 * SEC, .others = true,
	    .refused = 35, .part = 1.05 },
	{ .what = "fixed, 20 per 10 s, others",
	    .kind = FIXED, .n = 20, .w = 10 * SEC, .others = true,
	    .refused = 35, .part = 1.11 },
	{ .what = "fixed, 80 per 6 s, others",
	    .kind = FIXED, .n = 80, .w = 6 * SEC, .others = true,
	    .refused = 45, .part = 1.03 },
	{ .what = "fixed, 1,000 per 30 s, others",
	    .kind = FIXED, .n = 1000, .w = 30 * SEC, .others = true,
	    .refused = 45, .part = 1.25 },
	{ .what = "sliding, 7 per 3 s, others",
	    .kind = SLIDING, .n = 7, .w = 3 * SEC, .others = true,
	    .refused = 25, .part = 0.96 },
	{ .what = "sliding, 10 per 10 s, others",
	    .kind = SLIDING, .n = 10, .w = 10 * SEC, .others = true,
	    .refused = 15, .part = 1.15 },
	{ .what = "sliding, 20 per 10 s, others",
	    .kind = SLIDING, .n = 20, .w = 10 * SEC, .others = true,
	    .refused = 25, .part = 1.17 },
	{ .what = "sliding, 80 per 6 s, others",
	    .kind = SLIDING, .n = 80, .w = 6 * SEC, .others = true,
	    .refused = 35, .part = 0.89 },
	{ .what = "sliding, 20 per 2 s, others",
	    .kind = SLIDING, .n = 20, .w = 2 * SEC, .others = true,
	    .refused = 55, .part = 0.70 },
	{ .what = "sliding, 200 per 60 s, others",
	    .kind = SLIDING, .n = 200, .w = MINUTE, .others = true,
	    .refused = 20, .part = 1.2 },
	{ .what = "sliding, 1,000 per 30 s, others",
	    .kind = SLIDING, .n = 1000, .w = 30 * SEC, .others = true,
	    .refused = 50, .part = 1.06 },
	{ .what = "sliding, 1,000 per 30 s, others, slow",
	    .kind = SLIDING, .n = 1000, .w = 30 * SEC, .others = true,
	    .work = 590 * MS, .refused = 40, .part = 0.81 },
	{ .what = "sliding, 80 per 6 s, others, uploads",
	    .kind = SLIDING, .n = 80, .w = 6 * SEC, .others = true,
	    .upload = 20 * SEC, .refused = 30, .part = 0.55 },
	{ .what = "sliding, 1,000 per 30 s, others, uploads",
	    .kind = SLIDING, .n = 1000, .w = 30 * SEC, .others = true,
	    .upload = 20 * SEC, .refused = 45, .part = 0.89 },
	{ .what = "fixed, 10 per 10 s, they leave",
	    .kind = FIXED, .n = 10, .w = 10 * SEC, .others = true,
	    .leave = 5 * MINUTE, .from = 5 * MINUTE,
	    .refused = 30, .part = 0.89 },
	{ .what = "fixed, 80 per 6 s, they leave",
	    .kind = FIXED, .n = 80, .w = 6 * SEC, .others = true,
	    .leave = 5 * MINUTE, .from = 5 * MINUTE,
	    .refused = 40, .part = 0.85 },
	{ .what = "sliding, 10 per 10 s, they leave",
	    .kind = SLIDING, .n = 10, .w = 10 * SEC, .others = true,
	    .leave = 5 * MINUTE, .from = 5 * MINUTE,
	    .refused = 14, .part = 0.93 },
	{ .what = "sliding, 80 per 6 s, they leave",
	    .kind = SLIDING, .n = 80, .w = 6 * SEC, .others = true,
	    .leave = 5 * MINUTE, .from = 5 * MINUTE,
	    .refused = 30, .part = 0.79 },
	{ .what = "sliding, 1,000 per 30 s, they leave",
	    .kind = SLIDING, .n = 1000, .w = 30 * SEC, .others = true,
	    .leave = 5 * MINUTE, .from = 5 * MINUTE,
	    .refused = 60, .part = 0.84 },
	{ .what = "sliding, 80 per 6 s, they leave late",
	    .kind = SLIDING, .n = 80, .w = 6 * SEC, .others = true,
	    .leave = 20 * MINUTE, .from = 20 * MINUTE,
	    .refused = 40, .part = 0.57 },
	{ .what = "sliding, 80 per 6 s, slow, they leave",
	    .kind = SLIDING, .n = 80, .w = 6 * SEC, .others = true,
	    .work = 590 * MS, .leave = 5 * MINUTE, .from = 5 * MINUTE,
	    .refused = 40, .part = 0.69 },
	{ .what = "fixed, 80 per 6 s, slow, alone",
	    .kind = FIXED, .n = 80, .w = 6 * SEC, .work = 590 * MS,
	    .down = 5 * MINUTE, .from = 6 * MINUTE,
	    .refused = 22, .part = 0.89 },
	{ .what = "sliding, 80 per 6 s, slow, alone",
	    .kind = SLIDING, .n = 80, .w = 6 * SEC, .work = 590 * MS,
	    .down = 5 * MINUTE, .from = 6 * MINUTE,
	    .refused = 21, .part = 0.85 },
	{ .what = "sliding, 80 per 6 s, less slow, alone",
	    .kind = SLIDING, .n = 80, .w = 6 * SEC, .latency = MS,
	    .work = 299 * MS, .down = 5 * MINUTE, .from = 6 * MINUTE,
	    .refused = 13, .part = 0.98 },
	{ .what = "sliding, 1,000 per 30 s, slow, alone",
	    .kind = SLIDING, .n = 1000, .w = 30 * SEC, .work = 590 * MS,
	    .down = 5 * MINUTE, .from = 6 * MINUTE,
	    .refused = 20, .part = 0.76 },
	{ .what = "sliding, 300 per 45 s, uneven, alone",
	    .kind = SLIDING, .n = 300, .w = 45 * SEC, .work = 800 * MS,
	    .uneven = true, .from = 60 * MINUTE, .lasts = 60 * MINUTE,
	    .refused = 18, .part = 0.975 },
	{ .what = "fixed, 80 per 6 s, uploads, alone",
	    .kind = FIXED, .n = 80, .w = 6 * SEC, .upload = 20 * SEC,
	    .down = 5 * MINUTE, .from = 6 * MINUTE,
	    .refused = 10, .part = 0.56 },
	{ .what = "sliding, 100 per 60 s, very slow, alone",
	    .kind = SLIDING, .n = 100, .w = MINUTE, .latency = 3 * SEC,
	    .down = 30 * MINUTE, .from = 31 * MINUTE, .lasts = 30 * MINUTE,
	    .refused = 10, .part = 0.99 },
	{ .what = "fixed, 600 per 300 s, very slow, alone",
	    .kind = FIXED, .n = 600, .w = 5 * MINUTE, .latency = 2 * SEC,
	    .down = 60 * MINUTE, .from = 65 * MINUTE, .lasts = 60 * MINUTE,
	    .refused = 45, .part = 0.96 },
	{ .what = "sliding, 600 per 300 s, very slow, alone",
	    .kind = SLIDING, .n = 600, .w = 5 * MINUTE, .work = 4 * SEC,
	    .down = 60 * MINUTE, .from = 65 * MINUTE, .lasts = 60 * MINUTE,
	    .refused = 25, .part = 0.96 },
};

static struct trial
trial_of(const struct row *r, uint64_t seed)
{
	uint64_t lasts = r->lasts != 0 ? r->lasts : 10 * MINUTE;

	/* under valgrind a short one, of which no figure is looked at */
	if (brief())
		lasts = 10 * SEC;
	return (struct trial){
		.limits = {{ .kind = r->kind, .n = r->n, .w = r->w }},
		.nlimits = 1,
		.clients = r->n >= 1000 && r->work != 0 ? 50 : 25,
		.latency = r->latency != 0 ? r->latency : 10 * MS,
		.work = r->work,
		.quick = r->work != 0 && !r->uneven ? 5 : 0,
		.uneven = r->uneven,
		.upload = r->upload,
		.others = r->others ? QUARTER : 0,
		.others_until = r->leave,
		.down = r->down,
		.down_until = r->down != 0 ? r->down + MOMENT : 0,
		.total = UINT32_MAX,
		.seed = seed,
		.names = r->work == 0 && r->upload == 0 && seed % 2 == 0,
		.watched = r->from,
		.until = brief() ? lasts : r->from + lasts,
	};
}

/* The same, where it is known, and nobody else uses it. */
static struct outcome
simulate_known(struct trial x)
{
	x.knows = true;
	x.others = 0;
	x.down_until = 0;
	return simulate(x);
}

/* How many are refused where it is known, and others use a quarter of it. */
static double
refused_known(const struct row *r)
{
	struct outcome out;
	struct trial x;
	double refused = 0;
	uint64_t seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		x = trial_of(r, seed);
		x.knows = true;
		out = simulate(x);
		refused += (double)(out.refused - out.at_first) / SEEDS;
	}
	return refused;
}

START_TEST(copes)
{
	const struct row *r = &rows[_i];
	bool stay = r->others && r->leave == 0;
	double refused = 0, known, part = 0, all;
	struct outcome found;
	struct trial x;
	uint64_t seed;

	for (seed = 1; seed <= SEEDS; seed++) {
		x = trial_of(r, seed);
		found = simulate(x);
		if (brief()) {
			must(found.done > 0);
			return;
		}
		all = (double)simulate_known(x).watched;
		if (stay)
			all *= (100. - QUARTER) / 100;
		refused += (double)(found.refused - found.at_first) / SEEDS;
		part += (double)found.watched / all / SEEDS;
	}
	if (refused > r->refused || part < r->part)
		ck_abort_msg("%s: %.1f refused, %.3f went", r->what, refused,
		    part);
	if (stay && refused > ENOUGH && refused > (known = refused_known(r)))
		ck_abort_msg("%s: %.1f refused, but %.1f where it is known",
		    r->what, refused, known);
}
END_TEST

static Suite *
estimate_others_suite(void)
{
	Suite *suite = suite_create("estimate_others");
	TCase *tc = tcase_create("estimate_others");

	tcase_set_timeout(tc, 600);
	ROWS(tc, copes, rows);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_others_suite());
}

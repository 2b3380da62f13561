/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>

#include "check_estimate_sim.h"
#include "check_run.h"

/*
 * How soon limits are found that nobody tells, and what finding them costs:
 * beside a throttle that was told them, with the same arrivals.
 */

#define CLIENTS		3
#define LATENCIES	3
#define CELLS		(CLIENTS * LATENCIES * 4)

/*
 * The most refusals beyond those that were on their way at the first one, and the
 * most time by that of a throttle that was told; means over all crowds,
 * latencies, arrivals, with Retry-After and without, each with a phase of its
 * own.
 */
static const struct family {
	const char	*what;
	enum kind	 kind;
	uint64_t	 n;
	uint64_t	 w;
	uint64_t	 also_n;	/* of a longer window besides; or 0 */
	uint64_t	 also_w;
	uint64_t	 total;
	double		 refused;
	double		 time;
} families[] = {
	{ "fixed, 7 per 3 s", FIXED, 7, 3 * SEC, 0, 0, 800, 30, 1.03 },
	{ "fixed, 80 per 6 s", FIXED, 80, 6 * SEC, 0, 0, 800, 30, 1.03 },
	{ "fixed, 80 per 7.3 s", FIXED, 80, 7300 * MS, 0, 0, 800, 30, 1.03 },
	{ "fixed, 1,000 per 30 s", FIXED, 1000, 30 * SEC, 0, 0, 10000, 30,
	    1.03 },
	{ "sliding, 7 per 3 s", SLIDING, 7, 3 * SEC, 0, 0, 800, 30, 1.03 },
	{ "sliding, 80 per 6 s", SLIDING, 80, 6 * SEC, 0, 0, 800, 30, 1.03 },
	{ "sliding, 80 per 7.3 s", SLIDING, 80, 7300 * MS, 0, 0, 800, 30,
	    1.03 },
	{ "sliding, 1,000 per 30 s", SLIDING, 1000, 30 * SEC, 0, 0, 10000, 30,
	    1.03 },
	{ "bucket, 7 per 3 s", BUCKET, 7, 3 * SEC, 0, 0, 800, 30, 1.03 },
	{ "bucket, 80 per 6 s", BUCKET, 80, 6 * SEC, 0, 0, 800, 30, 1.03 },
	{ "bucket, 1,000 per 30 s", BUCKET, 1000, 30 * SEC, 0, 0, 10000, 30,
	    1.03 },
	{ "4 at a time, 0.2 s each", SLOTS, 4, 200 * MS, 0, 0, 800, 30, 1.1 },
	{ "20 per 1 s and 80 per 6 s", SLIDING, 20, SEC, 80, 6 * SEC, 800, 30,
	    1.1 },
};

#define BRIEF	(10 * SEC)	/* under valgrind */

static const unsigned crowds[CLIENTS] = { 5, 25, 100 };

static struct trial
cell(const struct family *f, unsigned i)
{
	static const uint64_t latencies[LATENCIES] = { MS, 50 * MS,
		300 * MS };
	unsigned latency = i / CLIENTS % LATENCIES;

	return (struct trial){
		.limits = {
			{ .kind = f->kind, .n = f->n, .w = f->w },
			{ .kind = f->kind, .n = f->also_n, .w = f->also_w },
		},
		.nlimits = f->also_n != 0 ? 2 : 1,
		.clients = crowds[i % CLIENTS],
		.latency = latencies[latency],
		.jitter = latency == 1 ? 50 * MS : 0,
		.poisson = i / (CLIENTS * LATENCIES) % 2 != 0,
		.names = i / (CLIENTS * LATENCIES) >= 2,
		.total = brief() ? 40 : f->total,
		.seed = i + 1,
	};
}

START_TEST(finds)
{
	const struct family *f = &families[_i];
	double refused = 0, time = 0;
	unsigned i, cells = brief() ? 1 : CELLS;

	for (i = 0; i < cells; i++)
		add_cost(cell(f, i), CELLS, &refused, &time);
	if (brief())
		return;
	if (refused > f->refused || time > f->time)
		ck_abort_msg("%s: %.1f refused, %.3f of the time", f->what,
		    refused, time);
}
END_TEST

/*
 * Where ways are uneven, a window that was found open early need not be shorter:
 * by that it was cut to a part of what it is, and refused again and again.
 */
START_TEST(finds_by_uneven_ways)
{
	double refused = 0, time = 0;
	unsigned i, cells = brief() ? 1 : 60;

	for (i = 0; i < cells; i++)
		add_cost((struct trial){
			.limits = { { .kind = SLIDING, .n = 20, .w = SEC } },
			.nlimits = 1,
			.clients = crowds[i % CLIENTS],
			.latency = 2 * MS,
			.jitter = 100 * MS,
			.poisson = i / CLIENTS % 2 != 0,
			.names = true,
			.total = brief() ? 40 : 800,
			.seed = i + 1,
		}, cells, &refused, &time);
	if (!brief() && (refused > 6 || time > 1.15))
		ck_abort_msg("%.1f refused, %.3f of the time", refused, time);
}
END_TEST

/*
 * Several that use one limit, and the host says what is left of it, or nothing:
 * beside one that was told the limit.  Means over seeds.
 */
static const struct several {
	const char	*what;
	enum kind	 kind;
	unsigned	 proxies;
	enum fields	 fields;
	uint64_t	 jitter;	/* ns */
	double		 refused;	/* but for those at first */
	double		 time;
	bool		 mute;		/* no Retry-After, either */
} several[] = {
	{ "fixed, one, left", FIXED, 1, LEFT, 0, 10, 1.03 },
	{ "fixed, one, window", FIXED, 1, WINDOW, 0, 0, 1.03 },
	{ "sliding, one, left", SLIDING, 1, LEFT, 0, 0, 1.03 },
	{ "sliding, one, window", SLIDING, 1, WINDOW, 0, 0, 1.03 },
	{ "bucket, one, left", BUCKET, 1, LEFT, 0, 0, 1.03 },
	{ "bucket, one, window", BUCKET, 1, WINDOW, 0, 0, 1.03 },
	{ "fixed, one, dated", FIXED, 1, DATED, 0, 10, 1.03 },
	{ "sliding, one, dated", SLIDING, 1, DATED, 0, 10, 1.04 },
	{ "bucket, one, dated", BUCKET, 1, DATED, 0, 0, 1.03 },
	{ "bucket, one, dated, jitter", BUCKET, 1, DATED, 15 * MS, 2, 1.03 },
	{ "fixed, one, left, jitter", FIXED, 1, LEFT, 50 * MS, 20, 1.06 },
	{ "sliding, one, left, jitter", SLIDING, 1, LEFT, 50 * MS, 2, 1.06 },
	{ "bucket, one, left, jitter", BUCKET, 1, LEFT, 50 * MS, 2, 1.03 },
	{ "fixed, two, silent", FIXED, 2, SILENT, 15 * MS, 40, 1.05 },
	{ "fixed, four, silent", FIXED, 4, SILENT, 15 * MS, 65, 1.05 },
	{ "sliding, two, silent", SLIDING, 2, SILENT, 15 * MS, 20, 1.05 },
	{ "sliding, four, silent", SLIDING, 4, SILENT, 15 * MS, 30, 1.1 },
	{ "fixed, two, mute", FIXED, 2, SILENT, 15 * MS, 55, 1.05, true },
	{ "fixed, four, mute", FIXED, 4, SILENT, 15 * MS, 100, 1.05, true },
	{ "sliding, two, mute", SLIDING, 2, SILENT, 15 * MS, 35, 1.05, true },
	{ "sliding, four, mute", SLIDING, 4, SILENT, 15 * MS, 65, 1.06, true },
	{ "fixed, two, left", FIXED, 2, LEFT, 15 * MS, 30, 1.1 },
	{ "fixed, two, window", FIXED, 2, WINDOW, 15 * MS, 30, 1.1 },
	{ "fixed, four, left", FIXED, 4, LEFT, 15 * MS, 40, 1.1 },
	{ "fixed, four, window", FIXED, 4, WINDOW, 15 * MS, 40, 1.1 },
	{ "sliding, two, left", SLIDING, 2, LEFT, 15 * MS, 35, 1.1 },
	{ "sliding, two, window", SLIDING, 2, WINDOW, 15 * MS, 20, 1.1 },
	{ "sliding, four, left", SLIDING, 4, LEFT, 15 * MS, 35, 1.1 },
	{ "sliding, four, window", SLIDING, 4, WINDOW, 15 * MS, 35, 1.1 },
	{ "fixed, two, dated", FIXED, 2, DATED, MS, 30, 1.03 },
	{ "fixed, four, dated", FIXED, 4, DATED, MS, 35, 1.03 },
	{ "sliding, two, dated", SLIDING, 2, DATED, MS, 20, 1.03 },
	{ "sliding, four, dated", SLIDING, 4, DATED, MS, 35, 1.03 },
	{ "sliding, two, dated, jitter", SLIDING, 2, DATED, 15 * MS, 25, 1.06 },
	{ "sliding, four, dated, jitter", SLIDING, 4, DATED, 15 * MS, 35,
	    1.06 },
};

#define SEEDS	20	/* of one that several use */

START_TEST(shares_with_others)
{
	const struct several *c = &several[_i];
	unsigned seeds = brief() ? 1 : SEEDS;
	double refused = 0, time = 0;
	struct outcome found, known;
	struct trial x;

	x = (struct trial){
		.limits = {{ .kind = c->kind, .n = 80, .w = 6 * SEC }},
		.nlimits = 1,
		.clients = 24,
		.latency = MS,
		.jitter = c->jitter,
		.names = !c->mute,
		.fields = c->fields,
		.total = brief() ? 40 : 800,
	};
	for (x.seed = 1; x.seed <= seeds; x.seed++) {
		x.knows = false;
		x.proxies = c->proxies;
		found = simulate(x);
		x.knows = true;
		x.proxies = 1;
		known = simulate(x);
		must(found.done == x.total && known.done == x.total);
		refused += (double)(found.refused - found.at_first) / SEEDS;
		time += (double)found.time / (double)known.time / SEEDS;
	}
	if (!brief() && (refused > c->refused || time > c->time))
		ck_abort_msg("%s: %.1f refused, %.3f of the time", c->what,
		    refused, time);
}
END_TEST

/*
 * One of two has begun later, and has found little of the limit; when the other
 * one is done, it is not kept from the rest for an hour.  Means over seeds.
 */
static const struct rest {
	enum kind	 kind;
	bool		 names;
	double		 refused;	/* but for those at first */
	double		 time;
} rests[] = {
	{ FIXED, false, 80, 1.7 },
	{ FIXED, true, 45, 1.7 },
	{ SLIDING, false, 50, 1.7 },
	{ SLIDING, true, 25, 1.7 },
};

#define REST_SEEDS	4

START_TEST(takes_over)
{
	const struct rest *c = &rests[_i];
	unsigned seeds = brief() ? 1 : REST_SEEDS;
	double refused = 0, time = 0;
	struct outcome found, known;
	struct trial x;

	x = (struct trial){
		.limits = {{ .kind = c->kind, .n = 80, .w = 6 * SEC }},
		.nlimits = 1,
		.clients = 24,
		.latency = 5 * MS,
		.jitter = MS,
		.newcomer = 30 * MS,
		.names = c->names,
		.total = brief() ? 40 : 4800,
	};
	for (x.seed = 1; x.seed <= seeds; x.seed++) {
		x.knows = false;
		x.proxies = 2;
		found = simulate(x);
		x.knows = true;
		x.proxies = 1;
		known = simulate(x);
		must(found.done == x.total && known.done == x.total);
		refused += (double)(found.refused - found.at_first) / seeds;
		time += (double)found.time / (double)known.time / seeds;
	}
	if (!brief() && (refused > c->refused || time > c->time))
		ck_abort_msg("%u: %.1f refused, %.3f of the time", _i, refused,
		    time);
}
END_TEST

/* Three hours, in which the limit stays or becomes another one. */
static const struct change {
	const char	*what;
	enum kind	 kind;
	uint64_t	 n;
	uint64_t	 w;
	uint64_t	 then;		/* after five minutes */
	uint64_t	 refused;	/* at most */
	uint64_t	 late;		/* ... in the second half */
} changes[] = {
	{ "fixed", FIXED, 80, 6 * SEC, 80, 60, 10 },
	{ "fixed, lowered", FIXED, 80, 6 * SEC, 40, 85, 10 },
	{ "fixed, raised", FIXED, 80, 6 * SEC, 160, 80, 10 },
	{ "sliding", SLIDING, 80, 6 * SEC, 80, 50, 2 },
	{ "sliding, lowered", SLIDING, 80, 6 * SEC, 40, 90, 2 },
	{ "sliding, raised", SLIDING, 80, 6 * SEC, 160, 65, 2 },
	{ "bucket", BUCKET, 80, 6 * SEC, 80, 60, 5 },
	{ "bucket, lowered", BUCKET, 80, 6 * SEC, 40, 75, 5 },
	{ "bucket, raised", BUCKET, 80, 6 * SEC, 160, 70, 20 },
	{ "slots", SLOTS, 8, SEC, 8, 20, 4 },
	{ "slots, lowered", SLOTS, 8, SEC, 4, 20, 4 },
	{ "slots, raised", SLOTS, 8, SEC, 16, 20, 4 },
};

static struct trial
three_hours(enum kind kind, uint64_t n, uint64_t w, uint64_t then, uint64_t seed)
{
	return (struct trial){
		.limits = {{ .kind = kind, .n = n, .w = w }},
		.nlimits = 1,
		.clients = 25,
		.latency = 10 * MS,
		.total = UINT32_MAX,
		.seed = seed,
		.names = seed % 2 == 0,
		.changed = then != n ? 300 * SEC : 0,
		.changed_n = then,
		.until = brief() ? BRIEF : 3 * 3600 * SEC,
	};
}

START_TEST(follows)
{
	const struct change *c = &changes[_i];
	uint64_t seed, hour = 3600 * SEC, most = c->then * hour / c->w * 3 / 4;
	struct outcome out;

	for (seed = 1; seed <= (brief() ? 1 : 2); seed++) {
		out = simulate(three_hours(c->kind, c->n, c->w, c->then,
		    seed));
		if (brief())
			return;
		if (out.refused > c->refused || out.late > c->late ||
		    out.tail_done < most - most / 20)
			ck_abort_msg("%s: %llu refused, %llu of them late, "
			    "%llu of %llu went in the end", c->what,
			    (unsigned long long)out.refused,
			    (unsigned long long)out.late,
			    (unsigned long long)out.tail_done,
			    (unsigned long long)most);
	}
}
END_TEST

/*
 * Of one that is known, only questions are refused in the end: one in an hour,
 * and a few where one of the host's windows ended in the middle of ours, so that
 * more went than it allows.  Means over seeds, each of three hours.
 */
static const struct settled {
	uint64_t	 n;
	uint64_t	 w;
	uint64_t	 then;		/* n after five minutes */
	uint64_t	 longer;	/* ns: 100 in that, too; or 0 */
	double		 late;		/* refused in the second half */
} settled[] = {
	{ 80, 6 * SEC, 80, 0, 1.5 },
	{ 80, 6 * SEC, 40, 0, 4 },
	{ 80, 6 * SEC, 160, 0, 2 },
	{ 10, 2 * SEC, 10, 30 * SEC, 4.5 },
};

#define SETTLED_SEEDS	20

START_TEST(settles)
{
	const struct settled *c = &settled[_i];
	uint64_t seeds = brief() ? 1 : SETTLED_SEEDS, seed;
	double late = 0;
	struct trial x;

	for (seed = 1; seed <= seeds; seed++) {
		x = three_hours(FIXED, c->n, c->w, c->then, seed);
		if (c->longer != 0) {
			x.limits[1] = (struct origin_limit){ .kind = FIXED,
				.n = 100, .w = c->longer };
			x.nlimits = 2;
			x.names = true;
		}
		late += (double)simulate(x).late / SETTLED_SEEDS;
	}
	if (!brief() && late > c->late)
		ck_abort_msg("%llu, then %llu: %.2f late",
		    (unsigned long long)c->n, (unsigned long long)c->then,
		    late);
}
END_TEST

/*
 * For some time the host refuses all; when that is over, it is asked soon, and
 * what was known before, or nothing, is found again.
 */
static const struct outage {
	const char	*what;
	enum kind	 kind;
	uint64_t	 n;
	uint64_t	 w;
	uint64_t	 down;		/* from then on */
	uint64_t	 lasts;
} outages[] = {
	{ "fixed, at first", FIXED, 80, 6 * SEC, 0, 60 * SEC },
	{ "sliding, at first", SLIDING, 80, 6 * SEC, 0, 60 * SEC },
	{ "bucket, at first", BUCKET, 80, 6 * SEC, 0, 60 * SEC },
	{ "slots, at first", SLOTS, 8, SEC, 0, 60 * SEC },
	{ "fixed", FIXED, 80, 6 * SEC, 300 * SEC, 300 * SEC },
	{ "sliding", SLIDING, 80, 6 * SEC, 300 * SEC, 300 * SEC },
	{ "bucket", BUCKET, 80, 6 * SEC, 300 * SEC, 300 * SEC },
	{ "slots", SLOTS, 8, SEC, 300 * SEC, 300 * SEC },
};

START_TEST(outlives)
{
	const struct outage *o = &outages[_i];
	uint64_t seed, hour = 3600 * SEC, most = o->n * hour / 2 / o->w;
	struct outcome out;

	for (seed = 1; seed <= (brief() ? 1 : 2); seed++) {
		out = simulate((struct trial){
			.limits = {{ .kind = o->kind, .n = o->n, .w = o->w }},
			.nlimits = 1,
			.clients = 25,
			.latency = 10 * MS,
			.total = UINT32_MAX,
			.seed = seed,
			.names = seed == 2 && o->kind != SLOTS,
			.down = o->down,
			.down_until = o->down + o->lasts,
			.until = brief() ? BRIEF : 2 * hour,
		});
		if (brief())
			return;
		if (out.refused > 120 || out.tail_done < most - most / 20)
			ck_abort_msg("%s: %llu refused, %llu of %llu went in "
			    "the end", o->what,
			    (unsigned long long)out.refused,
			    (unsigned long long)out.tail_done,
			    (unsigned long long)most);
	}
}
END_TEST

/*
 * Others use a quarter of the limit: it is kept, and nobody is shut out, whatever
 * the host says of what is left.  Means over seeds, half of them with
 * Retry-After; beside three quarters of the limit, for all of them.
 */
static const struct shared {
	enum kind	 kind;
	uint64_t	 n;
	uint64_t	 w;
	enum fields	 fields;
	double		 refused;	/* but for those at first */
	double		 time;
} shared[] = {
	{ FIXED, 80, 6 * SEC, SILENT, 30, 1.1 },
	{ FIXED, 80, 6 * SEC, LEFT, 30, 1.1 },
	{ FIXED, 80, 6 * SEC, WINDOW, 30, 1.1 },
	{ FIXED, 80, 6 * SEC, DATED, 30, 1.1 },
	{ FIXED, 7, 3 * SEC, LEFT, 30, 1.1 },
	{ FIXED, 7, 3 * SEC, WINDOW, 30, 1.1 },
	{ FIXED, 60, 60 * SEC, LEFT, 30, 1.1 },
	{ FIXED, 60, 60 * SEC, DATED, 30, 1.1 },
	{ SLIDING, 80, 6 * SEC, SILENT, 30, 1.1 },
	{ SLIDING, 80, 6 * SEC, LEFT, 30, 1.1 },
	{ SLIDING, 80, 6 * SEC, WINDOW, 30, 1.1 },
	{ SLIDING, 80, 6 * SEC, DATED, 30, 1 },
	{ SLIDING, 1000, 30 * SEC, SILENT, 60, 1.1 },
	{ SLIDING, 1000, 30 * SEC, DATED, 40, 1 },
	{ SLIDING, 60, 60 * SEC, LEFT, 30, 1.1 },
	{ SLIDING, 60, 60 * SEC, WINDOW, 30, 1.1 },
	{ BUCKET, 80, 6 * SEC, SILENT, 80, 1.1 },
	{ BUCKET, 80, 6 * SEC, LEFT, 60, 1.1 },
	{ BUCKET, 80, 6 * SEC, DATED, 30, 1.1 },
	{ BUCKET, 7, 3 * SEC, LEFT, 30, 1.3 },
	{ BUCKET, 7, 3 * SEC, WINDOW, 30, 1.1 },
	{ BUCKET, 7, 3 * SEC, DATED, 30, 1.1 },
};

START_TEST(shares)
{
	const struct shared *c = &shared[_i];
	struct trial x = { .nlimits = 1, .clients = 25, .latency = 10 * MS,
		.total = brief() ? 40 : 20 * c->n, .others = 25,
		.fields = c->fields };
	double refused = 0, time = 0, least;
	unsigned seeds = brief() ? 1 : SEEDS;
	struct outcome out;

	least = (double)x.total * (double)c->w / (0.75 * (double)c->n);
	for (x.seed = 1; x.seed <= seeds; x.seed++) {
		x.limits[0] = (struct origin_limit){ .kind = c->kind,
			.n = c->n, .w = c->w };
		x.names = x.seed % 2 != 0;
		out = simulate(x);
		must(out.done == x.total);
		refused += (double)(out.refused - out.at_first) / SEEDS;
		time += (double)out.time / least / SEEDS;
	}
	if (!brief() && (refused > c->refused || time > c->time))
		ck_abort_msg("%u: %.1f refused, %.3f of the time", _i, refused,
		    time);
}
END_TEST

/* A host that never refuses is not held back, but for the first round trips. */
START_TEST(lets_go)
{
	struct trial x = { .nlimits = 1, .clients = 100, .latency = 100 * MS,
		.total = 10000, .seed = 1 };
	struct outcome found, known;

	if (brief())
		x.total = 100;
	x.limits[0] = (struct origin_limit){ .kind = BUCKET,
		.n = 1000000, .w = SEC };
	found = simulate(x);
	x.knows = true;
	known = simulate(x);
	must(found.refused == 0 && found.done == x.total);
	must(found.time <= known.time + 3 * x.latency);
}
END_TEST

static Suite *
estimate_sim_suite(void)
{
	Suite *suite = suite_create("estimate_sim");
	TCase *tc = tcase_create("estimate_sim");

	tcase_set_timeout(tc, 600);
	ROWS(tc, finds, families);
	tcase_add_test(tc, finds_by_uneven_ways);
	ROWS(tc, shares_with_others, several);
	ROWS(tc, takes_over, rests);
	ROWS(tc, follows, changes);
	ROWS(tc, settles, settled);
	ROWS(tc, outlives, outages);
	ROWS(tc, shares, shared);
	tcase_add_test(tc, lets_go);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_sim_suite());
}

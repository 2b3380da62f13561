/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_run.h"
#include "throttle/lease_flow.h"

#define MS	1000000ULL

/* A store that does so many in a ms, and a proxy that always has more. */
struct store {
	struct lease_flow	 flow;
	uint64_t		 sent[4096];
	unsigned		 first, last;
	uint64_t		 done;
	uint64_t		 longest;
};

static void
run(struct store *s, unsigned each, unsigned ms, uint64_t from)
{
	uint64_t now, trip;
	unsigned i;

	for (now = from; now < from + ms * MS; now += MS) {
		while (lease_flow_may(&s->flow)) {
			lease_flow_sent(&s->flow);
			s->sent[s->last++ % 4096] = now;
		}
		ck_assert_uint_le(s->last - s->first, LEASE_FLOW_MOST);
		for (i = 0; i < each && s->first < s->last; i++) {
			trip = now - s->sent[s->first % 4096];
			if (trip > s->longest)
				s->longest = trip;
			lease_flow_answered(&s->flow,
			    s->sent[s->first++ % 4096], now);
			s->done++;
		}
	}
}

START_TEST(a_fast_store_gets_many)
{
	struct store s = { .done = 0 };

	lease_flow_init(&s.flow);
	run(&s, 1000, 1000, 1000 * MS);
	s.done = 0;
	run(&s, 1000, 1000, 2000 * MS);
	ck_assert_uint_ge(s.done, 200000);
	ck_assert_uint_eq(s.flow.most, LEASE_FLOW_MOST);
}
END_TEST

/* No answer is late, and the store is never idle. */
START_TEST(a_slow_store_is_kept_busy)
{
	struct store s = { .done = 0 };

	lease_flow_init(&s.flow);
	run(&s, 2, 5000, 1000 * MS);
	s.done = s.longest = 0;
	run(&s, 2, 5000, 6000 * MS);
	ck_assert_uint_eq(s.done, 10000);
	ck_assert_uint_le(s.longest, LEASE_FLOW_TRIP + 10 * MS);
}
END_TEST

/* One that becomes slow all at once. */
START_TEST(it_yields_within_a_trip_or_two)
{
	struct store s = { .done = 0 };

	lease_flow_init(&s.flow);
	run(&s, 1000, 1000, 1000 * MS);
	run(&s, 1, 1000, 2000 * MS);
	s.longest = 0;
	run(&s, 1, 1000, 3000 * MS);
	ck_assert_uint_le(s.longest, LEASE_FLOW_TRIP + 10 * MS);
}
END_TEST

/* The way to one that is far away is no reason to ask it for less. */
START_TEST(a_store_far_away_gets_many)
{
	struct lease_flow f;
	uint64_t now;
	unsigned i, n;

	lease_flow_init(&f);
	for (now = 1000 * MS; now < 60000 * MS; now += 300 * MS) {
		for (n = 0; lease_flow_may(&f); n++)
			lease_flow_sent(&f);
		for (i = 0; i < n; i++)
			lease_flow_answered(&f, now, now + (300 + i % 40) * MS);
	}
	ck_assert_uint_gt(f.most, 100);
	/* but one that has become slow is */
	for (i = 0; i < 10; i++, now += 1000 * MS) {
		lease_flow_sent(&f);
		lease_flow_answered(&f, now, now + 400 * MS);
	}
	ck_assert_uint_eq(f.most, 1);
}
END_TEST

START_TEST(there_is_always_one)
{
	struct lease_flow f;
	unsigned i;

	lease_flow_init(&f);
	for (i = 0; i < 100; i++) {
		ck_assert(lease_flow_may(&f));
		lease_flow_sent(&f);
		lease_flow_answered(&f, i * 1000 * MS, i * 1000 * MS + 900 * MS);
	}
	ck_assert_uint_eq(f.most, 1);
	lease_flow_sent(&f);
	ck_assert(!lease_flow_may(&f));
	lease_flow_lost(&f);
	ck_assert(lease_flow_may(&f));
}
END_TEST

/* Those that were on their way when it was halved do not say so again. */
START_TEST(one_delay_counts_once)
{
	struct lease_flow f;
	unsigned i;

	lease_flow_init(&f);
	lease_flow_sent(&f);
	lease_flow_answered(&f, 999 * MS, 1000 * MS);
	for (i = 0; i < 16; i++)
		lease_flow_sent(&f);
	for (i = 0; i < 16; i++)
		lease_flow_answered(&f, 1000 * MS, 1100 * MS + i);
	ck_assert_uint_eq(f.most, 8);
	ck_assert_uint_eq(f.flying, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lease_flow");
	TCase *tcase = tcase_create("flow");

	tcase_add_test(tcase, a_fast_store_gets_many);
	tcase_add_test(tcase, a_slow_store_is_kept_busy);
	tcase_add_test(tcase, it_yields_within_a_trip_or_two);
	tcase_add_test(tcase, a_store_far_away_gets_many);
	tcase_add_test(tcase, there_is_always_one);
	tcase_add_test(tcase, one_delay_counts_once);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <string.h>

#include "check_estimate.h"
#include "throttle/estimate_log.h"
#include "throttle/estimate_more.h"
#include "throttle/estimate_pace.h"
#include "throttle/estimate_probe.h"
#include "throttle/estimate_slots.h"

/*
 * What an estimate makes of single refusals, in figures worked out by hand;
 * check_estimate_sim has whole lives.
 */

/* Never refused */

START_TEST(is_not_held_back)
{
	struct estimate_mark marks[ESTIMATE_WHOLE];
	unsigned i;

	for (i = 0; i < ESTIMATE_OPENING; i++) {
		ck_assert_uint_le(estimate_due(&e, now), now);
		estimate_take(&e, &marks[i], now, now);
	}
	ck_assert_uint_gt(estimate_due(&e, now), now);
	/* one is counted, whether its answer is there or not */
	estimate_counted(&e, 0, now);
	ck_assert_uint_le(estimate_due(&e, now), now);
	estimate_answered(&e, &marks[0], BUDGET_SUCCESS, now);
	for (i = 1; i < ESTIMATE_OPENING; i++) {
		estimate_counted(&e, marks[i].sent, now);
		estimate_answered(&e, &marks[i], BUDGET_SUCCESS, now);
	}
	ck_assert(estimate_needs_counts(&e));
	for (i = ESTIMATE_OPENING; i < ESTIMATE_WHOLE; i++)
		go(BUDGET_SUCCESS);
	ck_assert(!estimate_needs_counts(&e));
	for (i = 0; i < 1000; i++) {
		ck_assert_uint_eq(estimate_due(&e, now), 0);
		estimate_take(&e, &marks[0], now, now);
	}
	ck_assert_uint_eq(view().nlimits, 0);
	ck_assert_uint_eq(view().peak, 1000 + ESTIMATE_WHOLE);
}
END_TEST

/* Windows */

START_TEST(finds_a_window)
{
	struct estimate_view v;

	one_window(8, 6 * SEC);
	v = view();
	ck_assert_uint_eq(v.nlimits, 1);
	ck_assert_int_eq(v.limits[0].kind, ESTIMATE_WINDOW);
	ck_assert_uint_eq(v.limits[0].n, 8);
	ck_assert_uint_eq(v.limits[0].period, 6 * SEC);
}
END_TEST

START_TEST(keeps_a_window)
{
	unsigned i;

	one_window(8, 6 * SEC);
	for (i = 1; i < 8; i++)
		go_when_due(BUDGET_SUCCESS);
	/* one asks whether it is shorter; the others do not go with it */
	ck_assert_uint_gt(go_when_due(BUDGET_THROTTLED), 5 * SEC);
	ck_assert_uint_gt(estimate_due(&e, now), now);
	go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_eq(view().limits[0].n, 8);
	ck_assert_uint_eq(view().limits[0].period, 6 * SEC);
}
END_TEST

START_TEST(believes_the_host)
{
	unsigned i;

	go(BUDGET_SUCCESS);
	estimate_told(&e, 5, 10 * SEC, now);
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert(view().limits[0].told);
	for (i = 1; i < 5; i++)
		ck_assert_uint_eq(go_when_due(BUDGET_SUCCESS), 0);
	ck_assert_uint_gt(estimate_due(&e, now), now + 9 * SEC);
	/* the same again changes nothing, another one does */
	estimate_told(&e, 5, 10 * SEC, now);
	ck_assert_uint_gt(estimate_due(&e, now), now + 9 * SEC);
	estimate_told(&e, 6, 10 * SEC, now);
	ck_assert_uint_le(estimate_due(&e, now), now);
}
END_TEST

/* Named times */

START_TEST(waits_as_named)
{
	go(BUDGET_SUCCESS);
	go(BUDGET_THROTTLED);
	estimate_named(&e, now + 7 * SEC);
	ck_assert_uint_eq(estimate_start(&e, now), now + 7 * SEC);
	ck_assert_uint_eq(estimate_due(&e, now), now + 7 * SEC);
	/* a shorter one is no news */
	estimate_named(&e, now + SEC);
	ck_assert_uint_eq(estimate_due(&e, now), now + 7 * SEC);
}
END_TEST

/* What a request is refused for */

/* One goes that was refused before, and is refused again. */
static void
refuse_again(void)
{
	struct estimate_mark mark;
	uint64_t due = estimate_due(&e, now);

	ck_assert_uint_ne(due, ESTIMATE_NEVER);
	now = due > now ? due : now;
	estimate_take(&e, &mark, now, now);
	mark.again = true;
	now += RTT;
	estimate_dropped(&e);
	estimate_answered(&e, &mark, BUDGET_THROTTLED, now);
}

/* The only one is refused as often as it comes; all others go. */
START_TEST(refused_for_what_it_is)
{
	unsigned i;

	for (i = 0; i < 50; i++)
		go(BUDGET_SUCCESS);
	go(BUDGET_THROTTLED);
	estimate_named(&e, now + SEC);
	ck_assert_uint_eq(go_when_due(BUDGET_SUCCESS), SEC);
	ck_assert_uint_ne(view().nlimits, 0);
	for (i = 0; i < 3; i++) {
		refuse_again();
		estimate_named(&e, now + SEC);
		ck_assert_uint_eq(go_when_due(BUDGET_SUCCESS), SEC);
		ck_assert(estimate_is_open(&e));
		ck_assert_uint_eq(view().nlimits, 0);
	}
	/* it asks in vain where nobody else does, ever less often */
	for (i = 0; i < 3; i++)
		refuse_again();
	ck_assert_uint_gt(estimate_due(&e, now), now + SEC / 2);
	ck_assert_uint_lt(go_when_due(BUDGET_SUCCESS), 2 * SEC);
	ck_assert(estimate_is_open(&e));
}
END_TEST

/* What was found before it, without a refusal, is not due to it. */
START_TEST(refused_again_and_much_is_known)
{
	unsigned i;

	go(BUDGET_SUCCESS);
	estimate_told(&e, 5, 10 * SEC, now);
	for (i = 0; i < 20; i++)
		go_when_due(BUDGET_SUCCESS);
	e.windows[0].told = false;
	e.firsts = 1;
	refuse_again();
	go_when_due(BUDGET_SUCCESS);
	ck_assert(!estimate_is_open(&e));
	ck_assert_uint_ne(view().nlimits, 0);
}
END_TEST

/* Another is refused, too: it was the host's limit from the first one on. */
START_TEST(refused_again_by_a_limit)
{
	unsigned i;

	one_window(8, 6 * SEC);
	ck_assert_uint_eq(view().limits[0].n, 8);
	for (i = 1; i < 8; i++)
		go_when_due(BUDGET_SUCCESS);
	now += 6 * SEC;
	estimate_tick(&e, now);
	e.firsts = 1;
	refuse_again();
	go_when_due(BUDGET_THROTTLED);
	ck_assert(!e.doubted);
	ck_assert_uint_eq(view().limits[0].n, 8);
	for (i = 0; estimate_due(&e, now) != 0 && i < 100; i++)
		go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_ne(view().nlimits, 0);
}
END_TEST

/* Buckets */

START_TEST(paces)
{
	struct estimate_pace p = { .since = 0 };
	uint64_t at = SEC;
	unsigned i;

	estimate_pace_begin(&p, at);
	for (i = 0; i < 99; i++)
		estimate_pace_went(&p, at + 1 + i);
	estimate_pace_went(&p, at);	/* it went before */
	p.on = true;
	estimate_pace_refused(&p, at + 10 * SEC);
	ck_assert_uint_eq(p.went, 99);
	/* (99 + 1/2) in 10 s, and one of them in advance */
	ck_assert_uint_eq(p.interval / MS, 10000 * 2 / 199);
	ck_assert_uint_ge(estimate_pace_due(&p), at + 10 * SEC + p.interval);
	ck_assert_uint_le(estimate_pace_due(&p), at + 10 * SEC +
	    2 * p.interval);
}
END_TEST

START_TEST(slows_down)
{
	struct estimate_pace p = { .since = 0 };
	uint64_t at = SEC, fast;
	unsigned i;

	estimate_pace_begin(&p, at);
	for (i = 0; i < 100; i++)
		estimate_pace_went(&p, at + 1 + i);
	p.on = true;
	estimate_pace_refused(&p, at += 10 * SEC);
	fast = p.interval;
	/* from now on it admits half as many */
	for (i = 0; i < 12; i++) {
		estimate_pace_went(&p, at + 1);
		estimate_pace_refused(&p, at += 200 * MS);
	}
	ck_assert_uint_gt(p.interval, fast + fast / 2);
}
END_TEST

/* What is counted anew does not remember how much it was before. */
START_TEST(begins_again)
{
	struct estimate_pace p = { .since = 0 };
	uint64_t at = SEC;
	unsigned i, k;

	estimate_pace_begin(&p, at);
	for (i = 0; i < 200; i++)
		estimate_pace_went(&p, at + 1);
	p.on = true;
	estimate_pace_refused(&p, at += 20 * SEC);
	/* too fast a few times, and then it gives half as many */
	for (k = 0; k < 3; k++) {
		estimate_pace_went(&p, at + 1);
		estimate_pace_refused(&p, at += 50 * MS);
	}
	for (i = 0; i < 100; i++) {
		estimate_pace_take(&p, estimate_pace_due(&p));
		estimate_pace_went(&p, at + 1);
	}
	estimate_pace_refused(&p, at += 20 * SEC);
	for (k = 0; k < 3; k++) {
		estimate_pace_went(&p, at + 1);
		estimate_pace_refused(&p, at += 50 * MS);
	}
	ck_assert_uint_le(p.went, 110);
	ck_assert_uint_gt(p.interval, 100 * MS);
}
END_TEST

/* Slots */

START_TEST(finds_slots)
{
	struct estimate_mark marks[6];
	unsigned i;

	for (i = 0; i < 6; i++)
		estimate_take(&e, &marks[i], now, now);
	now += RTT;
	for (i = 4; i < 6; i++) {
		estimate_dropped(&e);
		estimate_answered(&e, &marks[i], BUDGET_THROTTLED, now);
	}
	/* first those come back that it has admitted */
	ck_assert_uint_gt(estimate_due(&e, now), now);
	now += SEC;
	for (i = 0; i < 4; i++) {
		estimate_counted(&e, marks[i].sent, now);
		estimate_answered(&e, &marks[i], BUDGET_SUCCESS, now);
	}
	go(BUDGET_SUCCESS);
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_SLOTS);
	ck_assert_uint_eq(view().limits[0].n, 4);
	for (i = 0; i < 4; i++)
		estimate_take(&e, &marks[i], now, now);
	ck_assert_uint_eq(estimate_due(&e, now), ESTIMATE_NEVER);
}
END_TEST

START_TEST(gives_slots_up)
{
	struct estimate_slots s = { .n = 0 };

	estimate_slots_found(&s, 6);
	ck_assert(estimate_slots_refused(&s, 6));
	ck_assert_uint_eq(s.n, 5);
	ck_assert(!estimate_slots_refused(&s, 0));
	ck_assert_uint_eq(s.n, 0);
	estimate_slots_found(&s, 6);
	ck_assert_uint_eq(s.n, 0);
}
END_TEST

/* It holds five: what more it would have been given before was lost. */
START_TEST(a_full_bucket_is_given_no_more)
{
	struct estimate_pace p = { .full = 5 };
	uint64_t interval;
	unsigned i;

	estimate_pace_begin(&p, now);
	p.on = true;
	for (i = 0; i < 100; i++)
		estimate_pace_went(&p, now += 100 * MS);
	estimate_pace_refused(&p, now += 100 * MS);
	ck_assert_uint_lt(p.interval, 101 * MS);
	for (i = 0; i < 1000 && p.raised < 8; i++) {
		now = estimate_pace_due(&p);
		estimate_pace_take(&p, now);
		estimate_pace_went(&p, now);
		estimate_pace_raise(&p, now);
	}
	interval = p.interval;
	ck_assert_uint_lt(interval, 65 * MS);
	estimate_pace_refused(&p, now);
	ck_assert_uint_gt(p.interval, interval);
	ck_assert_uint_lt(p.interval, interval + interval / 4);
}
END_TEST

/* Whatever a snapshot says of it, there is a pace. */
START_TEST(there_is_a_pace)
{
	struct estimate_pace p = { .full = 1 };

	estimate_pace_begin(&p, now);
	p.on = true;
	p.went = 100;
	p.raised = 2;
	p.raised_at = now;
	p.last_at = now + 2;
	p.last_went = 100;
	estimate_pace_refused(&p, now + SEC);
	ck_assert_uint_eq(p.interval, 1);
}
END_TEST

/* One that the host names, or that is large, is not forgotten. */
START_TEST(a_large_burst_stays)
{
	struct estimate_pace p = { .burst = 100 };

	estimate_pace_begin(&p, now);
	p.on = true;
	p.interval = 10 * MS;
	estimate_pace_refused(&p, now + 10 * SEC);
	ck_assert_uint_eq(p.burst, 100);
}
END_TEST

/* Three went at first, but not at once: each time that it is full it gives two. */
START_TEST(a_burst_is_forgotten)
{
	struct estimate_pace p = { .burst = 3 };
	unsigned i, k;

	estimate_pace_begin(&p, now);
	p.on = true;
	for (i = 0; i < 10; i++)
		estimate_pace_went(&p, now += 100 * MS);
	estimate_pace_refused(&p, now += 100 * MS);
	ck_assert_uint_eq(p.burst, 3);
	for (k = 0; k < 2; k++) {
		now += SEC;
		for (i = 0; i < 2; i++)
			estimate_pace_went(&p, now + i);
		estimate_pace_refused(&p, now + 2);
	}
	ck_assert_uint_eq(p.burst, 1);
}
END_TEST

/* It may have been a burst: there is room for more soon, if it is none of slots. */
START_TEST(tries_more_slots_soon)
{
	struct estimate_slots s = { .n = 0 };
	unsigned i;

	estimate_slots_found(&s, 6);
	ck_assert(estimate_slots_refused(&s, 4));
	for (i = 0; i < 2 * 4; i++)
		estimate_slots_went(&s, 4);
	ck_assert(estimate_slots_wants_more(&s, now));
	estimate_slots_more(&s, false, now);
	for (i = 0; i < 100; i++)
		estimate_slots_went(&s, 4);
	ck_assert(!estimate_slots_wants_more(&s, now));
}
END_TEST

/* One more */

START_TEST(tries_more)
{
	struct estimate_more m;

	estimate_more_begin(&m);
	ck_assert(!estimate_more_due(&m, 9, 1, now));
	ck_assert(estimate_more_due(&m, 10, 1, now));
	ck_assert_uint_eq(estimate_more_tried(&m, true, false, now), 1);
	/* what went is tried again at once, with two more */
	ck_assert(estimate_more_due(&m, 1, 1, now));
	ck_assert_uint_eq(estimate_more_tried(&m, true, false, now), 2);
	/* a young one by its windows alone */
	ck_assert_uint_eq(estimate_more_tried(&m, false, true, now), 0);
	ck_assert(!estimate_more_due(&m, 19, 1, now));
	ck_assert(estimate_more_due(&m, 20, 1, now));
	ck_assert_uint_eq(estimate_more_tried(&m, false, false, now), 0);
	ck_assert(!estimate_more_due(&m, 1000, 1, now + HOUR - 1));
	ck_assert(!estimate_more_due(&m, 39, 1, now + HOUR));
	ck_assert(estimate_more_due(&m, 40, 1, now + HOUR));
}
END_TEST

START_TEST(tries_no_more)
{
	unsigned i, window;

	e.probes = false;
	one_window(8, 6 * SEC);
	e.windows[0].lo = 6 * SEC - 1;
	for (window = 0; window < 50; window++)
		for (i = window == 0 ? 1 : 0; i < 8; i++)
			go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_eq(view().limits[0].n, 8);
	estimate_tick(&e, now);
	ck_assert_uint_gt(estimate_due(&e, now), now + 5 * SEC);
}
END_TEST

/* Those on their way */

/* Who went when an era began, says nothing of the one that has come since. */
START_TEST(an_era_that_is_over)
{
	struct estimate_mark late;
	uint64_t rtt;

	go(BUDGET_SUCCESS);
	estimate_take(&e, &late, now, now);
	go(BUDGET_THROTTLED);
	go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_eq(e.era, 1);
	ck_assert_uint_eq(e.log.total, 1);
	rtt = e.rtt;
	estimate_counted(&e, late.sent, now);
	estimate_answered(&e, &late, BUDGET_SUCCESS, now);
	ck_assert_uint_eq(e.log.total, 1);
	ck_assert_uint_eq(e.rtt, rtt);
	ck_assert_uint_eq(e.flying, 0);
}
END_TEST

/* It moves here: what its host has counted is no place of a window. */
START_TEST(who_moves_is_held)
{
	struct estimate_mark mark[2];

	estimate_told(&e, 2, 10 * SEC, now);
	estimate_hold(&e, &mark[0], true, now);
	estimate_hold(&e, &mark[1], false, now);
	ck_assert_uint_eq(e.flying, 2);
	ck_assert(!estimate_is_idle(&e, now + HOUR));
	go(BUDGET_SUCCESS);
	/* the other place is taken until the host has counted it */
	ck_assert_uint_gt(estimate_due(&e, now), now + 9 * SEC);
	estimate_dropped(&e);
	ck_assert_uint_le(estimate_due(&e, now), now);
}
END_TEST

/* They went when nothing was learned yet: they take no place. */
START_TEST(who_never_came_is_not_counted)
{
	unsigned i;

	estimate_told(&e, 5, 10 * SEC, now);
	estimate_counted(&e, 0, now);
	estimate_dropped(&e);
	for (i = 0; i < 5; i++)
		ck_assert_uint_eq(go_when_due(BUDGET_SUCCESS), 0);
	ck_assert_uint_gt(estimate_due(&e, now), now);
}
END_TEST

/* When to ask */

START_TEST(asks_at_round_times)
{
	ck_assert_uint_eq(estimate_probe_next(SEC, SEC), SEC + 100 * MS);
	ck_assert_uint_eq(estimate_probe_next(SEC, 6 * SEC + MS), 7 * SEC);
	ck_assert_uint_eq(estimate_probe_next(0, 3 * HOUR + 1), 4 * HOUR);
	ck_assert(estimate_probe_is_round(60 * SEC + 100 * MS));
	ck_assert(!estimate_probe_is_round(7 * SEC));
	ck_assert_uint_eq(estimate_probe_round(5990 * MS), 6 * SEC);
	ck_assert_uint_eq(estimate_probe_round(7300 * MS - 1), 7300 * MS);
}
END_TEST

/* The log */

/* Its limit was used up before: of its windows nothing is known yet. */
START_TEST(asks_soon_where_nothing_went)
{
	now = 17 * HOUR + SEC / 3;
	go(BUDGET_THROTTLED);
	ck_assert_uint_eq(go_when_due(BUDGET_THROTTLED), SEC / 2);
	ck_assert_uint_le(go_when_due(BUDGET_SUCCESS), 300 * MS);
	ck_assert_uint_le(go_when_due(BUDGET_THROTTLED), SEC);
	ck_assert_uint_le(go_when_due(BUDGET_SUCCESS), SEC);
	ck_assert_uint_le(go_when_due(BUDGET_SUCCESS), SEC);
}
END_TEST

START_TEST(logs)
{
	struct estimate_log l;
	struct window w;
	unsigned i;

	estimate_log_begin(&l);
	for (i = 0; i < 100; i++)
		estimate_log_add(&l, now + i * 100 * MS);
	ck_assert_uint_eq(l.total, 100);
	ck_assert_uint_eq(l.first, now);
	window_init(&w, 1000 * U, 5 * SEC);
	estimate_log_fill(&l, &w, now + 10 * SEC);
	/* those of the last 5 s, and of a slot that began before */
	ck_assert_uint_ge(w.counted, 50 * U);
	ck_assert_uint_le(w.counted, 53 * U);
	/* what is older than an hour is no era any more */
	estimate_log_add(&l, now + 2 * HOUR);
	ck_assert_uint_eq(l.total, 1);
}
END_TEST

/* What is told of it */

static const struct {
	struct estimate_limit limit;
	const char	*text;
} evidence[] = {
	{ { .kind = ESTIMATE_WINDOW, .n = 80, .period = 60 * SEC, .seen = 14,
	    .clean = 12 },
	    "80 per 60 s: 14 windows, 0 refusals in the last 12" },
	{ { .kind = ESTIMATE_WINDOW, .n = 1, .period = SEC, .seen = 1 },
	    "1 per 1 s: 1 window, 0 refusals in the last 0" },
	{ { .kind = ESTIMATE_WINDOW, .n = 5, .period = SEC, .told = true },
	    "5 per 1 s: the host says so" },
	{ { .kind = ESTIMATE_BUCKET, .n = 800, .period = 60 * SEC, .seen = 99,
	    .clean = 7 }, "800 per 60 s: 99 requests between refusals, 0 "
	    "refusals in the last 7" },
	{ { .kind = ESTIMATE_SLOTS, .n = 4, .seen = 1, .clean = 1 },
	    "4 at a time: 1 request with all in use, 0 refusals in the last "
	    "1" },
};

START_TEST(gives_evidence)
{
	char buf[ESTIMATE_EVIDENCE];

	ck_assert_str_eq(estimate_evidence(buf, &evidence[_i].limit),
	    evidence[_i].text);
}
END_TEST

START_TEST(is_forgotten)
{
	ck_assert(estimate_is_idle(&e, now));
	one_window(8, 6 * SEC);
	ck_assert(!estimate_is_idle(&e, now));
	ck_assert(estimate_is_idle(&e, now + HOUR));
	estimate_renew(&e);
	ck_assert(estimate_is_idle(&e, now));
	ck_assert_uint_eq(view().nlimits, 0);
}
END_TEST

static Suite *
estimate_suite(void)
{
	Suite *suite = suite_create("estimate");
	TCase *tc = tcase_create("estimate");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, is_not_held_back);
	tcase_add_test(tc, finds_a_window);
	tcase_add_test(tc, keeps_a_window);
	tcase_add_test(tc, believes_the_host);
	tcase_add_test(tc, waits_as_named);
	tcase_add_test(tc, refused_for_what_it_is);
	tcase_add_test(tc, refused_again_by_a_limit);
	tcase_add_test(tc, refused_again_and_much_is_known);
	tcase_add_test(tc, paces);
	tcase_add_test(tc, slows_down);
	tcase_add_test(tc, begins_again);
	tcase_add_test(tc, finds_slots);
	tcase_add_test(tc, gives_slots_up);
	tcase_add_test(tc, a_full_bucket_is_given_no_more);
	tcase_add_test(tc, there_is_a_pace);
	tcase_add_test(tc, a_burst_is_forgotten);
	tcase_add_test(tc, a_large_burst_stays);
	tcase_add_test(tc, tries_more_slots_soon);
	tcase_add_test(tc, tries_more);
	tcase_add_test(tc, tries_no_more);
	tcase_add_test(tc, an_era_that_is_over);
	tcase_add_test(tc, who_moves_is_held);
	tcase_add_test(tc, who_never_came_is_not_counted);
	tcase_add_test(tc, asks_at_round_times);
	tcase_add_test(tc, asks_soon_where_nothing_went);
	tcase_add_test(tc, logs);
	ROWS(tc, gives_evidence, evidence);
	tcase_add_test(tc, is_forgotten);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_suite());
}

/* SPDX-License-Identifier: ISC */
#include "check_estimate.h"
#include "throttle/estimate_log.h"

/*
 * What an estimate makes of others who use the key, too, of whom the host says
 * nothing: they are met by few, and take some of a window, but do not make it
 * another one.
 */

/*
 * After few of what a window holds had gone the last time, the rest is asked
 * for by one at a time.
 */
START_TEST(few_are_followed_one_by_one)
{
	unsigned n = _i == 0 ? 80 : 16, i;
	struct estimate_mark mark;

	e.probes = false;
	one_window(n, 6 * SEC);
	e.windows[0].lo = 6 * SEC - 1;
	succeed(n * 20 - 1);
	/* none is longer, as far as is known */
	e.long_went = 0;
	for (i = 0; i < 2; i++) {
		now += 6 * SEC;
		succeed(6);
		go(BUDGET_THROTTLED);
		shut_for(100 * MS);
	}
	ck_assert_uint_lt(e.went, 8);
	now += 6 * SEC;
	estimate_tick(&e, now);
	ck_assert_uint_le(estimate_due(&e, now), now);
	estimate_take(&e, &mark, now, now);
	if (_i == 0)
		ck_assert_uint_gt(estimate_due(&e, now), now);
	else
		ck_assert_uint_le(estimate_due(&e, now), now);
}
END_TEST

/*
 * Not all of a window went the last time, or others were found to use it, or it
 * was refused about here: it is not used up in a burst.  But however long answers
 * take, it is used up faster than it is free again.
 */
START_TEST(a_window_of_others_is_used_slowly)
{
	static const unsigned then[] = { 4, 1, 2, 16, 16 };
	struct estimate_mark marks[16];
	unsigned i;

	e.probes = false;
	one_window(80, 6 * SEC);
	now += 7 * SEC;
	estimate_tick(&e, now);
	estimate_log_begin(&e.log);
	e.places = 0;
	e.went = _i == 0 ? 40 : 80;
	e.windows[0].top = _i == 1 || _i == 4 ? 81 : 0;
	/* those who use it, too, may have left long ago */
	e.refused = now - (_i == 4 ? 8 * 6 * SEC : 0);
	for (i = 0; _i == 2 && i < 70; i++)
		estimate_log_add(&e.log, now);
	for (i = 0; i < 16 && estimate_due(&e, now) <= now; i++)
		estimate_take(&e, &marks[i], now, now);
	ck_assert_uint_eq(i, then[_i]);
	for (; i < 8; i++) {
		ck_assert_uint_eq(estimate_due(&e, now),
		    now + 6 * SEC / 80 / 4);
		now += 6 * SEC / 80 / 4;
		estimate_take(&e, &marks[i], now, now);
	}
}
END_TEST

/* Others have used it up soon: of how long it is that says nothing. */
START_TEST(a_kept_window_is_no_shorter)
{
	uint64_t hi;
	unsigned i;

	e.probes = false;
	one_window(80, 6 * SEC);
	e.windows[0].lo = 6 * SEC - 1;
	succeed(80 * 5 - 1);
	now += 12 * SEC;
	for (i = 0; i < 2; i++) {
		hi = e.windows[0].hi;
		succeed(i == 0 ? 15 : 45);
		go(BUDGET_THROTTLED);
		shut_for(100 * MS);
		ck_assert_uint_ge(e.windows[0].hi, hi);
	}
}
END_TEST

/* All of it went again and again, lately one by one. */
static void
kept_window(void)
{
	unsigned i;

	e.probes = false;
	one_window(80, 6 * SEC);
	e.windows[0].lo = 6 * SEC - 1;
	succeed(80 * 5 - 1);
	for (i = 0; i < 160; i++, now += 76 * MS)
		succeed(1);
	is_window_of(80);
}

/*
 * So it is long enough: each refusal is of others who take what is free, and
 * lowers it.
 */
START_TEST(a_kept_window_has_less_in_it)
{
	static const unsigned then[] = { 75, 71, 67 };
	unsigned i;

	kept_window();
	for (i = 0; i < 3; i++) {
		succeed(2);
		shut_for(300 * MS);
		is_window_of(then[i]);
		ck_assert_uint_eq(e.windows[0].hi, 6 * SEC);
		ck_assert_uint_eq(e.windows[0].top, 80);
	}
}
END_TEST

/* Such a one, but of another number or length (ns), is refused. */
static void
refuse_kept(uint64_t n, uint64_t w)
{
	unsigned i;

	kept_window();
	now += 12 * SEC;
	estimate_tick(&e, now);
	estimate_window_set(&e.windows[0], n, w - 1, w, 0, now);
	succeed((unsigned)n * 3);
	for (i = 0; i < 2 * n; i++, now += w / n + w / (100 * n) - RTT)
		succeed(1);
	shut_for(150 * MS);
}

/* One that holds few has one less in it; one that holds one is longer. */
START_TEST(a_small_window_has_less_in_it)
{
	refuse_kept(_i == 0 ? 7 : 1, 6 * SEC);
	is_window_of(_i == 0 ? 6 : 1);
	if (_i == 0)
		ck_assert_uint_eq(e.windows[0].hi, 6 * SEC);
	else
		ck_assert_uint_gt(e.windows[0].hi, 6 * SEC);
}
END_TEST

/* A round one that was taken for a little shorter has no less in it. */
START_TEST(a_kept_window_may_be_round)
{
	uint64_t w = _i == 0 ? 5800 * MS : 5200 * MS;

	refuse_kept(80, w);
	is_window_of(_i == 0 ? 80 : 75);
	if (_i == 0)
		ck_assert_uint_gt(e.windows[0].hi, w + 150 * MS);
	else
		ck_assert_uint_eq(e.windows[0].hi, w);
}
END_TEST

/* It is refused early, but was shut for longer than that when it was found. */
START_TEST(a_new_window_is_no_shorter)
{
	uint64_t hi;

	e.probes = false;
	one_window(80, 6 * SEC);
	hi = e.windows[0].hi;
	ck_assert_uint_gt(e.windows[0].lo, 4 * SEC);
	succeed(70);
	shut_for(3 * SEC);
	ck_assert_uint_ge(e.windows[0].hi, hi);
	ck_assert_uint_lt(e.windows[0].n, 80);
}
END_TEST

/* Of a long window of a few nobody waits for long for the one before. */
START_TEST(one_after_another_soon)
{
	struct estimate_mark mark;

	e.probes = false;
	one_window(80, 6 * SEC);
	succeed(40);
	e.windows[0].n = 10;
	e.windows[0].hi = e.windows[0].ok = 86400 * SEC;
	e.windows[0].top = 11;
	e.refused = now;
	window_init(&e.windows[0].window, 10 * ESTIMATE_UNIT, 86400 * SEC);
	estimate_tick(&e, now);
	estimate_take(&e, &mark, now, now);
	ck_assert_uint_eq(estimate_due(&e, now), now + 250 * MS);
}
END_TEST

/* It is refused, and open again at an instant (ns), as it says. */
static void
shut_as_named(uint64_t at)
{
	go(BUDGET_THROTTLED);
	estimate_named(&e, at);
	estimate_shorten(&e, at);
	go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_eq(now, at + RTT);
}

/* Less is in it than was: how long it is, was known well before. */
START_TEST(a_lowered_window_is_no_shorter)
{
	uint64_t first;

	e.probes = false;
	one_window(80, 6 * SEC);
	e.windows[0].lo = 6 * SEC - 1;
	succeed(80 * 20 - 1);
	now += 12 * SEC;
	estimate_tick(&e, now);
	estimate_log_begin(&e.log);
	first = now;
	succeed(40);
	shut_as_named(first + 5800 * MS);
	is_window_of(40);
	ck_assert_uint_eq(e.windows[0].hi, 6 * SEC);
}
END_TEST

/*
 * Lowered a moment ago, and refused again when all of it has gone: not all that
 * has gone since is what it holds, in all that time.
 */
START_TEST(a_lowered_window_is_the_same)
{
	kept_window();
	succeed(2);
	shut_for(300 * MS);
	is_window_of(75);
	/* none is longer, as far as is known */
	e.long_went = 0;
	now += 6 * SEC;
	succeed(60);
	now += 6 * SEC;
	succeed(74);
	shut_as_named(now + 3 * SEC);
	is_window_of(71);
	ck_assert_uint_eq(e.windows[0].hi, 6 * SEC);
}
END_TEST

/*
 * A new one was refused, and soon again after more than a bucket of its pace had
 * got in it since: it is none.
 */
START_TEST(a_window_that_lets_many_go)
{
	e.probes = false;
	one_window(80, 6 * SEC);
	succeed(70);
	shut_as_named(now + 450 * MS);
	e.windows[0].lo = e.windows[0].hi - 1;
	now += 7 * SEC;
	estimate_tick(&e, now);
	estimate_log_begin(&e.log);
	succeed(_i == 0 ? 34 : 10);
	go(BUDGET_THROTTLED);
	go_when_due(BUDGET_SUCCESS);
	ck_assert_int_eq(view().limits[0].kind, _i == 0 ? ESTIMATE_WINDOW :
	    ESTIMATE_BUCKET);
}
END_TEST

/*
 * Who is refused at nearly all of it asks soon, for a boundary that is late; then
 * when the first of it is over; and then it is longer, and may be round.
 */
START_TEST(a_window_is_asked_for_when_it_is_over)
{
	uint64_t first, free;

	e.probes = false;
	one_window(80, 6 * SEC);
	now += 12 * SEC;
	estimate_tick(&e, now);
	estimate_log_begin(&e.log);
	first = now + RTT;
	succeed(79);
	go(BUDGET_THROTTLED);
	ck_assert_uint_lt(go_when_due(BUDGET_THROTTLED), 300 * MS);
	free = estimate_window_frees_at(&e.windows[0]);
	go_when_due(BUDGET_THROTTLED);
	ck_assert_uint_eq(now, free + RTT);
	ck_assert_uint_ge(now, first + 6 * SEC);
	go_when_due(BUDGET_THROTTLED);
	ck_assert_uint_eq(now, first + 8 * SEC + RTT);
}
END_TEST

/* Until one more than a window went, once it is used up. */
static void
succeed_until_more(void)
{
	uint64_t n = e.windows[0].n;
	unsigned i;

	for (i = 0; i < 1000 && e.windows[0].n == n; i++)
		go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_gt(e.windows[0].n, n);
}

/*
 * One more went, which says that there is room for one: where others take some
 * of it more follows when it was used up again.  Else it does at once.
 */
START_TEST(more_of_others_is_tried_slowly)
{
	uint64_t first;

	one_window(20, 6 * SEC);
	e.windows[0].lo = 6 * SEC - 1;
	succeed(20 * 5 - 1);
	if (_i == 1)
		e.windows[0].top = 40;
	succeed_until_more();
	first = now;
	succeed_until_more();
	if (_i == 1)
		ck_assert_uint_gt(now, first + 3 * SEC);
	else
		ck_assert_uint_lt(now, first + SEC);
}
END_TEST

/*
 * By parts of it, up to what it was before; what goes beyond that is of nobody
 * else any more.
 */
START_TEST(what_others_took_comes_back)
{
	static const struct {
		unsigned	 n;
		uint32_t	 step;
		uint64_t	 top;
	} then[] = { { 132, 2, 200 }, { 136, 4, 200 }, { 144, 8, 200 },
		{ 160, 16, 200 }, { 192, 32, 200 }, { 200, 1, 200 },
		{ 201, 2, 0 }, { 203, 4, 0 } };
	struct estimate_window *w;
	unsigned i;

	one_window(130, 6 * SEC);
	w = &e.windows[0];
	w->top = 200;
	for (i = 0; i < sizeof then / sizeof then[0]; i++) {
		estimate_window_more(w, true, 0, now);
		ck_assert_uint_eq(w->n, then[i].n);
		ck_assert_uint_eq(w->more.step, then[i].step);
		ck_assert_uint_eq(w->top, then[i].top);
	}
}
END_TEST

/* They are known already: more is tried as seldom as before. */
START_TEST(more_of_others_is_tried_ever_less_often)
{
	static const uint32_t waits[] = { 2, 20, 32 };
	static const uint32_t next[] = { 20, 1000, 0 };
	unsigned i;
	uint64_t at;

	kept_window();
	for (i = 0; i < 3; i++) {
		succeed(2);
		shut_for(300 * MS);
		ck_assert_uint_eq(e.windows[0].more.wait, waits[i]);
		e.windows[0].more.wait = next[i];
		e.windows[0].more.after = now + HOUR;
	}
	/* nor is an hour over, since it was lowered again */
	at = e.windows[0].more.after;
	succeed(2);
	shut_for(300 * MS);
	ck_assert_uint_eq(e.windows[0].more.after, at);
}
END_TEST

/*
 * More of it was too much: a young one of which others took some is not low for
 * an hour since then.
 */
START_TEST(more_that_is_taken_back_is_tried_again)
{
	struct estimate_window *w;

	kept_window();
	w = &e.windows[0];
	w->seen = _i == 1 ? 64 : 10;
	w->top = _i == 2 ? 0 : 100;
	estimate_window_more(w, true, 0, now);
	ck_assert(estimate_window_revert(w, 80, 0, now));
	is_window_of(80);
	if (_i == 0)
		ck_assert_uint_le(w->more.after, now);
	else
		ck_assert_uint_eq(w->more.after, now + HOUR);
}
END_TEST

/* One asks early, and is let go, but few are after it, and then for long none. */
START_TEST(a_window_that_others_use_up)
{
	unsigned i;

	succeed(40);
	while (now < 101500 * MS)
		go_when_due(BUDGET_THROTTLED);
	estimate_named(&e, now + 4500 * MS);
	go_when_due(BUDGET_SUCCESS);
	for (i = 0; i < 100 && e.early == 0; i++)
		go_when_due(BUDGET_SUCCESS);
	ck_assert_uint_ne(e.early, 0);
	succeed(2);
	shut_for(3 * SEC);
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_WINDOW);
}
END_TEST

static Suite *
estimate_lowered_suite(void)
{
	Suite *suite = suite_create("estimate_lowered");
	TCase *tc = tcase_create("windows");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, few_are_followed_one_by_one, 0, 2);
	tcase_add_loop_test(tc, a_window_of_others_is_used_slowly, 0, 5);
	tcase_add_test(tc, one_after_another_soon);
	tcase_add_test(tc, a_kept_window_is_no_shorter);
	tcase_add_test(tc, a_kept_window_has_less_in_it);
	tcase_add_loop_test(tc, a_small_window_has_less_in_it, 0, 2);
	tcase_add_loop_test(tc, a_kept_window_may_be_round, 0, 2);
	tcase_add_test(tc, a_new_window_is_no_shorter);
	tcase_add_test(tc, a_lowered_window_is_no_shorter);
	tcase_add_test(tc, a_lowered_window_is_the_same);
	tcase_add_loop_test(tc, a_window_that_lets_many_go, 0, 2);
	tcase_add_test(tc, a_window_is_asked_for_when_it_is_over);
	tcase_add_loop_test(tc, more_of_others_is_tried_slowly, 0, 2);
	tcase_add_test(tc, what_others_took_comes_back);
	tcase_add_test(tc, more_of_others_is_tried_ever_less_often);
	tcase_add_loop_test(tc, more_that_is_taken_back_is_tried_again, 0, 3);
	tcase_add_test(tc, a_window_that_others_use_up);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(estimate_lowered_suite());
}

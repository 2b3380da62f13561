/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <string.h>

#include "check_random.h"
#include "check_run.h"
#include "throttle/window.h"

/*
 * An exact window, in figures worked out by hand, then against a list of all
 * that was ever counted.
 */

#define U	1000000ULL	/* a cost of 1 */
#define NEVER	UINT64_MAX

/* A period whose slots are 1 us. */
#define PERIOD	255000ULL
#define SLOT	1000ULL
#define ROUND	(WINDOW_SLOTS * SLOT)

/* Of 10 per period, so much was counted at 0.5, 10.5 and 20.5 us. */
static void
fill(struct window *w, uint64_t first, uint64_t second, uint64_t third)
{
	const uint64_t costs[] = { first, second, third };
	unsigned i;

	window_init(w, 10 * U, PERIOD);
	for (i = 0; i < 3; i++) {
		window_tick(w, 500 + 10000 * i);
		window_take(w, costs[i] * U);
		window_count(w, costs[i] * U, 500 + 10000 * i);
	}
}

static const struct {
	const char	*what;
	uint64_t	 costs[3];
	uint64_t	 flying;	/* whole units, as below */
	uint64_t	 cost;
	uint64_t	 due;		/* ns */
} dues[] = {
	{ "an empty one has room for all", { 0, 0, 0 }, 0, 10, 0 },
	{ "what is left", { 2, 3, 4 }, 0, 1, 0 },
	{ "more waits for the first to be forgotten", { 2, 3, 4 }, 0, 2,
	    ROUND },
	{ "... or others", { 2, 3, 4 }, 0, 5, ROUND + 10000 },
	{ "all of it waits for all", { 2, 3, 4 }, 0, 10, ROUND + 20000 },
	{ "so does more than that", { 2, 3, 4 }, 0, 35, ROUND + 20000 },
	{ "what is on its way is in the way", { 2, 3, 0 }, 4, 2, ROUND },
	{ "... until it is counted", { 2, 3, 0 }, 4, 7, NEVER },
};

START_TEST(is_due)
{
	struct window w;
	uint64_t cost = dues[_i].cost * U, due = dues[_i].due;

	fill(&w, dues[_i].costs[0], dues[_i].costs[1], dues[_i].costs[2]);
	window_take(&w, dues[_i].flying * U);
	ck_assert_msg(window_due(&w, cost) == due, "%s: %ju", dues[_i].what,
	    (uintmax_t)window_due(&w, cost));
	ck_assert_int_eq(window_has_room(&w, cost), due == 0);
	if (due == 0 || due == NEVER)
		return;
	window_tick(&w, due - 1);
	ck_assert(!window_has_room(&w, cost));
	window_tick(&w, due);
	ck_assert(window_has_room(&w, cost));
}
END_TEST

/* At 20.5 us, of one with 2, 3 and 4 counted and 1 on its way. */
static const struct {
	const char	*what;
	uint64_t	 ahead;
	uint64_t	 first;	/* ns */
	uint64_t	 cost;
	uint64_t	 due;	/* ns */
} behind[] = {
	{ "none is ahead", 0, 0, 1, ROUND },
	{ "one is ahead", 1, 0, 1, ROUND },
	{ "those that are free first are", 2, 0, 1, ROUND + 10000 },
	{ "it begins later", 2, 900000, 1, 900000 },
	{ "the last place", 9, 0, 1, ROUND + 20000 },
	{ "the first, once more", 10, 0, 1, 2 * ROUND },
	{ "... when that began later", 10, 900500, 1, 900000 + ROUND },
	{ "three rounds later", 33, 0, 1, 4 * ROUND + 10000 },
	{ "more than all", 10, 0, 99, 2 * ROUND + 20000 },
};

START_TEST(is_due_behind)
{
	struct window w;
	uint64_t due;

	fill(&w, 2, 3, 4);
	window_take(&w, U);
	due = window_due_behind(&w, behind[_i].ahead * U, behind[_i].first,
	    behind[_i].cost * U, 20500);
	ck_assert_msg(due == behind[_i].due, "%s: %ju", behind[_i].what,
	    (uintmax_t)due);
}
END_TEST

START_TEST(is_due_behind_none)
{
	struct window w;

	fill(&w, 2, 0, 0);
	ck_assert_uint_eq(window_due_behind(&w, 7 * U, 500, U, 20500), 0);
	ck_assert_uint_eq(window_due_behind(&w, WIDE_MAX, 0, U, 205), NEVER);
	ck_assert_uint_eq(window_due_behind(&w, (wide)UINT64_MAX * U, 0, U,
	    20500), NEVER);
}
END_TEST

/* What is above the capacity occupies the periods that follow. */
START_TEST(owes)
{
	struct window w;

	window_init(&w, 10 * U, PERIOD);
	ck_assert(window_has_room(&w, 25 * U));
	window_take(&w, 25 * U);
	window_count(&w, 25 * U, 5);
	ck_assert_int_eq(window_left(&w), -15 * (int64_t)U);
	ck_assert_uint_eq(window_due(&w, 5 * U), 2 * ROUND);
	ck_assert_uint_eq(window_due(&w, 6 * U), 3 * ROUND);
	ck_assert_uint_eq(window_empty_at(&w), 3 * ROUND);
	window_tick(&w, 2 * ROUND - 1);
	ck_assert(!window_has_room(&w, 0));
	window_tick(&w, 2 * ROUND);
	ck_assert(window_has_room(&w, 5 * U));
	ck_assert(!window_has_room(&w, 6 * U));
	window_tick(&w, 3 * ROUND);
	ck_assert(window_is_empty(&w));
}
END_TEST

/* The same, when nobody looks for long. */
START_TEST(owes_unseen)
{
	struct window seen, unseen;
	uint64_t at = 7 * ROUND + 3 * SLOT, now;

	window_init(&seen, 10 * U, PERIOD);
	window_take(&seen, 95 * U);
	window_count(&seen, 95 * U, 0);
	unseen = seen;
	for (now = 0; now <= at; now += SLOT)
		window_tick(&seen, now);
	window_tick(&unseen, at);
	ck_assert_int_eq(memcmp(&seen, &unseen, sizeof seen), 0);
	window_tick(&unseen, UINT64_MAX);
	ck_assert(window_is_empty(&unseen));
}
END_TEST

START_TEST(saturates)
{
	struct window w;

	window_init(&w, UINT64_MAX, UINT64_MAX);
	window_take(&w, UINT64_MAX);
	window_take(&w, UINT64_MAX);
	ck_assert(!window_has_room(&w, 1));
	window_count(&w, UINT64_MAX, UINT64_MAX);
	window_count(&w, UINT64_MAX, UINT64_MAX);
	ck_assert_int_eq(window_left(&w), 0);
	ck_assert_uint_eq(window_due(&w, 1), NEVER);
	window_init(&w, 1, 1);
	window_tick(&w, UINT64_MAX);
	window_take(&w, UINT64_MAX);
	window_count(&w, UINT64_MAX, 0);
	ck_assert_uint_eq(window_empty_at(&w), NEVER);
	ck_assert_int_eq(window_left(&w), INT64_MIN);
}
END_TEST

/* What goes elsewhere leaves its place. */
START_TEST(drops)
{
	struct window w;

	window_init(&w, 10 * U, PERIOD);
	window_take(&w, 30 * U);
	window_take(&w, U);
	ck_assert_uint_eq(window_due(&w, U), NEVER);
	window_drop(&w, 30 * U);
	ck_assert_uint_eq(window_due(&w, 9 * U), 0);
	window_drop(&w, U);
	ck_assert(window_is_empty(&w));
}
END_TEST

/* From a window with 2, 3 and 4, one of that capacity and period inherits. */
static const struct {
	const char	*what;
	uint64_t	 capacity;
	uint64_t	 period;
	uint64_t	 cost;
	uint64_t	 due;	/* ns */
} heirs[] = {
	{ "the same", 10, PERIOD, 2, ROUND },
	{ "one that allows more", 20, PERIOD, 12, ROUND },
	{ "one that allows less", 5, PERIOD, 1, ROUND + 10000 },
	{ "of a longer period: what is known ends later", 10, 2 * PERIOD, 10,
	    2 * ROUND + 20000 },
	{ "of a shorter one: the first is forgotten", 10, PERIOD / 25, 3,
	    0 },
	{ "... the last is not", 10, PERIOD / 25, 10, 30720 },
};

START_TEST(inherits)
{
	struct window from, w;

	fill(&from, 2, 3, 4);
	window_init(&w, heirs[_i].capacity * U, heirs[_i].period);
	window_tick(&w, 20500);
	window_inherit(&w, &from, 20500);
	ck_assert_msg(window_due(&w, heirs[_i].cost * U) == heirs[_i].due,
	    "%s: %ju", heirs[_i].what,
	    (uintmax_t)window_due(&w, heirs[_i].cost * U));
}
END_TEST

/* Of two, the one that has occupied more counts, slot by slot. */
START_TEST(inherits_more)
{
	struct window a, b;

	fill(&a, 1, 5, 0);
	fill(&b, 2, 3, 2);
	window_inherit(&a, &b, 20500);
	ck_assert_int_eq(window_left(&a), U);
}
END_TEST

/* Random histories */

#define HISTORIES 2000
#define STEPS	300
#define CAPACITY 7
#define REAL	(PERIOD - 3)	/* no multiple of what it is cut into */

/* What was counted, and when; and what was not. */
static uint64_t when[STEPS], costs[STEPS], flies[STEPS];
static unsigned nlog, nflying;

static uint64_t
flying(void)
{
	uint64_t all = 0;
	unsigned i;

	for (i = 0; i < nflying; i++)
		all += flies[i];
	return all;
}

/* What was counted later than that. */
static uint64_t
logged(uint64_t since)
{
	uint64_t all = 0;
	unsigned i;

	for (i = 0; i < nlog; i++)
		if (when[i] > since)
			all += costs[i];
	return all;
}

static void
count_one(struct window *w, uint64_t now)
{
	unsigned i = (unsigned)any(nflying);
	uint64_t late = any(2) * any(4000);

	/* the caller may say so later, but not before */
	when[nlog] = now > late ? now - late : 0;
	costs[nlog] = flies[i];
	window_count(w, flies[i] * U, when[nlog++]);
	flies[i] = flies[--nflying];
}

static void
admit(struct window *w, uint64_t now)
{
	uint64_t cost = 1 + any(CAPACITY);
	uint64_t since = now > REAL ? now - REAL : 0;
	uint64_t longer = REAL + SLOT + WINDOW_SLOTS;

	if (!window_has_room(w, cost * U)) {
		since = now > longer ? now - longer : 0;
		must(flying() + logged(since) + cost > CAPACITY || now <=
		    longer);
		return;
	}
	window_take(w, cost * U);
	flies[nflying++] = cost;
	if (now > REAL)
		must(flying() + logged(since) <= CAPACITY);
}

/* It is told when there is room, and that is so. */
static void
check_due(const struct window *w, uint64_t now)
{
	struct window copy = *w;
	uint64_t cost = (1 + any(CAPACITY)) * U;
	uint64_t due = window_due(w, cost);

	must((due == 0) == window_has_room(w, cost));
	if (due == 0)
		return;
	must((due == NEVER) == (flying() * U + cost > CAPACITY * U));
	if (due == NEVER)
		return;
	must(due > now);
	window_tick(&copy, due - 1);
	must(!window_has_room(&copy, cost));
	window_tick(&copy, due);
	must(window_has_room(&copy, cost));
}

/* Nobody goes before it was told; those of one unit just then. */
static void
check_behind(const struct window *w, uint64_t now)
{
	struct window copy = *w;
	uint64_t ahead = 0, at, due, first = now + any(2) * any(PERIOD);
	uint64_t cost, most = any(2) ? 1 : CAPACITY;
	unsigned n = (unsigned)any(30);

	window_count(&copy, flying() * U, now);
	for (at = first;;) {
		cost = 1 + any(most);
		due = window_due_behind(w, ahead * U, first, cost * U, now);
		at = at > window_due(&copy, cost * U) ? at :
		    window_due(&copy, cost * U);
		must(due <= at);
		if (most == 1 && due != 0)
			must(at <= due + SLOT);
		if (n-- == 0)
			return;
		window_tick(&copy, at);
		window_take(&copy, cost * U);
		window_count(&copy, cost * U, at);
		ahead += cost;
	}
}

static void
history(void)
{
	struct window w;
	uint64_t now = any(2) ? 0 : any(UINT64_MAX / 4);

	nlog = nflying = 0;
	window_init(&w, CAPACITY * U, REAL);
	for (step = 0; step < STEPS; step++) {
		now += any(3) ? any(6000) : any(2 * PERIOD);
		window_tick(&w, now);
		if (nflying > 0 && any(2))
			count_one(&w, now);
		else
			admit(&w, now);
		check_due(&w, now);
	}
	check_behind(&w, now);
}

START_TEST(is_exact)
{
	unsigned n = repetitions(HISTORIES);

	for (seed = 1; seed <= n; seed++) {
		state = seed * 0x9e3779b97f4a7c15ULL;
		history();
	}
}
END_TEST

static Suite *
window_suite(void)
{
	Suite *suite = suite_create("window");
	TCase *tc = tcase_create("window");

	ROWS(tc, is_due, dues);
	ROWS(tc, is_due_behind, behind);
	tcase_add_test(tc, is_due_behind_none);
	tcase_add_test(tc, owes);
	tcase_add_test(tc, owes_unseen);
	tcase_add_test(tc, saturates);
	tcase_add_test(tc, drops);
	ROWS(tc, inherits, heirs);
	tcase_add_test(tc, inherits_more);
	tcase_add_test(tc, is_exact);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(window_suite());
}

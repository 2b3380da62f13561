/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "check_run.h"
#include "throttle/budget.h"
#include "throttle/budget_rates.h"
#include "throttle/budget_save.h"
#include "throttle/lease.h"
#include "throttle/lease_spend.h"
#include "throttle/window.h"

/*
 * What is written down ahead of what is spent: by hand, and against one bucket
 * and one list of a window that never forget, through crashes at any moment.
 */

#define U	1000000ULL	/* a cost of 1 */
#define MS	1000000ULL
#define SEC	1000000000ULL
#define H	(50 * MS)

static struct budget_saved saved;

static struct budget_limits
limits(uint64_t capacity, uint64_t burst, bool strict)
{
	return (struct budget_limits){
		.rates = { { capacity * U, SEC, burst * U, strict } },
		.nrates = 1,
	};
}

/* Returns whether that has to be safe. */
static bool
promise(struct budget *b, uint64_t now)
{
	return lease_promise(b, &(struct lease_ahead){ H, H / 5 }, now);
}

/* By hand */

START_TEST(none_is_needed)
{
	const struct budget_limits ten = limits(10, 10, false);
	const struct budget_limits nothing = { .nrates = 0 };
	struct budget b;

	budget_init(&b, &ten, false, NULL);
	ck_assert(budget_allows(&b, 10 * U, 0));
	promise(&b, 0);
	lease_grant(&b);
	ck_assert(!lease_is_low(&b));
	ck_assert_uint_eq(lease_due(&b, 10 * U, 0), 0);
	budget_init(&b, &nothing, false, NULL);
	lease_begin(&b);
	ck_assert(budget_allows(&b, 1000 * U, 0));
}
END_TEST

START_TEST(who_waits_gets_what_it_needs)
{
	const struct budget_limits hundred = limits(100, 100, false);
	struct budget b;

	budget_init(&b, &hundred, false, NULL);
	lease_begin(&b);
	ck_assert(!budget_allows(&b, U, 0));
	ck_assert_uint_eq(lease_due(&b, U, 0), BUDGET_NEVER);
	ck_assert(!lease_is_low(&b));
	lease_need(&b, 50 * U, 0);
	ck_assert(lease_is_low(&b));
	promise(&b, 0);
	/* what is promised may not be spent */
	ck_assert(!budget_allows(&b, 50 * U, 0));
	lease_grant(&b);
	ck_assert(budget_allows(&b, 50 * U, 0));
	ck_assert(!budget_allows(&b, 51 * U, 0));
	budget_take(&b, 50 * U, 0, 0);
	ck_assert(!budget_allows(&b, U, 0));
	/* half of what was granted is spent */
	ck_assert(lease_is_low(&b));
	promise(&b, 0);
	lease_grant(&b);
	/* a tenth of the fifty that are left, and what comes in 50 ms */
	ck_assert(budget_allows(&b, 5 * U, 0));
	ck_assert(!budget_allows(&b, 5 * U + 1, 0));
}
END_TEST

/* One that is not due by its rate asks for nothing, and waits for that. */
START_TEST(who_is_not_due_needs_none)
{
	const struct budget_limits one = limits(1, 1, false);
	struct budget b;

	budget_init(&b, &one, false, NULL);
	lease_begin(&b);
	budget_take(&b, U, 0, 0);
	promise(&b, 0);
	lease_grant(&b);
	lease_need(&b, U, 500 * MS);
	ck_assert(!lease_is_low(&b));
	ck_assert_uint_eq(lease_due(&b, U, 500 * MS), SEC);
	lease_need(&b, U, SEC);
	ck_assert(lease_is_low(&b));
	ck_assert_uint_eq(lease_due(&b, U, SEC), BUDGET_NEVER);
}
END_TEST

/* A budget of several is promised once for each of them, and granted once. */
START_TEST(a_promise_stays)
{
	const struct budget_limits hundred = limits(100, 100, false);
	struct budget b;

	budget_init(&b, &hundred, false, NULL);
	lease_begin(&b);
	lease_need(&b, 50 * U, 0);
	promise(&b, 0);
	promise(&b, 0);
	lease_need(&b, U, 0);
	promise(&b, 0);
	lease_grant(&b);
	ck_assert(budget_allows(&b, 50 * U, 0));
}
END_TEST

/* Nobody has used it since: a tenth of what is left stays. */
START_TEST(what_is_not_used_is_cut)
{
	const struct budget_limits hundred = limits(100, 100, false);
	struct budget b;

	budget_init(&b, &hundred, false, NULL);
	lease_begin(&b);
	lease_need(&b, 80 * U, 0);
	promise(&b, 0);
	lease_grant(&b);
	promise(&b, 0);
	ck_assert(budget_allows(&b, 10 * U, 0));
	ck_assert(!budget_allows(&b, 10 * U + 1, 0));
	lease_return(&b);
	ck_assert(!budget_allows(&b, 1, 0));
}
END_TEST

static void
pass(struct budget *b, uint64_t cost, uint64_t now)
{
	ck_assert(budget_allows(b, cost, now));
	budget_take(b, cost, now, now);
	budget_verdict(b, b->epoch, BUDGET_SUCCESS, now);
	budget_release(b);
}

/* Of an exact window little may go before that is written, safe or not. */
START_TEST(a_window_keeps_most_of_a_lease)
{
	const struct budget_limits thousand = limits(1000, 1000, true);
	struct window window;
	struct budget b;

	budget_init(&b, &thousand, false, &window);
	lease_begin(&b);
	lease_need(&b, U, 0);
	/* what it gives in 250 ms is safe then, and ten may go */
	ck_assert(promise(&b, 0));
	budget_save(&b, 0, &saved);
	ck_assert_uint_eq(saved.leased, 250 * U);
	ck_assert_uint_eq(saved.written, 10 * U);
	lease_grant(&b);
	ck_assert(!budget_allows(&b, 11 * U, 0));
	pass(&b, 4 * U, 0);
	ck_assert(!lease_is_low(&b));
	pass(&b, U, 0);
	ck_assert(lease_is_low(&b));
	/* of what is safe the ten are made whole */
	ck_assert(!promise(&b, 0));
	budget_save(&b, 0, &saved);
	ck_assert_uint_eq(saved.leased, 245 * U);
	ck_assert_uint_eq(saved.written, 10 * U);
	ck_assert_uint_eq(saved.flying[0], 5 * U);
	lease_grant(&b);
	pass(&b, 10 * U, 0);
	lease_need(&b, 140 * U, 0);
	ck_assert(!promise(&b, 0));
	lease_grant(&b);
	/* half of it is gone: more has to be safe */
	pass(&b, 136 * U, 0);
	ck_assert(promise(&b, 0));
	budget_save(&b, 0, &saved);
	ck_assert_uint_eq(saved.leased, 250 * U);
	ck_assert_uint_eq(saved.written, 10 * U);
	budget_saved_same_boot(&saved);
	ck_assert_uint_eq(saved.leased, 10 * U);
	/* what is not used is cut, with what was kept */
	lease_grant(&b);
	window_take(&window, 449 * U);
	ck_assert(!promise(&b, 0));
	budget_save(&b, 0, &saved);
	ck_assert_uint_eq(saved.leased, 40 * U);
}
END_TEST

/* What is told to be counted is written, so that it is known when it was. */
START_TEST(what_is_counted_is_written)
{
	const struct budget_limits hundred = limits(100, 100, true);
	struct window window;
	struct budget b;

	budget_init(&b, &hundred, false, &window);
	lease_begin(&b);
	lease_need(&b, 20 * U, 0);
	promise(&b, 0);
	lease_grant(&b);
	pass(&b, 20 * U, 0);
	/* nothing to say yet, and nobody who waits */
	ck_assert(!lease_is_low(&b));
	budget_count(&b, 9 * U, MS);
	ck_assert(!lease_is_low(&b));
	budget_count(&b, U, MS);
	ck_assert(lease_is_low(&b));
	promise(&b, MS);
	lease_grant(&b);
	budget_tick(&b, 2 * MS);
	budget_count(&b, 10 * U, 2 * MS);
	ck_assert(lease_is_low(&b));
	promise(&b, 2 * MS);
	lease_grant(&b);
	ck_assert(!lease_is_low(&b));
}
END_TEST

/* What could not be refused is taken from what was kept, too. */
START_TEST(more_than_there_is)
{
	const struct budget_limits thousand = limits(1000, 1000, true);
	struct window window;
	struct budget b;

	budget_init(&b, &thousand, false, &window);
	lease_begin(&b);
	lease_need(&b, U, 0);
	promise(&b, 0);
	lease_grant(&b);
	budget_take(&b, 30 * U, 0, 0);
	budget_save(&b, 0, &saved);
	ck_assert_uint_eq(saved.leased, 220 * U);
	ck_assert_uint_eq(saved.written, 0);
	budget_take(&b, 300 * U, 0, 0);
	budget_save(&b, 0, &saved);
	ck_assert_uint_eq(saved.leased, 0);
}
END_TEST

/* Other limits, and another period, see the same cost. */
START_TEST(comes_back_rescaled)
{
	const struct budget_limits ten = limits(10, 10, false);
	const struct budget_limits twenty = limits(20, 20, false);
	struct budget b;

	budget_init(&b, &ten, false, NULL);
	budget_take(&b, 8 * U, 5 * SEC, 5 * SEC);
	budget_save(&b, 5 * SEC, &saved);
	budget_init(&b, &twenty, false, NULL);
	budget_restore(&b, &saved, 200 * MS, 0);
	ck_assert_int_eq(gcra_left(&b.rates[0], 0), 14 * U);
	/* long ago */
	budget_init(&b, &twenty, false, NULL);
	budget_restore(&b, &saved, 3600 * SEC, 0);
	ck_assert_int_eq(gcra_left(&b.rates[0], 0), 20 * U);
}
END_TEST

START_TEST(recovery_and_shape_come_back)
{
	const struct budget_limits ten = limits(10, 10, false);
	struct budget b, again;

	budget_init(&b, &ten, false, NULL);
	budget_pause(&b, 5 * SEC, SEC);
	budget_shape(&b, 7, 9 * SEC, SEC);
	b.opens = 3 * SEC;
	budget_save(&b, SEC, &saved);
	ck_assert_uint_eq(saved.pause, 4 * SEC);
	budget_init(&again, &ten, false, NULL);
	budget_restore(&again, &saved, SEC, 100 * SEC);
	ck_assert_uint_eq(again.window, 1);
	ck_assert_uint_eq(again.opens, 3 * SEC);
	ck_assert_uint_eq(again.shape_until, 107 * SEC);
	ck_assert_int_eq(again.shape_left, 7);
}
END_TEST

/* Against what never forgets */

#define LOG	100000

struct world {
	struct budget_limits	 limits;
	struct budget		 budget;
	struct window		 window;
	struct budget_saved	*disk;		/* what a crash leaves */
	struct budget_saved	*queued;	/* what is being written */
	uint64_t		 at_disk;	/* ns: as of then */
	uint64_t		 at_queued;
	bool			 writing;
	uint64_t		 now;
	struct gcra		 ever;
	uint64_t		 times[LOG];	/* of a strict one's units */
	size_t			 n;
	uint64_t		 spent;
	unsigned		 crashes;
};

static unsigned
draw(unsigned n)
{
	return (unsigned)random() % n;
}

static void
write_down(struct world *w)
{
	budget_tick(&w->budget, w->now);
	promise(&w->budget, w->now);
	budget_save(&w->budget, w->now, w->queued);
	w->at_queued = w->now;
	w->writing = true;
}

static void
written(struct world *w)
{
	struct budget_saved *s = w->disk;

	w->disk = w->queued;
	w->queued = s;
	w->at_disk = w->at_queued;
	w->writing = false;
	lease_grant(&w->budget);
}

static void
be_born(struct world *w)
{
	budget_init(&w->budget, &w->limits, false, &w->window);
	budget_restore(&w->budget, w->disk, w->now - w->at_disk, w->now);
	lease_begin(&w->budget);
	write_down(w);
	written(w);
}

static void
crash(struct world *w)
{
	/* it may have been written, and nobody told */
	if (w->writing && draw(2) == 0)
		written(w);
	w->writing = false;
	w->now += draw(3) == 0 ? draw(2000) * MS : draw(20) * MS;
	be_born(w);
	w->crashes++;
}

static void
remember(struct world *w, uint64_t cost)
{
	size_t unit, capacity = w->limits.rates[0].capacity / U;

	w->spent += cost;
	if (!w->limits.rates[0].strict) {
		ck_assert(gcra_conforms(&w->ever, cost, w->now));
		gcra_take(&w->ever, cost, w->now);
		return;
	}
	for (unit = 0; unit < cost / U && w->n < LOG; unit++) {
		if (w->n >= capacity)
			ck_assert_uint_ge(w->now - w->times[w->n - capacity],
			    SEC);
		w->times[w->n++] = w->now;
	}
}

static bool
spend(struct world *w, uint64_t cost)
{
	budget_tick(&w->budget, w->now);
	if (!budget_allows(&w->budget, cost, w->now)) {
		lease_need(&w->budget, cost, w->now);
		return false;
	}
	budget_take(&w->budget, cost, w->now, w->now);
	remember(w, cost);
	budget_verdict(&w->budget, w->budget.epoch, BUDGET_SUCCESS, w->now);
	budget_release(&w->budget);
	budget_count(&w->budget, cost, w->now);
	return true;
}

static void
work(struct world *w, unsigned crashes)
{
	uint64_t cost = draw(50) == 0 ? 5 * U : U;

	while (spend(w, cost))
		cost = U;
	if (!w->writing && lease_is_low(&w->budget))
		write_down(w);
	else if (w->writing && draw(2) == 0)
		written(w);
	else if (!w->writing && draw(200) == 0)
		write_down(w);
	if (crashes > 0 && draw(crashes) == 0)
		crash(w);
	w->now += draw(5) * MS;
}

static struct world *
make_world(bool strict, unsigned seed)
{
	struct world *w = calloc(1, sizeof *w);

	srandom(seed);
	w->disk = calloc(1, sizeof *w->disk);
	w->queued = calloc(1, sizeof *w->queued);
	w->limits = limits(100, strict ? 100 : 20, strict);
	w->now = draw(1000) * SEC;
	gcra_init(&w->ever, &w->limits.rates[0]);
	budget_init(&w->budget, &w->limits, false, &w->window);
	budget_save(&w->budget, w->now, w->disk);
	w->at_disk = w->now;
	be_born(w);
	return w;
}

static void
free_world(struct world *w)
{
	free(w->disk);
	free(w->queued);
	free(w);
}

START_TEST(never_over)
{
	struct world *w = make_world(_i % 2 == 1, (unsigned)_i);
	unsigned i;

	for (i = 0; i < 20000; i++)
		work(w, 100);
	ck_assert_uint_gt(w->crashes, 100);
	free_world(w);
}
END_TEST

/* Without crashes all of it is used, although each bit is written first. */
START_TEST(all_is_used)
{
	struct world *w = make_world(_i % 2 == 1, (unsigned)_i);
	uint64_t began = w->now, could;
	unsigned i;

	for (i = 0; i < 20000; i++)
		work(w, 0);
	could = 100 * U * ((w->now - began) / MS) / 1000;
	ck_assert_uint_ge(w->spent, could / 100 * 97);
	free_world(w);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lease");
	TCase *tcase = tcase_create("by hand");

	tcase_add_test(tcase, none_is_needed);
	tcase_add_test(tcase, who_waits_gets_what_it_needs);
	tcase_add_test(tcase, who_is_not_due_needs_none);
	tcase_add_test(tcase, a_promise_stays);
	tcase_add_test(tcase, what_is_not_used_is_cut);
	tcase_add_test(tcase, a_window_keeps_most_of_a_lease);
	tcase_add_test(tcase, what_is_counted_is_written);
	tcase_add_test(tcase, more_than_there_is);
	tcase_add_test(tcase, comes_back_rescaled);
	tcase_add_test(tcase, recovery_and_shape_come_back);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("oracle");
	tcase_add_loop_test(tcase, never_over, 0, 20);
	tcase_add_loop_test(tcase, all_is_used, 0, 4);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}

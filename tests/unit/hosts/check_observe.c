/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "hosts/observe.h"

/*
 * Limits that are only observed, one thing at a time; check_observe_oracle
 * compares with what would really happen.
 */

#define U	THROTTLE_UNIT
#define MS	1000000ULL
#define SEC	1000000000ULL

static struct stats_block stats;
static struct memory memory;
static struct observe *shadow;
static struct observed *a, *b, *c;

static void
begin(uint64_t capacity, uint32_t concurrency, uint32_t queue_length)
{
	struct throttle_limits l = {
		.host.nrates = capacity > 0,
		.host.rates = { { capacity * U, SEC, U, false } },
		.host.concurrency = concurrency,
		.queue_length = queue_length,
	};

	memset(&stats, 0, sizeof stats);
	shadow = observe_new(&l);
	ck_assert_ptr_nonnull(shadow);
}

static void
ask_for(uint64_t owner, struct observed **place, uint64_t now)
{
	struct throttle_request q = {
		.client = owner,
		.owner = owner,
		.cost = U,
		.deadline = now + 60 * SEC,
		.weight = FAIR_WEIGHT,
		.part = THROTTLE_WHOLE,
	};

	observe_ask(shadow, place, &q, NULL, now);
}

static void
ask(struct observed **place, uint64_t now)
{
	ask_for(1, place, now);
}

static void
ask_and_go(struct observed **place, uint64_t now)
{
	ask(place, now);
	observe_sent(shadow, *place, now);
}

static void
check_counts(uint64_t went, uint64_t waited, uint64_t refused)
{
	observe_count(shadow, &stats);
	ck_assert(!observe_is_uncounted(shadow));
	ck_assert_uint_eq(stats.observed[STATS_WOULD_GO], went);
	ck_assert_uint_eq(stats.observed[STATS_WOULD_WAIT], waited);
	ck_assert_uint_eq(stats.observed[STATS_WOULD_REFUSE], refused);
}

static void
check_waiting(uint64_t now, uint32_t waiting)
{
	struct observe_view v;

	observe_view(shadow, now, &v);
	ck_assert_uint_eq(v.waiting, waiting);
}

START_TEST(outlives_its_request)
{
	begin(1, 0, 10);
	ask_and_go(&a, SEC);
	ask_and_go(&b, SEC);
	observe_end(shadow, &a, OBSERVE_DONE, SEC + MS);
	observe_end(shadow, &b, OBSERVE_DONE, SEC + MS);
	check_waiting(2 * SEC - 1, 1);
	check_counts(1, 0, 0);
	check_waiting(2 * SEC, 0);
	check_counts(1, 1, 0);
	ck_assert_uint_eq(stats.observed_wait.sum, SEC);
	observe_run(shadow, 2 * SEC + MS);
	ck_assert(observe_is_idle(shadow, 3600 * SEC));
	observe_free(shadow);
}
END_TEST

/* Its slot is the next one's only when it really came back. */
START_TEST(slot_is_held_as_long_as_it_was)
{
	begin(0, 1, 10);
	ask_and_go(&a, SEC);
	ask_and_go(&b, SEC + MS);
	observe_end(shadow, &b, OBSERVE_DONE, SEC + 3 * MS);
	check_waiting(50 * SEC - 1, 1);
	observe_end(shadow, &a, OBSERVE_DONE, 50 * SEC);
	check_waiting(50 * SEC, 0);
	ask_and_go(&c, 50 * SEC + MS);
	check_waiting(50 * SEC + 2 * MS - 1, 1);
	/* b has held it for 2 ms */
	check_waiting(50 * SEC + 2 * MS, 0);
	observe_end(shadow, &c, OBSERVE_DONE, 51 * SEC);
	check_waiting(52 * SEC, 0);
	ck_assert(observe_is_idle(shadow, 3600 * SEC));
	observe_free(shadow);
}
END_TEST

/* In all, where it was sent more than once. */
START_TEST(slot_is_held_each_time)
{
	begin(0, 1, 10);
	ask_and_go(&a, SEC);
	ask_and_go(&b, SEC + MS);
	observe_returned(shadow, b, SEC + 3 * MS);
	observe_sent(shadow, b, 4 * SEC);
	observe_end(shadow, &b, OBSERVE_DONE, 4 * SEC + 3 * MS);
	check_waiting(10 * SEC - 1, 1);
	observe_end(shadow, &a, OBSERVE_DONE, 10 * SEC);
	ask_and_go(&c, 10 * SEC + MS);
	check_waiting(10 * SEC + 5 * MS - 1, 1);
	check_waiting(10 * SEC + 5 * MS, 0);
	observe_returned(shadow, NULL, 11 * SEC);
	observe_end(shadow, &c, OBSERVE_DONE, 11 * SEC);
	observe_free(shadow);
}
END_TEST

START_TEST(who_really_was_refused_holds_what_is_typical)
{
	begin(0, 1, 10);
	ask_and_go(&a, SEC);
	observe_end(shadow, &a, OBSERVE_DONE, SEC + 7 * MS);
	ask(&a, 2 * SEC);
	observe_end(shadow, &a, OBSERVE_REFUSED, 2 * SEC);
	ask_and_go(&b, 2 * SEC + MS);
	check_waiting(2 * SEC + 7 * MS - 1, 1);
	check_waiting(2 * SEC + 7 * MS, 0);
	observe_end(shadow, &b, OBSERVE_DONE, 3 * SEC);
	observe_free(shadow);
}
END_TEST

START_TEST(who_waits_in_both_and_goes_leaves_both)
{
	begin(1, 0, 10);
	ask_and_go(&a, SEC);
	ask(&b, SEC);
	observe_end(shadow, &b, OBSERVE_GONE, SEC + MS);
	check_waiting(SEC + MS, 0);
	check_counts(1, 1, 0);
	observe_end(shadow, &a, OBSERVE_DONE, SEC + MS);
	ck_assert(observe_is_idle(shadow, 3600 * SEC));
	observe_free(shadow);
}
END_TEST

/* What came to nothing has spent nothing, and is not counted where it waits. */
START_TEST(refund_gives_back)
{
	struct throttle_deposit deposit = { .listed = false };
	struct throttle_request q = {
		.cost = U,
		.deadline = 60 * SEC,
		.weight = FAIR_WEIGHT,
		.part = THROTTLE_WHOLE,
		.deposit = &deposit,
	};

	begin(1, 0, 10);
	observe_ask(shadow, &a, &q, NULL, SEC);
	observe_sent(shadow, a, SEC);
	ask_and_go(&b, SEC);
	observe_end(shadow, &a, OBSERVE_REFUND, SEC);
	check_waiting(SEC, 0);
	ask(&c, SEC);
	observe_end(shadow, &c, OBSERVE_REFUND, SEC);
	check_waiting(SEC, 0);
	check_counts(1, 1, 0);
	observe_end(shadow, &b, OBSERVE_DONE, SEC);
	ck_assert(observe_is_idle(shadow, 3600 * SEC));
	ck_assert(!deposit.listed);
	observe_free(shadow);
}
END_TEST

START_TEST(full_queue_and_late_ones)
{
	struct observed_view v;

	begin(1, 0, 1);
	ask_and_go(&a, SEC);
	ask_and_go(&b, SEC);
	ask_and_go(&c, SEC);
	observe_place(shadow, c, SEC, &v);
	ck_assert_int_eq(v.decision, STATS_WOULD_REFUSE);
	ck_assert(v.full);
	ck_assert_int_eq(v.report.what, BUDGET_SHORT_RATE);
	observe_place(shadow, b, SEC + MS, &v);
	ck_assert(!v.decided);
	ck_assert_int_eq(v.decision, STATS_WOULD_WAIT);
	ck_assert_uint_eq(v.wait, SEC);
	check_counts(1, 0, 1);
	/* nobody is left pointing there */
	observe_free(shadow);
	ck_assert_ptr_null(a);
	ck_assert_ptr_null(b);
	ck_assert_ptr_null(c);
}
END_TEST

/* A full queue makes room for who has nobody in it, as it would there. */
START_TEST(greediest_yields)
{
	struct observed *d;
	struct observed_view v;

	begin(1, 0, 2);
	ask_and_go(&a, SEC);
	ask_and_go(&b, SEC);
	ask_and_go(&c, SEC);
	ask_for(2, &d, SEC);
	observe_sent(shadow, d, SEC);
	observe_place(shadow, c, SEC, &v);
	ck_assert(v.decided);
	ck_assert_int_eq(v.decision, STATS_WOULD_REFUSE);
	ck_assert(v.full);
	observe_place(shadow, d, SEC, &v);
	ck_assert(!v.decided);
	check_waiting(SEC, 2);
	check_counts(1, 0, 1);
	observe_free(shadow);
}
END_TEST

/* Those who would wait in vain as long as each other all leave then. */
START_TEST(late_at_the_same_time)
{
	struct observed_view v;

	begin(0, 1, 10);
	ask_and_go(&a, SEC);
	ask_and_go(&b, SEC);
	ask_and_go(&c, SEC);
	check_waiting(61 * SEC - 1, 2);
	observe_run(shadow, 62 * SEC);
	check_waiting(62 * SEC, 0);
	observe_place(shadow, c, 62 * SEC, &v);
	ck_assert_int_eq(v.decision, STATS_WOULD_REFUSE);
	ck_assert(!v.full);
	check_counts(1, 0, 2);
	observe_free(shadow);
}
END_TEST

START_TEST(new_limits_keep_what_was_spent)
{
	struct throttle_limits l = {
		.host.nrates = 1,
		.host.rates = { { 2 * U, SEC, U, false } },
		.queue_length = 10,
	};

	begin(1, 0, 10);
	ask_and_go(&a, SEC);
	ask_and_go(&b, SEC);
	ck_assert(observe_limit(shadow, &l, NULL, SEC));
	check_waiting(SEC + 500 * MS - 1, 1);
	check_waiting(SEC + 500 * MS, 0);
	observe_free(shadow);
}
END_TEST

START_TEST(moves_to_another)
{
	struct observe *from;

	begin(0, 1, 10);
	ask_and_go(&a, SEC);
	ask_and_go(&b, SEC);
	from = shadow;
	begin(0, 1, 10);
	observe_move(from, shadow, &b, NULL, SEC + MS);
	ck_assert_ptr_nonnull(b);
	/* a slot is free there */
	check_waiting(SEC + MS, 0);
	observe_move(from, shadow, &a, NULL, SEC + MS);
	ck_assert(observe_is_idle(from, 3600 * SEC));
	observe_free(from);
	/* both hold one now */
	ask_and_go(&c, SEC + 2 * MS);
	observe_end(shadow, &a, OBSERVE_DONE, SEC + 2 * MS);
	check_waiting(SEC + 2 * MS, 1);
	observe_end(shadow, &b, OBSERVE_DONE, SEC + 4 * MS);
	check_waiting(SEC + 5 * MS, 0);
	observe_move(shadow, NULL, &c, NULL, SEC + 5 * MS);
	ck_assert_ptr_null(c);
	observe_run(shadow, 2 * SEC);
	ck_assert(observe_is_idle(shadow, 3600 * SEC));
	observe_free(shadow);
}
END_TEST

/* Where memory is short nothing more is held, and requests go unobserved. */
START_TEST(short_memory)
{
	struct throttle_request q = { .part = THROTTLE_WHOLE };

	begin(1, 0, 10);
	memory_init(&memory, 0, SHARE_OFF);
	memory_add(&memory.nobody, 1);
	observe_ask(shadow, &a, &q, &memory.nobody, SEC);
	ck_assert_ptr_null(a);
	check_counts(0, 0, 0);
	observe_sent(shadow, a, SEC);
	observe_end(shadow, &a, OBSERVE_DONE, SEC);
	observe_free(shadow);
	memory_destroy(&memory);
}
END_TEST

/* A bucket of 100, filled in a second. */
static void
begin_metered(void)
{
	static const struct throttle_meter_limits tokens = {
		.name = "tokens",
		.limits = { .nrates = 1,
		    .rates = { { 100 * U, SEC, 100 * U, false } } },
		.settles = true,
	};
	const struct throttle_limits l = {
		.meters = { &tokens },
		.nmeters = 1,
		.queue_length = 10,
	};

	memset(&stats, 0, sizeof stats);
	shadow = observe_new(&l);
	ck_assert_ptr_nonnull(shadow);
}

/* Its request is gone, with what it wanted, and the name. */
static void
want(struct observed **place, uint64_t amount, uint64_t now)
{
	struct throttle_wants *wants = calloc(1, sizeof *wants +
	    sizeof wants->amounts[0]);
	char *name = strdup("tokens");
	struct throttle_request q = {
		.deadline = now + 60 * SEC,
		.weight = FAIR_WEIGHT,
		.part = THROTTLE_WHOLE,
		.wants = wants,
	};

	wants->n = 1;
	wants->amounts[0].name = name;
	wants->amounts[0].amount = amount * U;
	observe_ask(shadow, place, &q, &memory.nobody, now);
	observe_sent(shadow, *place, now);
	memset(name, 'x', strlen(name));
	free(name);
	free(wants);
}

/* What was not used comes back when it really was, and what is owed is. */
START_TEST(named_budgets_are_settled)
{
	const uint64_t little = 10 * U, much = 140 * U;
	struct observed *d;

	memory_init(&memory, 1 << 20, SHARE_OFF);
	begin_metered();
	want(&a, 80, SEC);
	want(&b, 50, SEC);
	check_waiting(SEC + 100 * MS - 1, 1);
	observe_used(a, &little);
	observe_end(shadow, &a, OBSERVE_DONE, SEC + 100 * MS);
	check_waiting(SEC + 100 * MS, 0);
	check_counts(1, 1, 0);
	/* 90 were left without it, so it owes 50 */
	observe_used(b, &much);
	observe_end(shadow, &b, OBSERVE_DONE, SEC + 100 * MS);
	want(&c, 60, SEC + 200 * MS);
	check_waiting(SEC + 1200 * MS - 1, 1);
	check_waiting(SEC + 1200 * MS, 0);
	/* nothing is known of that: it stands */
	observe_used(c, NULL);
	observe_end(shadow, &c, OBSERVE_DONE, SEC + 1200 * MS);
	want(&d, 11, SEC + 1300 * MS);
	check_waiting(SEC + 1310 * MS - 1, 1);
	check_waiting(SEC + 1310 * MS, 0);
	observe_used(NULL, &little);
	observe_free(shadow);
	ck_assert_uint_eq(memory.used, 0);
	memory_destroy(&memory);
}
END_TEST

/* A place keeps what it has taken, and is settled, in another shadow. */
START_TEST(named_budgets_move)
{
	const uint64_t little = 10 * U;
	struct observe *old;

	memory_init(&memory, 1 << 20, SHARE_OFF);
	begin_metered();
	want(&a, 80, SEC);
	want(&b, 50, SEC);
	old = shadow;
	begin_metered();
	throttle_inherit(observe_throttle(shadow), observe_throttle(old), NULL,
	    SEC);
	observe_move(old, shadow, &a, NULL, SEC);
	observe_move(old, shadow, &b, NULL, SEC);
	observe_free(old);
	check_waiting(SEC + 100 * MS - 1, 1);
	observe_used(a, &little);
	observe_end(shadow, &a, OBSERVE_DONE, SEC + 100 * MS);
	check_waiting(SEC + 100 * MS, 0);
	observe_free(shadow);
	memory_destroy(&memory);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("observe");
	TCase *tc = tcase_create("places");

	tcase_add_test(tc, outlives_its_request);
	tcase_add_test(tc, slot_is_held_as_long_as_it_was);
	tcase_add_test(tc, slot_is_held_each_time);
	tcase_add_test(tc, who_really_was_refused_holds_what_is_typical);
	tcase_add_test(tc, who_waits_in_both_and_goes_leaves_both);
	tcase_add_test(tc, refund_gives_back);
	tcase_add_test(tc, full_queue_and_late_ones);
	tcase_add_test(tc, greediest_yields);
	tcase_add_test(tc, late_at_the_same_time);
	tcase_add_test(tc, new_limits_keep_what_was_spent);
	tcase_add_test(tc, moves_to_another);
	tcase_add_test(tc, short_memory);
	tcase_add_test(tc, named_budgets_are_settled);
	tcase_add_test(tc, named_budgets_move);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

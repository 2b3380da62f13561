/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_run.h"
#include "throttle/gcra.h"

/*
 * One rate, in figures worked out by hand.
 */

#define U	1000000ULL	/* a cost of 1 */
#define MS	1000000ULL
#define SEC	1000000000ULL
#define NEVER	UINT64_MAX

static const struct gcra_rate ten = { 10 * U, SEC, 10 * U, false };
static const struct gcra_rate third = { 3 * U, SEC, U, false };
static const struct gcra_rate strict = { 10 * U, SEC, 4 * U, true };
static const struct gcra_rate slowest = { 1, UINT64_MAX, 1, false };

/* Of a rate that has spent so much at 0, a cost is due. */
static const struct {
	const char		*what;
	const struct gcra_rate	*rate;
	uint64_t		 spent;
	uint64_t		 cost;
	uint64_t		 due;	/* ns */
} dues[] = {
	{ "a full bucket has its burst", &ten, 0, 10 * U, 0 },
	{ "... or less", &ten, 4 * U, 6 * U, 0 },
	{ "an empty one refills steadily", &ten, 10 * U, U, 100 * MS },
	{ "... until it is full", &ten, 10 * U, 10 * U, SEC },
	{ "more than the burst waits for the full one", &ten, U, 25 * U,
	    100 * MS },
	{ "... and overdraws it", &ten, 25 * U, U, 1600 * MS },
	{ "no cost waits for a debt", &ten, 25 * U, 0, 1500 * MS },
	{ "thirds are rounded up", &third, U, U, 333333334 },
	{ "... once, not each", &third, 2 * U, U, 666666667 },
	{ "... and a whole is whole", &third, 3 * U, U, SEC },
	{ "strict is another's to see to", &strict, 4 * U, U, 100 * MS },
	{ "what cannot be told", &slowest, UINT64_MAX, 1, NEVER },
};

START_TEST(is_due)
{
	struct gcra r;
	uint64_t due = dues[_i].due;

	gcra_init(&r, dues[_i].rate);
	if (dues[_i].spent > 0)
		gcra_take(&r, dues[_i].spent, 0);
	ck_assert_msg(gcra_due(&r, dues[_i].cost) == due, "%s: %ju",
	    dues[_i].what, (uintmax_t)gcra_due(&r, dues[_i].cost));
	ck_assert_msg(due == NEVER || gcra_conforms(&r, dues[_i].cost, due),
	    "%s: does not conform then", dues[_i].what);
	ck_assert_msg(due == 0 || !gcra_conforms(&r, dues[_i].cost, due - 1),
	    "%s: conforms before", dues[_i].what);
}
END_TEST

/* Of a rate that has spent 10 at 0, a cost behind others is due. */
static const struct {
	wide			 ahead;
	uint64_t		 first;	/* ns */
	uint64_t		 cost;
	uint64_t		 due;	/* ns */
} behind[] = {
	{ 0, 0, U, 100 * MS },
	{ 5 * U, 0, U, 600 * MS },
	/* Until the first goes the bucket fills, but not beyond. */
	{ 5 * U, SEC, 5 * U, SEC },
	{ 5 * U, 9 * SEC, 6 * U, 9100 * MS },
	{ 20 * U, 9 * SEC, U, 10100 * MS },
	{ (wide)UINT64_MAX + 1, 0, U, NEVER },
};

START_TEST(is_due_behind)
{
	struct gcra r;

	gcra_init(&r, &ten);
	gcra_take(&r, 10 * U, 0);
	ck_assert_uint_eq(gcra_due_behind(&r, behind[_i].ahead,
	    behind[_i].first, behind[_i].cost), behind[_i].due);
}
END_TEST

START_TEST(saturates)
{
	struct gcra r, other;

	gcra_init(&r, &slowest);
	gcra_take(&r, UINT64_MAX, NEVER);
	gcra_take(&r, UINT64_MAX, NEVER);
	ck_assert(r.tat == WIDE_MAX);
	ck_assert(!gcra_conforms(&r, 1, NEVER));
	ck_assert_uint_eq(gcra_due(&r, 1), NEVER);
	/* It has no end, so nothing can be given back, and it is passed on. */
	ck_assert(gcra_refund(&r, 1, WIDE_MAX, 0) == 0);
	gcra_init(&other, &ten);
	gcra_inherit(&other, &r, NEVER);
	ck_assert(other.tat == WIDE_MAX);
}
END_TEST

START_TEST(fills_up)
{
	struct gcra r;

	gcra_init(&r, &ten);
	ck_assert(gcra_is_full(&r, 0));
	gcra_take(&r, U, SEC);
	ck_assert(!gcra_is_full(&r, 1100 * MS - 1));
	ck_assert(gcra_is_full(&r, 1100 * MS));
	/* What is accounted late counts from there. */
	gcra_take(&r, U, 1050 * MS);
	ck_assert_uint_eq(gcra_due(&r, 10 * U), 1200 * MS);
}
END_TEST

/* 5 spent at 0, then 2: what of the 5 comes back. */
static const struct {
	uint64_t		 now;	/* ns */
	uint64_t		 back;	/* ns */
} refunds[] = {
	{ 0, 500 * MS },
	{ 200 * MS, 300 * MS },
	{ 500 * MS, 0 },
	{ 600 * MS, 0 },
};

START_TEST(gives_back)
{
	struct gcra r;
	wide end, sooner;

	gcra_init(&r, &ten);
	gcra_take(&r, 5 * U, 0);
	end = r.tat;
	gcra_take(&r, 2 * U, 0);
	sooner = gcra_refund(&r, 5 * U, end, refunds[_i].now);
	ck_assert(sooner == (wide)refunds[_i].back * r.limit.capacity);
	ck_assert_uint_eq(gcra_due(&r, 10 * U), 700 * MS - refunds[_i].back);
	ck_assert(gcra_refund(&r, 0, r.tat, 0) == 0);
}
END_TEST

/* So much spent at 0 of one rate and of another that takes over at now. */
static const struct {
	struct gcra_rate	 from;
	uint64_t		 from_spent;
	struct gcra_rate	 to;
	uint64_t		 to_spent;
	uint64_t		 now;	/* ns */
	uint64_t		 full;	/* ns: when the other is full then */
} heirs[] = {
	{ { 10 * U, SEC, 10 * U, false }, 5 * U,
	    { 20 * U, SEC, 20 * U, false }, 0, 0, 250 * MS },
	{ { 10 * U, SEC, 10 * U, false }, 5 * U,
	    { 10 * U, 2 * SEC, 10 * U, false }, 0, 0, SEC },
	/* 3 are left of 5. */
	{ { 10 * U, SEC, 10 * U, false }, 5 * U,
	    { 10 * U, 2 * SEC, 10 * U, false }, 0, 200 * MS, 800 * MS },
	/* The larger of the two counts. */
	{ { 10 * U, SEC, 10 * U, false }, 5 * U,
	    { 10 * U, SEC, 10 * U, false }, 6 * U, 0, 600 * MS },
	/* Nothing is left. */
	{ { 10 * U, SEC, 10 * U, false }, 5 * U,
	    { 10 * U, SEC, 10 * U, false }, 0, 500 * MS, 0 },
	/* 1, less what a nanosecond has refilled: rounded up. */
	{ { 10 * U, 3 * SEC, 10 * U, false }, U,
	    { 10 * U, 7 * SEC, 10 * U, false }, 0, 1, 699999999 },
};

START_TEST(takes_over)
{
	struct gcra from, to;

	gcra_init(&from, &heirs[_i].from);
	gcra_take(&from, heirs[_i].from_spent, 0);
	gcra_init(&to, &heirs[_i].to);
	if (heirs[_i].to_spent > 0)
		gcra_take(&to, heirs[_i].to_spent, 0);
	gcra_inherit(&to, &from, heirs[_i].now);
	ck_assert_uint_eq(gcra_due(&to, to.limit.burst), heirs[_i].full);
}
END_TEST

static Suite *
gcra_suite(void)
{
	Suite *suite = suite_create("gcra");
	TCase *tc = tcase_create("gcra");

	ROWS(tc, is_due, dues);
	ROWS(tc, is_due_behind, behind);
	tcase_add_test(tc, saturates);
	tcase_add_test(tc, fills_up);
	ROWS(tc, gives_back, refunds);
	ROWS(tc, takes_over, heirs);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(gcra_suite());
}

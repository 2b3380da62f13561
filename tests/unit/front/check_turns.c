/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>

#include "check_run.h"
#include "front/turns.h"

/* Whose turn it is. */

#define MANY	1000

static struct turns	 turns;
static struct turn	 turn[MANY];

static void
set_up(void)
{
	turns = (struct turns){ 0 };
}

static void
wait_for(unsigned first, unsigned n, uint64_t client)
{
	for (; n > 0; n--)
		turns_wait(&turns, &turn[first++], client);
}

static void
is_next(unsigned i)
{
	ck_assert_ptr_eq(turns_next(&turns), &turn[i]);
	ck_assert(!turn[i].waits);
}

START_TEST(one_of_each_client)
{
	ck_assert_ptr_null(turns_next(&turns));
	wait_for(0, 4, 1);
	wait_for(4, 2, 2);
	wait_for(6, 1, 3);
	is_next(0);
	is_next(4);
	is_next(6);
	is_next(1);
	is_next(5);
	/* whoever comes now comes behind one of each other */
	wait_for(7, 1, 4);
	is_next(2);
	is_next(7);
	is_next(3);
	ck_assert(turns_empty(&turns));
}
END_TEST

START_TEST(who_comes_again_has_one_turn_in_two)
{
	unsigned i, again = MANY - 1;

	wait_for(0, again, 7);
	for (i = 0; i < again; i++) {
		wait_for(again, 1, UINT64_MAX);
		is_next(i);
		is_next(again);
	}
}
END_TEST

START_TEST(who_leaves)
{
	wait_for(0, 3, 1);
	wait_for(3, 2, 2);
	turns_leave(&turns, &turn[0]);
	turns_leave(&turns, &turn[0]);
	turns_leave(&turns, &turn[4]);
	is_next(3);
	is_next(1);
	is_next(2);
	ck_assert(turns_empty(&turns));
}
END_TEST

/* However they come and go, each goes once, its client's in their order. */
START_TEST(random_histories)
{
	uint64_t last[8] = { 0 };
	unsigned i, n, in = 0;
	struct turn *t;

	srandom(1);
	for (n = 0; n < repetitions(100000); n++) {
		i = (unsigned)random() % MANY;
		if (random() % 3 == 0) {
			if ((t = turns_next(&turns)) == NULL) {
				ck_assert_uint_eq(in, 0);
				continue;
			}
			in--;
			ck_assert_uint_gt(t->number, last[t->client]);
			last[t->client] = t->number;
		} else if (turn[i].waits && random() % 8 == 0) {
			turns_leave(&turns, &turn[i]);
			in--;
		} else if (!turn[i].waits) {
			turns_wait(&turns, &turn[i],
			    (uint64_t)random() % 8);
			in++;
		}
		ck_assert_int_eq(turns_empty(&turns), in == 0);
	}
	while (turns_next(&turns) != NULL)
		in--;
	ck_assert_uint_eq(in, 0);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("turns");
	TCase *tc = tcase_create("turns");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, one_of_each_client);
	tcase_add_test(tc, who_comes_again_has_one_turn_in_two);
	tcase_add_test(tc, who_leaves);
	tcase_add_test(tc, random_histories);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

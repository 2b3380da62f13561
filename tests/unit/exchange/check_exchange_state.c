/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_run.h"
#include "exchange/exchange_state.h"

/* How many exchanges of a thread are in which phase. */

START_TEST(counts_phases)
{
	static struct exchanges all;
	static struct exchange x, y;

	x.exchanges = y.exchanges = &all;
	exchange_set_phase(&x, EXCHANGE_STARTING);
	exchange_set_phase(&y, EXCHANGE_STARTING);
	ck_assert_uint_eq(all.in_phase[EXCHANGE_STARTING], 2);
	exchange_set_phase(&x, EXCHANGE_QUEUED);
	exchange_set_phase(&x, EXCHANGE_QUEUED);
	ck_assert_uint_eq(all.in_phase[EXCHANGE_STARTING], 1);
	ck_assert_uint_eq(all.in_phase[EXCHANGE_QUEUED], 1);
	exchange_set_phase(&x, EXCHANGE_ENDED);
	exchange_set_phase(&y, EXCHANGE_ENDED);
	ck_assert_uint_eq(all.in_phase[EXCHANGE_STARTING], 0);
	ck_assert_uint_eq(all.in_phase[EXCHANGE_QUEUED], 0);
	ck_assert_uint_eq(all.in_phase[EXCHANGE_ENDED], 2);
}
END_TEST

START_TEST(counts_the_wait)
{
	static struct exchanges all;
	static struct exchange x = { .exchanges = &all, .held = 5,
	    .queued = 100 };

	ck_assert_uint_eq(exchange_held(&x, 110), 5);
	exchange_set_phase(&x, EXCHANGE_QUEUED);
	ck_assert_uint_eq(exchange_held(&x, 110), 15);
	exchange_set_phase(&x, EXCHANGE_CONNECTING);
	ck_assert_uint_eq(exchange_held(&x, 110), 5);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("exchange_state");
	TCase *tc = tcase_create("exchange_state");

	tcase_add_test(tc, counts_phases);
	tcase_add_test(tc, counts_the_wait);
	suite_add_tcase(s, tc);
	return run_suite(s);
}

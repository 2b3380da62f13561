/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_run.h"
#include "conf/conf.h"
#include "exchange/exchange_state.h"

static struct conf conf;	/* log.held is off */

/* How many exchanges of a thread are in which phase. */

START_TEST(counts_phases)
{
	static struct exchanges all;
	static struct exchange x, y;

	all.conf = &conf;
	TAILQ_INIT(&all.held);
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

	all.conf = &conf;
	TAILQ_INIT(&all.held);
	ck_assert_uint_eq(exchange_held(&x, 110), 5);
	exchange_set_phase(&x, EXCHANGE_QUEUED);
	ck_assert_uint_eq(exchange_held(&x, 110), 15);
	exchange_set_phase(&x, EXCHANGE_CONNECTING);
	ck_assert_uint_eq(exchange_held(&x, 110), 5);
}
END_TEST

/* Those who wait and were not looked at, in the order in which they came. */
START_TEST(lists_who_waits)
{
	static struct exchanges all;
	static struct exchange x[3];
	unsigned i;

	all.conf = &conf;
	TAILQ_INIT(&all.held);
	for (i = 0; i < 3; i++) {
		x[i].exchanges = &all;
		exchange_set_phase(&x[i], EXCHANGE_QUEUED);
	}
	ck_assert_ptr_eq(TAILQ_FIRST(&all.held), &x[0]);
	/* as exchange_held.c does */
	TAILQ_REMOVE(&all.held, &x[0], entry);
	x[0].looked_at = true;
	exchange_set_phase(&x[0], EXCHANGE_CONNECTING);
	exchange_set_phase(&x[1], EXCHANGE_ENDED);
	ck_assert_ptr_eq(TAILQ_FIRST(&all.held), &x[2]);
	exchange_set_phase(&x[0], EXCHANGE_QUEUED);
	ck_assert_ptr_eq(TAILQ_LAST(&all.held, exchange_list), &x[0]);
	exchange_set_phase(&x[2], EXCHANGE_CONNECTING);
	exchange_set_phase(&x[0], EXCHANGE_ENDED);
	ck_assert(TAILQ_EMPTY(&all.held));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("exchange_state");
	TCase *tc = tcase_create("exchange_state");

	tcase_add_test(tc, counts_phases);
	tcase_add_test(tc, counts_the_wait);
	tcase_add_test(tc, lists_who_waits);
	suite_add_tcase(s, tc);
	return run_suite(s);
}

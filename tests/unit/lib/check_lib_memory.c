/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include <sluice/hint.h>
#include <sluice/throttle.h>

#include "check_alloc.h"
#include "check_run.h"

/*
 * Each allocation of each call fails once: the call says so, nothing has
 * changed by it, and made again it does what it should.
 */

#define U	SLUICE_UNIT
#define SEC	SLUICE_SECOND

static bool
failed(void)
{
	bool is = check_alloc == 0;

	check_alloc = 0;
	return is;
}

static struct sluice_limits *
strict_limits(void)
{
	struct sluice_limits *l = sluice_limits_new();

	ck_assert_int_eq(sluice_limits_rate(l, 2 * U, SEC, 0, SLUICE_STRICT),
	    SLUICE_OK);
	return l;
}

START_TEST(makes)
{
	struct sluice_limits *l;
	struct sluice_throttle *t = NULL;
	struct sluice_waiter *w;
	struct sluice_hint *h;
	unsigned n;

	check_alloc = 1;
	l = sluice_limits_new();
	ck_assert_ptr_null(l);
	check_alloc = 1;
	h = sluice_hint_new();
	ck_assert_ptr_null(h);
	l = strict_limits();
	for (n = 1; t == NULL; n++) {
		check_alloc = n;
		t = sluice_throttle_new(l);
		ck_assert_int_eq(failed(), t == NULL);
	}
	ck_assert_uint_ge(n, 4);
	check_alloc = 1;
	w = sluice_waiter_new(t, NULL);
	ck_assert_ptr_null(w);
	sluice_throttle_free(t);
	sluice_limits_free(l);
}
END_TEST

/* Asks until it waits. */
static void
wait_for(struct sluice_waiter *w)
{
	enum sluice_result r = SLUICE_NO_MEMORY;
	unsigned n;

	for (n = 1; r == SLUICE_NO_MEMORY; n++) {
		ck_assert_int_eq(sluice_waiter_state(w), SLUICE_IDLE);
		check_alloc = n;
		r = sluice_ask(w, U, 0);
		ck_assert_int_eq(failed(), r == SLUICE_NO_MEMORY);
	}
	ck_assert_int_eq(r, SLUICE_WAIT);
	ck_assert_uint_ge(n, 3);
}

START_TEST(asks)
{
	struct sluice_limits *l = strict_limits();
	struct sluice_throttle *t = sluice_throttle_new(l);
	struct sluice_waiter *a = sluice_waiter_new(t, NULL);
	struct sluice_waiter *b = sluice_waiter_new(t, NULL);
	enum sluice_result r = SLUICE_NO_MEMORY;
	unsigned n;

	ck_assert_int_eq(sluice_ask(a, 2 * U, 0), SLUICE_OK);
	wait_for(b);
	for (n = 1; r == SLUICE_NO_MEMORY; n++) {
		ck_assert_uint_eq(sluice_waiting(t), 1);
		check_alloc = n;
		r = sluice_throttle_limit(t, l, 0);
		ck_assert_int_eq(failed(), r == SLUICE_NO_MEMORY);
	}
	ck_assert_uint_ge(n, 3);
	/* leaving needs none: without, its place is counted now */
	check_alloc = 1;
	sluice_leave(a, SEC);
	check_alloc = 0;
	ck_assert_ptr_null(sluice_next(t, 2 * SEC - 1));
	ck_assert_ptr_eq(sluice_next(t, 2 * SEC + SEC / 100), b);
	sluice_waiter_free(a);
	sluice_waiter_free(b);
	sluice_throttle_free(t);
	sluice_limits_free(l);
}
END_TEST

START_TEST(adds_fields)
{
	struct sluice_hint *h = sluice_hint_new();

	check_alloc = 1;
	ck_assert_int_eq(sluice_hint_field(h, "Retry-After", 11, "9", 1),
	    SLUICE_NO_MEMORY);
	ck_assert_int_eq(sluice_hint_field(h, "Retry-After", 11, "5", 1),
	    SLUICE_OK);
	ck_assert_int_eq(sluice_hint_read(h, 429, 0), SLUICE_OK);
	ck_assert_uint_eq(sluice_hint_pause(h), 5 * SEC);
	sluice_hint_free(h);
}
END_TEST

static Suite *
lib_suite(void)
{
	Suite *suite = suite_create("lib_memory");
	TCase *tc = tcase_create("lib_memory");

	tcase_add_test(tc, makes);
	tcase_add_test(tc, asks);
	tcase_add_test(tc, adds_fields);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(lib_suite());
}

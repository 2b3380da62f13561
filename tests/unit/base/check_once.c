/* SPDX-License-Identifier: ISC */
#include "base/once.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"

#define SECOND	UINT64_C(1000000000)

/* A time that no other test has had, so that nothing was told lately. */
static uint64_t
another_day(void)
{
	static uint64_t day;

	return ++day * 86400 * SECOND;
}

START_TEST(first)
{
	ck_assert(once_first(ONCE_TLS, "a.example"));
	ck_assert(!once_first(ONCE_TLS, "a.example"));
	ck_assert(once_first(ONCE_HTTP2, "a.example"));
	ck_assert(once_first(ONCE_TLS, "b.example"));
}
END_TEST

/* Names that are alike, and at whose places hardly another one is. */
START_TEST(alike)
{
	unsigned i, told = 0;
	char name[32];

	for (i = 0; i < 64; i++) {
		snprintf(name, sizeof name, "api.example.test%c",
		    (int)('0' + i));
		told += once_first(ONCE_TUNNEL, name);
	}
	ck_assert_uint_ge(told, 60);
}
END_TEST

START_TEST(minute)
{
	uint64_t now = another_day();

	ck_assert(once_a_minute("a", 1, now));
	ck_assert(!once_a_minute("a", 1, now));
	ck_assert(once_a_minute("b", 1, now));
	ck_assert(!once_a_minute("a", 1, now + 59 * SECOND));
	ck_assert(once_a_minute("a", 1, now + 60 * SECOND));
	ck_assert(!once_a_minute("a", 1, now + 119 * SECOND));
	ck_assert(once_a_minute("a", 1, now + 120 * SECOND));
}
END_TEST

/* Another thread's clock may have been read before. */
START_TEST(earlier)
{
	uint64_t now = another_day();

	ck_assert(once_a_minute("a", 1, now));
	ck_assert(!once_a_minute("a", 1, now - SECOND));
}
END_TEST

/* However many there are, a minute has so many lines. */
START_TEST(bound)
{
	uint64_t now = another_day();
	unsigned i, told = 0;

	for (i = 0; i < 100000; i++)
		told += once_a_minute(&i, sizeof i, now + i);
	ck_assert_uint_le(told, 256);
	ck_assert_uint_gt(told, 200);
}
END_TEST

static Suite *
once_suite(void)
{
	Suite *suite = suite_create("once");
	TCase *all = tcase_create("all");

	tcase_add_test(all, first);
	tcase_add_test(all, alike);
	tcase_add_test(all, minute);
	tcase_add_test(all, earlier);
	tcase_add_test(all, bound);
	suite_add_tcase(suite, all);
	return suite;
}

int
main(void)
{
	return run_suite(once_suite());
}

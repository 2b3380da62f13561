/* SPDX-License-Identifier: ISC */
#include "base/sum.h"

#include "check_run.h"

START_TEST(saturates)
{
	ck_assert_uint_eq(sum(2, 3), 5);
	ck_assert_uint_eq(sum(UINT64_MAX - 3, 3), UINT64_MAX);
	ck_assert_uint_eq(sum(UINT64_MAX - 3, 4), UINT64_MAX);
	ck_assert_uint_eq(sum(1, UINT64_MAX), UINT64_MAX);
	ck_assert_uint_eq(sum(UINT64_MAX, UINT64_MAX), UINT64_MAX);
	ck_assert_uint_eq(sum(0, UINT64_MAX - 1), UINT64_MAX - 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sum");
	TCase *tc = tcase_create("sum");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, saturates);
	return run_suite(suite);
}

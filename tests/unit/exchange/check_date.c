/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "check_run.h"
#include "exchange/date.h"

/* The instants are those of RFC 9110 5.6.7, and what is around them. */
START_TEST(texts)
{
	struct date d = { .at = 0 };

	ck_assert_str_eq(date_text(&d, 0), "Thu, 01 Jan 1970 00:00:00 GMT");
	ck_assert_str_eq(date_text(&d, 784111777),
	    "Sun, 06 Nov 1994 08:49:37 GMT");
	ck_assert_str_eq(date_text(&d, 784111777),
	    "Sun, 06 Nov 1994 08:49:37 GMT");
	ck_assert_str_eq(date_text(&d, 784111778),
	    "Sun, 06 Nov 1994 08:49:38 GMT");
	/* the clock may go back */
	ck_assert_str_eq(date_text(&d, 784111776),
	    "Sun, 06 Nov 1994 08:49:36 GMT");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("date");
	TCase *tc = tcase_create("date");

	tcase_add_test(tc, texts);
	suite_add_tcase(s, tc);
	return run_suite(s);
}

/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1_error.h"

#include "check_http1_request.h"

/* Where a head ends, however its bytes come. */

/* A head cut off anywhere is no head, to scanner and parser. */
START_TEST(test_cut_off)
{
	static const char text[] = GET "A: b\r\n" END;
	static struct http1_head head;
	struct http1_scan scan;
	struct scanned got;
	char *copy;

	for (size_t n = 0; n < sizeof text - 1; n++) {
		memset(&scan, 0, sizeof scan);
		ck_assert(!scan_some(&scan, text, n, MAX_HEAD, MAX_LINE,
		    &got));
		copy = exact_copy(text, n);
		ck_assert_int_ne(http1_request(&head, copy, n), HTTP1_OK);
		free(copy);
	}
	/* Nor may there be anything behind its end. */
	ck_assert_int_ne(http1_request(&head, text, sizeof text), HTTP1_OK);
}
END_TEST

START_TEST(test_scan_limits)
{
	static const char text[] = "0123456789\r\nA: b\r\n\r\n";
	size_t len = sizeof text - 1;
	struct scanned got;

	got = scan_all_ways(text, len, len, 10);
	ck_assert_int_eq(got.result, HTTP1_DONE);
	ck_assert_uint_eq(got.end, len);
	got = scan_all_ways(text, len, len - 1, 10);
	ck_assert_int_eq(got.error, HTTP1_LONG_HEAD);
	got = scan_all_ways(text, len, len, 9);
	ck_assert_int_eq(got.error, HTTP1_LONG_TARGET);
	ck_assert_int_eq(http1_error_status(got.error), 414);
	got = scan_all_ways(text, len, 5, 9);
	ck_assert_int_eq(got.error, HTTP1_LONG_HEAD);
	got = scan_all_ways(text, len, SIZE_MAX, SIZE_MAX);
	ck_assert_int_eq(got.result, HTTP1_DONE);
	/* Whatever comes, this line has become too long. */
	got = scan_all_ways(text, 11, len, 9);
	ck_assert_int_eq(got.error, HTTP1_LONG_TARGET);
	got = scan_all_ways("\r\n", 2, len, 9);
	ck_assert_int_eq(got.error, HTTP1_BAD_LINE);
	/* Only the first line is held to line_max. */
	got = scan_all_ways("A\r\nB: 0123456789\r\n\r\n", 21, 64, 1);
	ck_assert_int_eq(got.result, HTTP1_DONE);
	/* A head that ends in time does not care what follows it. */
	got = scan_all_ways("A\r\n\r\nrest", 9, 5, 1);
	ck_assert_int_eq(got.result, HTTP1_DONE);
	ck_assert_uint_eq(got.end, 5);
}
END_TEST

START_TEST(test_skip_empty)
{
	ck_assert_uint_eq(http1_skip_empty("", 0), 0);
	ck_assert_uint_eq(http1_skip_empty("\r", 1), 0);
	ck_assert_uint_eq(http1_skip_empty("\r\n", 2), 2);
	ck_assert_uint_eq(http1_skip_empty("\r\n\r", 3), 2);
	ck_assert_uint_eq(http1_skip_empty("\r\n\r\nGET", 7), 4);
	ck_assert_uint_eq(http1_skip_empty("\n\r\n", 3), 0);
	ck_assert_uint_eq(http1_skip_empty("GET\r\n", 5), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http1_scan");
	TCase *tc = tcase_create("scan");

	tcase_add_test(tc, test_cut_off);
	tcase_add_test(tc, test_scan_limits);
	tcase_add_test(tc, test_skip_empty);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

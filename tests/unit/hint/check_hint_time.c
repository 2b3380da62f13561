/* SPDX-License-Identifier: ISC */

/* Timestamps, durations and numbers, each by itself. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "hint/hint.h"
#include "hint/hint_duration.h"
#include "hint/hint_number.h"
#include "hint/hint_timestamp.h"
#include "check_exact.h"
#include "check_run.h"

static const struct {
	const char	*text;
	int64_t		 seconds;
	uint32_t	 nano;
} stamps[] = {
	{ "1970-01-01T00:00:00Z", 0, 0 },
	{ "1969-12-31T23:59:59Z", -1, 0 },
	{ "2025-01-01T00:00:00Z", 1735689600, 0 },
	{ "2025-01-01t00:00:00z", 1735689600, 0 },
	{ "2025-01-01 00:00:00", 1735689600, 0 },
	{ "2025-01-01T00:00Z", 1735689600, 0 },
	{ "2025-01-01T00:00:00.5Z", 1735689600, 500000000 },
	{ "2025-01-01T00:00:00,25Z", 1735689600, 250000000 },
	{ "2025-01-01T00:00:00.0000000001Z", 1735689600, 1 },
	{ "2025-01-01T00:00:00.123456789+00:00", 1735689600, 123456789 },
	{ "2025-01-01T05:30:00+05:30", 1735689600, 0 },
	{ "2024-12-31T16:00:00-0800", 1735689600, 0 },
	{ "2025-01-01T02:00:00+02", 1735689600, 0 },
	{ "2025-01-01 00:00:00 UTC", 1735689600, 0 },
	{ "2025-01-01 00:00:00 GMT", 1735689600, 0 },
	{ "2025-01-01 00:00:00 +0000", 1735689600, 0 },
	/* as Go prints its times */
	{ "2025-01-01 00:00:00 +0000 UTC", 1735689600, 0 },
	{ "2025-01-01 02:00:00.5 +0200 CEST", 1735689600, 500000000 },
	{ "2025-01-01 03:00:00 +0300 +03", 1735689600, 0 },
	{ "2025-01-01 00:00:00.25 +0000 UTC m=+30.000012", 1735689600,
	    250000000 },
	{ "2025-01-01 02:00:00 +0200 CEST m=-0.5", 1735689600, 0 },
	{ "2024-02-29T12:00:00Z", 1709208000, 0 },
	{ "2016-12-31T23:59:60Z", 1483228800, 0 },
	{ "9999-12-31T23:59:59Z", 253402300799, 0 },
	{ "0000-01-01T00:00:00Z", -62167219200, 0 },
};

static const char *const not_stamps[] = {
	"", "2025", "2025-01-01", "2025-01-01T", "2025-01-01T00",
	"2025-01-01T00:", "2025-01-01T00:0", "2025-01-01T00:00:",
	"2025-01-01T00:00:00.", "2025-01-01T00:00:00.Z",
	"2025-01-01T24:00:00Z", "2025-01-01T00:60:00Z", "2025-13-01T00:00:00Z",
	"2025-00-01T00:00:00Z", "2025-01-00T00:00:00Z", "2025-02-29T00:00:00Z",
	"2025-01-01T00:00:61Z", "2025-01-01T00:00:00ZZ",
	"2025-01-01T00:00:00+", "2025-01-01T00:00:00+1",
	"2025-01-01T00:00:00+24:00", "2025-01-01T00:00:00+00:60",
	"2025-01-01T00:00:00+00:", "2025-01-01T00:00:00 CET",
	"25-01-01T00:00:00Z", "2025-1-1T00:00:00Z", "2025/01/01T00:00:00Z",
	"+2025-01-01T00:00:00Z", "-2025-01-01T00:00:00Z", "20250101T000000Z",
	"2025-01-01_00:00:00Z", "2025-01-01T00:00:00-",
	"2025-01-01 00:00:00 +0000 ", "2025-01-01 00:00:00 +0000 U",
	"2025-01-01 00:00:00 +0000 CENTRAL", "2025-01-01 00:00:00 +0000 utc",
	"2025-01-01 00:00:00 +0000 UTC m=", "2025-01-01 00:00:00 +0000 UTC m=+",
	"2025-01-01 00:00:00 +0000 UTC m=+1x", "2025-01-01 00:00:00 +0000 m=+1",
	"2025-01-01 00:00:00 UTC m=+1",
};

START_TEST(stamp)
{
	struct http1_str s = exact(stamps[_i].text);
	int64_t seconds = 77;
	uint32_t nano = 77;

	ck_assert_msg(hint_timestamp(s, &seconds, &nano), "%s",
	    stamps[_i].text);
	ck_assert_int_eq(seconds, stamps[_i].seconds);
	ck_assert_uint_eq(nano, stamps[_i].nano);
	drop(s);
}
END_TEST

START_TEST(not_a_stamp)
{
	struct http1_str s = exact(not_stamps[_i]);
	int64_t seconds;
	uint32_t nano;

	ck_assert_msg(!hint_timestamp(s, &seconds, &nano), "%s",
	    not_stamps[_i]);
	drop(s);
}
END_TEST

static const struct {
	const char	*text;
	uint64_t	 ns;
} durations[] = {
	{ "1s", 1000000000 },
	{ "0s", 0 },
	{ "12ms", 12000000 },
	{ "6m0s", 360000000000 },
	{ "1h2m3.5s", 3723500000000 },
	{ "2m59.56s", 179560000000 },
	{ "1d", 86400000000000 },
	{ "1.5h", 5400000000000 },
	{ "250us", 250000 },
	{ "250\xc2\xb5s", 250000 },
	{ "250\xce\xbcs", 250000 },
	{ "7ns", 7 },
	{ "0.5ns", 1 },
	{ "1.0000001ms", 1000001 },
	{ "5124095h", 18446742000000000000ULL },
	{ "5124096h", UINT64_MAX },
	{ "5124095h60m", UINT64_MAX },
	{ "99999999999999999999ns", UINT64_MAX },
	{ "213503d213503d", UINT64_MAX },
};

static const char *const not_durations[] = {
	"", "s", "1", "1.s", ".5s", "-1s", "1x", "1 s", "1s ", "1sm", "1h2",
	"1ms2", "1e3s", "1\xc2s", "1\xc2\xb5", "h1",
};

START_TEST(duration)
{
	struct http1_str s = exact(durations[_i].text);
	uint64_t ns = 77;

	ck_assert_msg(hint_duration(s, &ns), "%s", durations[_i].text);
	ck_assert_msg(ns == durations[_i].ns, "%s: %llu", durations[_i].text,
	    (unsigned long long)ns);
	drop(s);
}
END_TEST

START_TEST(not_a_duration)
{
	struct http1_str s = exact(not_durations[_i]);
	uint64_t ns;

	ck_assert_msg(!hint_duration(s, &ns), "%s", not_durations[_i]);
	drop(s);
}
END_TEST

START_TEST(numbers)
{
	struct hint_number n = { UINT64_MAX, 999999999 };

	ck_assert_uint_eq(hint_number_micro(n), UINT64_MAX);
	ck_assert_uint_eq(hint_number_of(n, HINT_SECOND), UINT64_MAX);
	ck_assert_uint_eq(hint_number_of(n, HINT_SECOND / 1000), UINT64_MAX);
	n.whole = 3;
	ck_assert_uint_eq(hint_number_micro(n), 3999999);
	ck_assert_uint_eq(hint_number_of(n, HINT_SECOND), 3999999999);
	ck_assert_uint_eq(hint_number_of(n, HINT_SECOND / 1000), 4000000);
}
END_TEST

static const struct {
	const char	*text;
	uint64_t	 whole;
	uint32_t	 nano;
} exponents[] = {
	{ "1.7356896E9", 1735689600, 0 },
	{ "1.7356896e+09", 1735689600, 0 },
	{ "3e1", 30, 0 },
	{ "0E0", 0, 0 },
	{ "125e-2", 1, 250000000 },
	{ "1e-05", 0, 10000 },
	{ "1e-9", 0, 1 },
	/* never too early */
	{ "1.0000000001e9", 1000000001, 0 },
	{ "1e-10", 0, 1 },
	{ "9999999999e-10", 1, 0 },
	{ "1e-999", 0, 1 },
	{ "0e-999", 0, 0 },
	{ "0e999", 0, 0 },
	{ "1e19", 10000000000000000000ULL, 0 },
	{ "1e20", UINT64_MAX, 0 },
	{ "5e99999999999999999999", UINT64_MAX, 0 },
};

static const char *const not_exponents[] = {
	"e1", "1e", "1e+", "1e-", "1e1.5", "1e1e1", "1e+-1", "1ee1", "1e 1",
	"1e1 ", ".5e1", "1.e1",
};

START_TEST(exponent)
{
	struct http1_str s = exact(exponents[_i].text);
	struct hint_number n;

	ck_assert_msg(hint_number(s, &n), "%s", exponents[_i].text);
	ck_assert_uint_eq(n.whole, exponents[_i].whole);
	ck_assert_uint_eq(n.nano, exponents[_i].nano);
	drop(s);
}
END_TEST

START_TEST(not_an_exponent)
{
	struct http1_str s = exact(not_exponents[_i]);
	struct hint_number n;

	ck_assert_msg(!hint_number(s, &n), "%s", not_exponents[_i]);
	drop(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hint_time");
	TCase *tc = tcase_create("values");

	ROWS(tc, stamp, stamps);
	ROWS(tc, not_a_stamp, not_stamps);
	ROWS(tc, duration, durations);
	ROWS(tc, not_a_duration, not_durations);
	tcase_add_test(tc, numbers);
	ROWS(tc, exponent, exponents);
	ROWS(tc, not_an_exponent, not_exponents);
	suite_add_tcase(s, tc);
	return run_suite(s);
}

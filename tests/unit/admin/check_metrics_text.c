/* SPDX-License-Identifier: ISC */
#include "admin/metrics_text.h"

#include <string.h>

#include "check_run.h"

static struct text text;

static const struct metrics_label none[] = { { NULL, NULL } };

static void
teardown(void)
{
	text_free(&text);
}

static void
assert_text(const char *expected)
{
	ck_assert(!text.failed);
	text_put(&text, "", 1);
	ck_assert_str_eq(text.p, expected);
	text_reset(&text);
}

/* Families */

static const struct metrics_family gauge = { "a_length", METRICS_GAUGE,
    "How \"long\" a\\b\nit is." };
static const struct metrics_family counter = { "a_total", METRICS_COUNTER,
    "How many." };
static const struct metrics_family info = { "a_info", METRICS_INFO, "What." };
static const struct metrics_family histogram = { "a_seconds",
    METRICS_HISTOGRAM, "How long." };

START_TEST(families)
{
	metrics_put_family(&text, false, &gauge);
	assert_text("# HELP a_length How \"long\" a\\\\b\\nit is.\n"
	    "# TYPE a_length gauge\n");
	metrics_put_family(&text, true, &gauge);
	assert_text("# HELP a_length How \\\"long\\\" a\\\\b\\nit is.\n"
	    "# TYPE a_length gauge\n");
	metrics_put_family(&text, false, &counter);
	assert_text("# HELP a_total How many.\n# TYPE a_total counter\n");
	metrics_put_family(&text, true, &counter);
	assert_text("# HELP a How many.\n# TYPE a counter\n");
	metrics_put_family(&text, false, &info);
	assert_text("# HELP a_info What.\n# TYPE a_info gauge\n");
	metrics_put_family(&text, true, &info);
	assert_text("# HELP a What.\n# TYPE a info\n");
	metrics_put_end(&text, false);
	assert_text("");
	metrics_put_end(&text, true);
	assert_text("# EOF\n");
}
END_TEST

/* Labels */

START_TEST(labels)
{
	static const struct metrics_label two[] = {
		{ "host", "*.a\"b\\c\nd" }, { "reason", "max_wait" },
		{ NULL, NULL },
	};

	metrics_put(&text, &counter, none, metrics_number(3));
	assert_text("a_total 3\n");
	metrics_put(&text, &counter, two, metrics_number(UINT64_MAX));
	assert_text("a_total{host=\"*.a\\\"b\\\\c\\nd\",reason=\"max_wait\"} "
	    "18446744073709551615\n");
}
END_TEST

/* Numbers */

static const struct {
	struct metrics_value	 value;
	const char		*text;
} values[] = {
	{ { 0, 0, false }, "0" },
	{ { 0, 9, false }, "0" },
	{ { 1, 9, false }, "0.000000001" },
	{ { 1500000000, 9, false }, "1.5" },
	{ { 2000000000, 9, false }, "2" },
	{ { 12345678901, 9, false }, "12.345678901" },
	{ { 300000, 3, false }, "300" },
	{ { 5, 1, true }, "-0.5" },
	{ { UINT64_MAX, 9, false }, "18446744073.709551615" },
};

START_TEST(numbers)
{
	metrics_put(&text, &gauge, none, values[_i].value);
	text_put(&text, "", 1);
	ck_assert_mem_eq(text.p, "a_length ", 9);
	text.p[strlen(text.p) - 1] = '\0';
	ck_assert_str_eq(text.p + 9, values[_i].text);
}
END_TEST

START_TEST(units)
{
	metrics_put(&text, &gauge, none, metrics_units(-1250000));
	assert_text("a_length -1.25\n");
	metrics_put(&text, &gauge, none, metrics_units(INT64_MIN));
	assert_text("a_length -9223372036854.775808\n");
	metrics_put(&text, &gauge, none, metrics_seconds(25000000));
	assert_text("a_length 0.025\n");
}
END_TEST

/* Histograms: what is counted in each bucket alone is told of all below. */
START_TEST(histograms)
{
	static const struct metrics_label host[] = {
		{ "host", "a" }, { NULL, NULL },
	};
	static const uint64_t bounds[] = { 1000000, 1000000000 };
	static const uint64_t buckets[] = { 5, 0, 2 };

	metrics_put_histogram(&text, false, &histogram, host, 2, bounds,
	    buckets, 7500000000);
	assert_text("a_seconds_bucket{host=\"a\",le=\"0.001\"} 5\n"
	    "a_seconds_bucket{host=\"a\",le=\"1\"} 5\n"
	    "a_seconds_bucket{host=\"a\",le=\"+Inf\"} 7\n"
	    "a_seconds_sum{host=\"a\"} 7.5\n"
	    "a_seconds_count{host=\"a\"} 7\n");
	metrics_put_histogram(&text, true, &histogram, none, 2, bounds,
	    buckets, 0);
	assert_text("a_seconds_bucket{le=\"0.001\"} 5\n"
	    "a_seconds_bucket{le=\"1.0\"} 5\n"
	    "a_seconds_bucket{le=\"+Inf\"} 7\n"
	    "a_seconds_sum 0\n"
	    "a_seconds_count 7\n");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("metrics_text");
	TCase *tc = tcase_create("metrics_text");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, families);
	tcase_add_test(tc, labels);
	ROWS(tc, numbers, values);
	tcase_add_test(tc, units);
	tcase_add_test(tc, histograms);
	return run_suite(suite);
}

/* SPDX-License-Identifier: ISC */
#include "base/words.h"

#include "check_run.h"

static const struct {
	uint64_t	 ns;
	const char	*text;
} durations[] = {
	{ 0, "0 s" },
	{ 1, "less than 1 ms" },
	{ 999999, "less than 1 ms" },
	{ 1000000, "1 ms" },
	{ 10000000, "10 ms" },
	{ 999400000, "999 ms" },
	{ 999600000, "1 s" },
	{ 1000000000, "1 s" },
	{ 1040000000, "1 s" },
	{ 1500000000, "1.5 s" },
	{ 5000000000, "5 s" },
	{ 9960000000, "10 s" },
	{ 12400000000, "12 s" },
	{ 60000000000, "60 s" },
	{ 119400000000, "119 s" },
	{ 119600000000, "2 min" },
	{ 150000000000, "2 min 30 s" },
	{ 600000000000, "10 min" },
	{ 725000000000, "12 min" },
	{ 3599900000000, "1 h" },
	{ 3600000000000, "1 h" },
	{ 5400000000000, "1 h 30 min" },
	{ 172799000000000, "2 d" },
	{ 273600000000000, "3 d 4 h" },
	{ UINT64_MAX, "213504 d" },
};

START_TEST(duration)
{
	char buf[WORDS];

	ck_assert_str_eq(words_duration(buf, durations[_i].ns),
	    durations[_i].text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("words");
	TCase *tc = tcase_create("durations");

	suite_add_tcase(suite, tc);
	ROWS(tc, duration, durations);
	return run_suite(suite);
}

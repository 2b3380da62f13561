/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"

#include <string.h>

#include "check_run.h"

static const struct {
	const char	*p;
	size_t		 len;
	uint32_t	 c;
} characters[] = {
	{ "a", 1, 'a' },
	{ "\xc3\xa9", 2, 0xe9 },
	{ "\xe2\x80\xae", 3, 0x202e },
	{ "\xf0\x9f\x98\x80", 4, 0x1f600 },
	{ "\xc3", 0, 0 },		/* cut */
	{ "\xe2\x80", 0, 0 },
	{ "\xa9", 0, 0 },		/* only the end of one */
	{ "\xc0\xaf", 0, 0 },		/* longer than need be */
	{ "\xe0\x80\xaf", 0, 0 },
	{ "\xed\xa0\x80", 0, 0 },	/* half of a pair */
	{ "\xf4\x90\x80\x80", 0, 0 },	/* beyond Unicode */
	{ "\xff", 0, 0 },
};

START_TEST(takes)
{
	uint32_t c = 0;
	size_t n = strlen(characters[_i].p);

	ck_assert_uint_eq(utf8_take(characters[_i].p, n, &c),
	    characters[_i].len);
	if (characters[_i].len > 0)
		ck_assert_uint_eq(c, characters[_i].c);
}
END_TEST

START_TEST(cuts)
{
	ck_assert_uint_eq(utf8_cut("abc", 2), 2);
	ck_assert_uint_eq(utf8_cut("a\xc3\xa9", 3), 3);
	ck_assert_uint_eq(utf8_cut("a\xc3\xa9", 2), 1);
	ck_assert_uint_eq(utf8_cut("\xf0\x9f\x98\x80", 3), 0);
	ck_assert_uint_eq(utf8_cut("\xf0\x9f\x98\x80", 1), 0);
	ck_assert_uint_eq(utf8_cut("\x80", 0), 0);
	/* none is that long: it is no UTF-8 */
	ck_assert_uint_eq(utf8_cut("\x80\x80\x80\x80\x80\x80", 5), 5);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("utf8");
	TCase *tc = tcase_create("utf8");

	suite_add_tcase(suite, tc);
	ROWS(tc, takes, characters);
	tcase_add_test(tc, cuts);
	return run_suite(suite);
}

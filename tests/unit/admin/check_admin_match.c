/* SPDX-License-Identifier: ISC */
#include "admin/admin_match.h"

#include <string.h>

#include "check_run.h"

/* What a search finds among the keys of hosts. */

static const struct {
	const char	*search;
	const char	*name;
	bool		 fits;
} rows[] = {
	/* a text that it contains */
	{ "", "api.test", true },
	{ "api", "api.test", true },
	{ "I.T", "api.test", true },
	{ "api.test:80", "api.test", false },
	{ "[::1]", "[::1]:8080", true },
	{ "::1", "[::1]:8080", true },
	{ "a?i", "api.test", false },
	{ "a?i", "a?i.test", true },
	/* a pattern of all of it */
	{ "*", "", true },
	{ "*", "api.test", true },
	{ "**", "api.test", true },
	{ "api*", "api.test", true },
	{ "API*", "api.test", true },
	{ "pi*", "api.test", false },
	{ "*.test", "api.test", true },
	{ "*.test", "api.test:80", false },
	{ "*.tes", "api.test", false },
	{ "a*i*t", "api.test", true },
	{ "a*x*t", "api.test", false },
	{ "*ab", "aab", true },
	{ "*aab*", "aaab", true },
	{ "*.a.*.b", "x.a.a.y.b", true },
	{ "*", "*.test~0123", true },
	{ "*.test~*", "*.test~0123", true },
	/* only * is more than itself: keys have brackets in them */
	{ "[::1]*", "[::1]:8080", true },
	{ "[::1]*", "::1", false },
	{ "[::1]*", ":x", false },
	{ "*[2001:db8::1]", "[2001:db8::1]", true },
	{ "[*]:443", "[2001:db8::1]:443", true },
	{ "[a-z]*", "api.test", false },
	{ "[!a]*", "b.test", false },
	{ "?pi*", "api.test", false },
	{ "\\**", "*.test", false },
};

START_TEST(row)
{
	ck_assert_msg(admin_match(rows[_i].search, rows[_i].name) ==
	    rows[_i].fits, "\"%s\" of \"%s\"", rows[_i].search,
	    rows[_i].name);
}
END_TEST

/* As many steps as the two are long, for each *: not as many as there are. */
START_TEST(many_stars)
{
	char search[256], name[512];
	size_t i;

	for (i = 0; i + 3 < sizeof search; i += 2)
		memcpy(search + i, "*a", 2);
	memcpy(search + i, "b", 2);
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert(!admin_match(search, name));
	name[sizeof name - 2] = 'b';
	ck_assert(admin_match(search, name));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("admin_match");
	TCase *tc = tcase_create("admin_match");

	ROWS(tc, row, rows);
	tcase_add_test(tc, many_stars);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

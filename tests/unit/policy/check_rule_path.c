/* SPDX-License-Identifier: ISC */
#include "policy/rule_path.h"

#include "check_rule.h"

static const struct {
	const char	*line;
	int		 path;
} parts[] = {
	{ "GET http://a.test/", 1 },
	{ "GET http://a.test", 1 },
	{ "GET http://a.test/search", 0 },
	{ "GET http://a.test/search/", 0 },
	{ "GET http://a.test/search/code", 1 },
	{ "OPTIONS http://a.test/", 1 },
	{ "OPTIONS http://a.test", -1 },
	{ "OPTIONS *", -1 },
};

START_TEST(path)
{
	struct rule_path paths[2] = { { .text = NULL } };

	pattern(&paths[0].pattern, "/search");
	pattern(&paths[1].pattern, "/**");
	rule.paths = paths;
	rule.npaths = 2;
	request(parts[_i].line, "");
	ck_assert_int_eq(rule_path_of(&rule, &head), parts[_i].path);
	rule.npaths = 0;
	ck_assert_int_eq(rule_path_of(&rule, &head), -1);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("rule_path");
	TCase *tc = tcase_create("rule_path");

	tcase_add_checked_fixture(tc, set_up, NULL);
	ROWS(tc, path, parts);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

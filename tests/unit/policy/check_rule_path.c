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
	unsigned of[RULE_PATH_PARTS];

	pattern(&paths[0].pattern, "/search");
	pattern(&paths[1].pattern, "/**");
	rule.paths = paths;
	rule.npaths = 2;
	request(parts[_i].line, "");
	ck_assert_int_eq(rule_path_of(&rule, &head, of), parts[_i].path >= 0);
	if (parts[_i].path >= 0)
		ck_assert_int_eq((int)of[0], parts[_i].path);
	rule.npaths = 0;
	ck_assert_int_eq(rule_path_of(&rule, &head, of), 0);
}
END_TEST

static const struct {
	const char	*path;
	const char	*parts;		/* digits; "-": too many */
} ambiguous[] = {
	{ "/a/b", "2" },
	{ "/a%2fb", "52" },
	{ "/x;y", "5" },
	{ "/x%5cc", "53" },
	{ "/x/c;d", "43" },
	{ "/%2f", "5" },
	{ "/a%2fb%5cc", "5230" },
	{ "/a%2fb%5cc;d", "-" },
};

/* The part of each reading, of the plain one first. */
START_TEST(readings)
{
	static const char *const patterns[] = {
		"/a/b/c", "/a/b/*", "/a/*", "/*/c", "/*/*", "/*",
	};
	struct rule_path paths[6] = { { .text = NULL } };
	unsigned of[RULE_PATH_PARTS];
	char line[128], seen[8] = "";
	int i, n;

	rule.paths = paths;
	rule.npaths = 6;
	for (i = 0; i < 6; i++)
		pattern(&paths[i].pattern, patterns[i]);
	snprintf(line, sizeof line, "GET http://a.test%s", ambiguous[_i].path);
	request(line, "");
	n = rule_path_of(&rule, &head, of);
	for (i = 0; i < n; i++)
		seen[i] = (char)('0' + of[i]);
	ck_assert_str_eq(n < 0 ? "-" : seen, ambiguous[_i].parts);
}
END_TEST

/* Neither its parts nor its cost could be told. */
START_TEST(too_long)
{
	static char target[PATH_READ + 2];
	struct rule_path search = { .text = NULL };
	struct rule_cost cost = { .cost = 0 };
	unsigned of[RULE_PATH_PARTS];

	memset(target, 'x', PATH_READ + 1);
	target[0] = '/';
	target[1] = ';';
	head.path = str(target);
	ck_assert_int_eq(rule_path_of(&rule, &head, of), 0);
	rule.costs = &cost;
	rule.ncosts = 1;
	ck_assert_int_eq(rule_path_of(&rule, &head, of), -1);
	rule.ncosts = 0;
	pattern(&search.pattern, "/search");
	rule.paths = &search;
	rule.npaths = 1;
	ck_assert_int_eq(rule_path_of(&rule, &head, of), -1);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("rule_path");
	TCase *tc = tcase_create("rule_path");

	tcase_add_checked_fixture(tc, set_up, NULL);
	ROWS(tc, path, parts);
	ROWS(tc, readings, ambiguous);
	tcase_add_test(tc, too_long);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

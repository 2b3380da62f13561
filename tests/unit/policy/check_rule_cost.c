/* SPDX-License-Identifier: ISC */
#include "policy/rule_cost.h"

#include "check_rule.h"

#define UNIT	BUDGET_UNIT

/* Each cost by itself: the first that matches counts. */
enum { SEARCH = 5, POSTS = 7, DRY = 2, BIG = 9 };

static const struct {
	const char	*line;
	const char	*fields;
	uint64_t	 cost;		/* units */
} requests[] = {
	{ "GET http://a.test/", "", 1 },
	{ "GET http://a.test/search", "", SEARCH },
	{ "GET http://a.test/search?q", "", SEARCH },
	{ "POST http://a.test/search", "", SEARCH },
	{ "POST http://a.test/", "", POSTS },
	{ "PUT http://a.test/", "", POSTS },
	{ "post http://a.test/", "", 1 },
	{ "POSTS http://a.test/", "", 1 },
	{ "GET http://a.test/", "X-Dry: yes\r\n", DRY },
	{ "GET http://a.test/", "x-dry: yes\r\n", DRY },
	{ "GET http://a.test/", "X-Dry: no\r\nX-Dry: yes\r\n", DRY },
	{ "GET http://a.test/", "X-Dry: Yes\r\n", 1 },
	{ "GET http://a.test/", "X-Dry: yes, no\r\n", 1 },
	{ "GET http://a.test/", "X-Big:\r\n", BIG },
	{ "GET http://a.test/", "X-Bigger: 1\r\n", 1 },
	{ "POST http://a.test/", "X-Big: 1\r\n", POSTS },
	{ "OPTIONS http://a.test", "", 1 },
	/* of all that the path may mean, what costs most */
	{ "GET http://a.test/%2fsearch", "", SEARCH },
	{ "GET http://a.test/search;v=1", "", SEARCH },
	{ "POST http://a.test/search%20", "", POSTS },
};

START_TEST(cost)
{
	char post[] = "POST", put[] = "PUT", dry[] = "x-dry", big[] = "x-big";
	char path[] = "/search", yes[] = "yes";
	char *methods[] = { post, put };
	struct rule_cost costs[] = {
		{ .path = path, .cost = SEARCH * UNIT },
		{ .methods = methods, .nmethods = 2, .cost = POSTS * UNIT },
		{ .header = dry, .value = yes, .cost = DRY * UNIT },
		{ .header = big, .cost = BIG * UNIT },
	};

	pattern(&costs[0].pattern, path);
	rule.costs = costs;
	rule.ncosts = 4;
	request(requests[_i].line, requests[_i].fields);
	ck_assert_uint_eq(rule_cost_of(&rule, &head),
	    requests[_i].cost * UNIT);
	rule.ncosts = 0;
	ck_assert_uint_eq(rule_cost_of(&rule, &head), UNIT);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("rule_cost");
	TCase *tc = tcase_create("rule_cost");

	tcase_add_checked_fixture(tc, set_up, NULL);
	ROWS(tc, cost, requests);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

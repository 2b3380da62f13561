/* SPDX-License-Identifier: ISC */
#include "policy/rule_retry.h"

#include "check_rule.h"

static const struct {
	unsigned	 attempts;
	bool		 idempotent_ones;	/* of the rule */
	bool		 with_key;		/* of the rule */
	const char	*method;
	bool		 idempotent;
	bool		 has_key;
	bool		 again;
} retries_of[] = {
	{ 2, true, false, "GET", true, false, true },
	{ 2, true, false, "POST", false, false, false },
	{ 2, true, false, "POST", false, true, false },
	{ 2, true, true, "POST", false, true, true },
	{ 2, false, false, "GET", true, false, false },
	{ 2, false, false, "PATCH", false, false, true },
	{ 2, false, false, "patch", false, false, false },
	{ 2, false, false, "PATC", false, false, false },
	{ 2, false, false, "", false, false, false },
	{ 0, true, true, "PATCH", true, true, false },
};

START_TEST(retries)
{
	char patch[] = "PATCH";
	char *methods[] = { patch };

	rule.retry_attempts = retries_of[_i].attempts;
	rule.retry_idempotent = retries_of[_i].idempotent_ones;
	rule.retry_idempotency_key = retries_of[_i].with_key;
	rule.retry_methods = methods;
	rule.nretry_methods = 1;
	ck_assert(rule_retries(&rule, str(retries_of[_i].method),
	    retries_of[_i].idempotent, retries_of[_i].has_key) ==
	    retries_of[_i].again);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("rule_retry");
	TCase *tc = tcase_create("rule_retry");

	tcase_add_checked_fixture(tc, set_up, NULL);
	ROWS(tc, retries, retries_of);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

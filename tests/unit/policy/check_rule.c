/* SPDX-License-Identifier: ISC */
#include "policy/rule.h"

#include <stdlib.h>
#include <string.h>

#include "check_rule.h"

START_TEST(pauses)
{
	rule.pause_statuses[0].status = 429;
	rule.pause_statuses[1].status = 503;
	rule.npause_statuses = 2;
	ck_assert_ptr_eq(rule_pauses(&rule, 429), &rule.pause_statuses[0]);
	ck_assert_ptr_eq(rule_pauses(&rule, 503), &rule.pause_statuses[1]);
	ck_assert_ptr_null(rule_pauses(&rule, 200));
	rule.npause_statuses = 1;
	ck_assert_ptr_null(rule_pauses(&rule, 503));
}
END_TEST

START_TEST(upgrades)
{
	memcpy(rule.upgrades[0], "websocket", sizeof "websocket");
	memcpy(rule.upgrades[1], "TLS/1.2", sizeof "TLS/1.2");
	rule.nupgrades = 2;
	ck_assert(rule_upgrades(&rule, str("websocket")));
	ck_assert(rule_upgrades(&rule, str("WebSocket")));
	ck_assert(rule_upgrades(&rule, str("tls/1.2")));
	ck_assert(!rule_upgrades(&rule, str("TLS/1.3")));
	ck_assert(!rule_upgrades(&rule, str("websockets")));
	ck_assert(!rule_upgrades(&rule, str("")));
}
END_TEST

/* It is nobody's where nothing is enforced. */
START_TEST(totals)
{
	ck_assert(!rule_has_total(&rule));
	rule.total.concurrency = 1;
	ck_assert(rule_has_total(&rule));
	rule.total.concurrency = 0;
	rule.total.nrates = 1;
	ck_assert(rule_has_total(&rule));
	rule.mode = RULE_OBSERVE;
	ck_assert(!rule_has_total(&rule));
}
END_TEST

/* All that is owned goes; the sanitizers and valgrind see what does not. */
START_TEST(frees)
{
	struct rule *r = calloc(1, sizeof *r);

	ck_assert_ptr_nonnull(r);
	r->retry_methods = calloc(1, sizeof *r->retry_methods);
	r->retry_methods[0] = strdup("PATCH");
	r->nretry_methods = 1;
	r->costs = calloc(1, sizeof *r->costs);
	r->costs[0].path = strdup("/");
	r->costs[0].header = strdup("x");
	r->costs[0].value = strdup("y");
	r->ncosts = 1;
	r->paths = calloc(1, sizeof *r->paths);
	r->paths[0].text = strdup("/");
	r->npaths = 1;
	r->weights = calloc(1, sizeof *r->weights);
	r->weights[0].value = strdup("a");
	r->nweights = 1;
	r->bodies = calloc(1, sizeof *r->bodies);
	r->bodies[0].in[0] = strdup("a");
	r->bodies[0].nin = 1;
	r->bodies[0].json = strdup("a.b");
	r->nbodies = 1;
	r->same = calloc(1, sizeof *r->same);
	r->same[0] = strdup("a.test");
	r->nsame = 1;
	r->per.claims = strdup("sub");
	r->fair_by.header = strdup("x");
	r->tls_trust = strdup("system");
	rule_free(r);
	free(r);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("rule");
	TCase *tc = tcase_create("rule");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, pauses);
	tcase_add_test(tc, upgrades);
	tcase_add_test(tc, totals);
	tcase_add_test(tc, frees);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

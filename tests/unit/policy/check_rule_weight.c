/* SPDX-License-Identifier: ISC */
#include "policy/rule_weight.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "check_rule.h"

static const struct {
	const char	*client;	/* NULL: none with an address */
	uint32_t	 weight;
} clients[] = {
	{ "10.1.2.3", 3 },
	{ "10.2.2.3", 2 },
	{ "11.0.0.1", 1 },
	{ "::ffff:10.1.2.3", 3 },
	{ "2001:db8::1", 1 },
	{ NULL, 1 },
};

static void
address(struct sockaddr_storage *ss, const char *of)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof *ss);
	if (inet_pton(AF_INET, of, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		return;
	}
	ck_assert_int_eq(inet_pton(AF_INET6, of, &in6->sin6_addr), 1);
	in6->sin6_family = AF_INET6;
}

START_TEST(weight_of_clients)
{
	struct rule_weight weights[] = {
		{ .weight = 3000000 }, { .weight = 2000000 },
	};
	struct sockaddr_storage ss;
	const struct sockaddr *sa = NULL;

	ck_assert_ptr_null(network_parse(&weights[0].network, "10.1.0.0/16",
	    11));
	ck_assert_ptr_null(network_parse(&weights[1].network, "10.0.0.0/8",
	    10));
	ck_assert_int_lt(rule_weight_compare(&weights[0], &weights[1]), 0);
	rule.fair_by.kind = RULE_KEY_CLIENT;
	rule.weights = weights;
	rule.nweights = 2;
	if (clients[_i].client != NULL) {
		address(&ss, clients[_i].client);
		sa = (const struct sockaddr *)&ss;
	}
	ck_assert_uint_eq(rule_weight_of(&rule, sa, NULL, 0),
	    clients[_i].weight * 1000000);
}
END_TEST

static const struct {
	const char	*value;
	uint32_t	 weight;	/* millionths */
} values[] = {
	{ "a", 100 }, { "b", 200 }, { "aa", 300 }, { "zz", 400 },
	{ "aaa", 500 },
	{ "", 1000000 }, { "c", 1000000 }, { "ab", 1000000 },
	{ "aaaa", 1000000 }, { "A", 1000000 }, { NULL, 1000000 },
};

/* They are found however many there are, sorted as they must be. */
START_TEST(weight_of_values)
{
	struct rule_weight weights[5];
	const char *value = values[_i].value;
	size_t i;

	for (i = 0; i < 5; i++)
		weights[i] = (struct rule_weight){
			.value = (char *)(uintptr_t)values[i].value,
			.weight = values[i].weight,
		};
	for (i = 1; i < 5; i++)
		ck_assert_int_lt(rule_weight_compare(&weights[i - 1],
		    &weights[i]), 0);
	rule.fair_by.kind = RULE_KEY_USER;
	rule.weights = weights;
	rule.nweights = 5;
	ck_assert_uint_eq(rule_weight_of(&rule, NULL, value,
	    value == NULL ? 0 : strlen(value)), values[_i].weight);
	rule.nweights = 0;
	ck_assert_uint_eq(rule_weight_of(&rule, NULL, value, 0), 1000000);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("rule_weight");
	TCase *tc = tcase_create("rule_weight");

	tcase_add_checked_fixture(tc, set_up, NULL);
	ROWS(tc, weight_of_clients, clients);
	ROWS(tc, weight_of_values, values);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

/* SPDX-License-Identifier: ISC */
#include "check_claim.h"

/* What a request claims by its fields, its client and its host's rule. */

START_TEST(makes_an_address_hash_once)
{
	struct client_hash kept = { 0, 0 }, first;
	struct claim_source source = { .head = &head, .address_hash = &kept,
	    .address = (struct sockaddr *)&alice };
	uint64_t client = client_of("", &alice, NULL);

	ck_assert_ptr_null(claim_make(&claim, &hash, &rule, &source, NOW));
	ck_assert_uint_eq(claim.request.client, client);
	ck_assert_uint_eq(kept.a, client);
	first = kept;
	kept.a = 7;
	ck_assert_ptr_null(claim_make(&claim, &hash, &rule, &source, NOW));
	ck_assert_uint_eq(claim.request.client, 7);
	/* and of nothing but an address */
	rule.fair_by = key("x-who");
	ck_assert_ptr_null(make("GET", "X-Who: me\r\n", NULL, NULL));
	client = claim.request.client;
	ck_assert_ptr_null(claim_make(&claim, &hash, &rule, &source, NOW));
	ck_assert_uint_eq(claim.request.client, client);
	ck_assert_uint_eq(kept.b, first.b);
}
END_TEST

START_TEST(says_nothing)
{
	ck_assert_ptr_null(get(""));
	ck_assert_uint_eq(claim.request.cost, UNIT);
	ck_assert_uint_eq(claim.request.deadline, NOW + 30 * SECOND);
	ck_assert_uint_eq(claim.request.weight, FAIR_WEIGHT);
	ck_assert_uint_eq(claim.request.urgency, FAIR_URGENCY);
	ck_assert_uint_eq(claim.request.part, THROTTLE_WHOLE);
	ck_assert_uint_eq(claim.credential.a, 0);
	ck_assert_uint_eq(claim.credential.b, 0);
}
END_TEST

static const struct {
	const char	*fields;
	unsigned	 urgency;
} urgencies[] = {
	{ "Priority: u=0\r\n", 0 },
	{ "priority: i, u=7\r\n", 7 },
	{ "Priority: u=1;x=2, i=?0\r\n", 1 },
	{ "Priority: u=1\r\nPriority: i\r\n", 1 },
	{ "Priority: u=1\r\nPriority: u=2\r\n", 2 },
	{ "Priority: u=1, u=5\r\n", 5 },
	{ "Priority: u=1\r\nPriority: ;\r\n", 1 },
	{ "Priority: u=8\r\n", 3 },
	{ "Priority: u=-1\r\n", 3 },
	{ "Priority: u=1.5\r\n", 3 },
	{ "Priority: u=1.0\r\n", 1 },
	{ "Priority: u=\"1\"\r\n", 3 },
	{ "Priority: U=1\r\n", 3 },
	{ "Priority: u\r\n", 3 },
	{ "Priority:\r\n", 3 },
	{ "Priority: u=1,\r\n", 3 },
};

START_TEST(urgency)
{
	ck_assert_ptr_null(get(urgencies[_i].fields));
	ck_assert_uint_eq(claim.request.urgency, urgencies[_i].urgency);
}
END_TEST

static const struct {
	const char	*value;
	uint64_t	 cost;		/* micro units; UINT64_MAX: wrong */
} costs[] = {
	{ "0", 0 },
	{ "1", UNIT },
	{ "2.5", 5 * UNIT / 2 },
	{ "0.001", UNIT / 1000 },
	{ "1000000000", 1000000000 * UNIT },
	{ "1000000000.001", UINT64_MAX },
	{ "0.0001", UINT64_MAX },
	{ "-1", UINT64_MAX },
	{ "", UINT64_MAX },
	{ "1, 1", UINT64_MAX },
	{ "\"1\"", UINT64_MAX },
	{ "1\r\nSluice-Cost: 1", UINT64_MAX },
	{ "999999999999999", UINT64_MAX },
	{ "9999999999999999", UINT64_MAX },
};

START_TEST(cost)
{
	char fields[128];
	const char *wrong;

	snprintf(fields, sizeof fields, "Sluice-Cost: %s\r\n",
	    costs[_i].value);
	rule.client_cost = true;
	wrong = get(fields);
	if (costs[_i].cost == UINT64_MAX)
		ck_assert_ptr_nonnull(strstr(wrong, "Sluice-Cost"));
	else {
		ck_assert_ptr_null(wrong);
		ck_assert_uint_eq(claim.request.cost, costs[_i].cost);
	}
	rule.client_cost = false;
	ck_assert_ptr_null(get(fields));
	ck_assert_uint_eq(claim.request.cost, UNIT);
}
END_TEST

static const struct {
	const char	*value;
	uint64_t	 wait;		/* ns; UINT64_MAX: wrong */
} waits[] = {
	{ "0", 0 },
	{ "5", 5 * SECOND },
	{ "0.25", SECOND / 4 },
	{ "30", 30 * SECOND },
	{ "31", 30 * SECOND },
	{ "999999999999999", 30 * SECOND },
	{ "9999999999999999", UINT64_MAX },
	{ "-1", UINT64_MAX },
	{ "5s", UINT64_MAX },
	{ "", UINT64_MAX },
	{ "5\r\nSluice-Max-Wait: 5", UINT64_MAX },
};

START_TEST(cost_within_the_burst)
{
	rule.client_cost = true;
	rule.limits = burst(5);
	add_part("/search", burst(3));
	ck_assert_ptr_null(get("Sluice-Cost: 3\r\n"));
	ck_assert_ptr_nonnull(strstr(get("Sluice-Cost: 3.001\r\n"),
	    "more than"));
	rule.npaths = 0;
	ck_assert_ptr_null(get("Sluice-Cost: 5\r\n"));
	ck_assert_ptr_nonnull(get("Sluice-Cost: 5.001\r\n"));
	/* nobody waits where nothing is enforced */
	rule.mode = RULE_OBSERVE;
	ck_assert_ptr_null(get("Sluice-Cost: 5.001\r\n"));
}
END_TEST

START_TEST(deadline)
{
	char fields[128];
	const char *wrong;

	snprintf(fields, sizeof fields, "Sluice-Max-Wait: %s\r\n",
	    waits[_i].value);
	wrong = get(fields);
	if (waits[_i].wait == UINT64_MAX)
		ck_assert_ptr_nonnull(strstr(wrong, "Sluice-Max-Wait"));
	else {
		ck_assert_ptr_null(wrong);
		ck_assert_uint_eq(claim.request.deadline,
		    NOW + waits[_i].wait);
	}
}
END_TEST

/* How long in all: what the rule says, but never less than one wait. */
START_TEST(latest)
{
	ck_assert_ptr_null(get(""));
	ck_assert_uint_eq(claim.request.again, 30 * SECOND);
	ck_assert_uint_eq(claim.request.latest, NOW + 300 * SECOND);
	ck_assert_ptr_null(get("Sluice-Max-Wait: 40\r\n"));
	ck_assert_uint_eq(claim.request.deadline, NOW + 30 * SECOND);
	ck_assert_uint_eq(claim.request.latest, NOW + 40 * SECOND);
	rule.retry_max_time = 20 * SECOND;
	ck_assert_ptr_null(get(""));
	ck_assert_uint_eq(claim.request.latest, NOW + 30 * SECOND);
	ck_assert_ptr_null(get("Sluice-Max-Wait: 5\r\n"));
	ck_assert_uint_eq(claim.request.latest, NOW + 5 * SECOND);
}
END_TEST

START_TEST(part_and_cost_of_the_rule)
{
	struct rule_cost any = { .cost = 4 * UNIT };

	add_part("/a", burst(1));
	add_part("/search", burst(1));
	rule.costs = &any;
	rule.ncosts = 1;
	ck_assert_ptr_null(get(""));
	ck_assert_uint_eq(claim.request.cost, 4 * UNIT);
	ck_assert_uint_eq(claim.request.part, 1);
}
END_TEST

/* A host may read the path in two ways: it pays to the part of each. */
START_TEST(parts_of_each_reading)
{
	struct claim_source source = { .head = &head };
	static const char get_both[] = "GET http://api.test/a%2Fb HTTP/1.1\r\n"
	    "Host: api.test\r\nSluice-Cost: 4\r\n\r\n";

	add_part("/*", burst(9));
	add_part("/a/*", burst(4));
	rule.client_cost = true;
	ck_assert_int_eq(http1_request(&head, get_both, strlen(get_both)),
	    HTTP1_OK);
	ck_assert_ptr_null(claim_make(&claim, &hash, &rule, &source, NOW));
	ck_assert_uint_eq(claim.request.part, 0);
	ck_assert_uint_eq(claim.request.also.n, 1);
	ck_assert_uint_eq(claim.request.also.parts[0], 1);
	/* and may not cost more than any of them has */
	paths[1].limits = burst(3);
	ck_assert_ptr_nonnull(strstr(claim_make(&claim, &hash, &rule, &source,
	    NOW), "more than"));
}
END_TEST

START_TEST(too_many_readings)
{
	static const char *const patterns[] = { "/a/b/c", "/a/b/*", "/a/*",
	    "/*/c", "/*/*", "/*" };
	static const char line[] = "GET http://api.test/a%2fb%5cc;d HTTP/1.1"
	    "\r\nHost: api.test\r\n\r\n";
	struct claim_source source = { .head = &head };
	struct rule_path all[6] = { { .text = NULL } };
	unsigned i;

	for (i = 0; i < 6; i++)
		ck_assert_ptr_null(path_pattern_parse(&all[i].pattern,
		    patterns[i], strlen(patterns[i])));
	rule.paths = all;
	rule.npaths = 6;
	ck_assert_int_eq(http1_request(&head, line, strlen(line)), HTTP1_OK);
	ck_assert_ptr_nonnull(strstr(claim_make(&claim, &hash, &rule, &source,
	    NOW), "too many ways"));
}
END_TEST

START_TEST(a_tunnel_has_a_cost_of_its_own)
{
	struct claim_source source = { .head = &head, .tunnel = true };
	struct rule_cost any = { .cost = 4 * UNIT };
	static const char connect[] = "CONNECT api.test:443 HTTP/1.1\r\n"
	    "Host: api.test:443\r\n\r\n";

	rule.tunnel_cost = 7 * UNIT;
	add_part("/**", burst(1));
	rule.costs = &any;
	rule.ncosts = 1;
	ck_assert_int_eq(http1_request(&head, connect, strlen(connect)),
	    HTTP1_OK);
	ck_assert_ptr_null(claim_make(&claim, &hash, &rule, &source, NOW));
	ck_assert_uint_eq(claim.request.cost, 7 * UNIT);
	ck_assert_uint_eq(claim.request.part, THROTTLE_WHOLE);
}
END_TEST

START_TEST(clients_by_address)
{
	uint64_t one;

	one = client_of("", &alice, NULL);
	ck_assert_uint_eq(client_of(ALICE, &alice, NULL), one);
	ck_assert_uint_ne(client_of("", &bob, NULL), one);
	ck_assert_uint_ne(client_of("", NULL, NULL), one);
	alice.sin_port = htons(4711);
	ck_assert_uint_eq(client_of("", &alice, NULL), one);
	/* also where a rule says nothing of it */
	rule.fair_by = (struct rule_key){ .kind = RULE_KEY_NONE };
	ck_assert_uint_eq(client_of(ALICE, &alice, NULL), one);
	/* the same, seen at an address for both families */
	memcpy(&bob.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16);
	ck_assert_uint_eq(client_of("", &bob, NULL), one);
}
END_TEST

START_TEST(clients_by_user)
{
	uint64_t one, nobody;

	rule.fair_by = key("user");
	one = client_of(ALICE, &alice, NULL);
	nobody = client_of("", &alice, NULL);
	ck_assert_uint_ne(one, nobody);
	ck_assert_uint_eq(client_of(ALICE2, &bob, NULL), one);
	ck_assert_uint_eq(client_of("", &bob, "alice"), one);
	ck_assert_uint_ne(client_of(BOB, &alice, NULL), one);
	/* what is no Basic is nobody's, and the address counts */
	ck_assert_uint_eq(client_of("Proxy-Authorization: Bearer x\r\n",
	    &alice, NULL), nobody);
	ck_assert_uint_eq(client_of("Proxy-Authorization: Basic !!!!\r\n",
	    &alice, NULL), nobody);
	ck_assert_uint_eq(client_of("Proxy-Authorization: Basic YQ==\r\n",
	    &alice, NULL), nobody);
}
END_TEST

START_TEST(clients_by_header)
{
	uint64_t one;

	rule.fair_by = key("x-team");
	one = client_of("X-Team: red\r\n", &alice, NULL);
	ck_assert_uint_eq(client_of("x-team: red\r\n", &bob, NULL), one);
	ck_assert_uint_ne(client_of("X-Team: blue\r\n", &alice, NULL), one);
	ck_assert_uint_ne(client_of("", &alice, NULL), one);
}
END_TEST

START_TEST(weights)
{
	char a[] = "alice", b[] = "bob";	/* the shorter one first */
	struct rule_weight users[] = {
		{ .value = b, .weight = FAIR_WEIGHT / 2 },
		{ .value = a, .weight = 3 * FAIR_WEIGHT },
	};
	struct rule_weight net = { .weight = 2 * FAIR_WEIGHT };

	rule.fair_by = key("user");
	rule.weights = users;
	rule.nweights = 2;
	client_of(ALICE, &alice, NULL);
	ck_assert_uint_eq(claim.request.weight, 3 * FAIR_WEIGHT);
	client_of(BOB, &alice, NULL);
	ck_assert_uint_eq(claim.request.weight, FAIR_WEIGHT / 2);
	client_of("", &alice, "alice");
	ck_assert_uint_eq(claim.request.weight, 3 * FAIR_WEIGHT);
	client_of("", &alice, NULL);
	ck_assert_uint_eq(claim.request.weight, FAIR_WEIGHT);
	rule.fair_by = key("client");
	rule.weights = &net;
	rule.nweights = 1;
	ck_assert_ptr_null(network_parse(&net.network, "10.0.0.0/8", 10));
	client_of("", &alice, NULL);
	ck_assert_uint_eq(claim.request.weight, 2 * FAIR_WEIGHT);
	client_of("", NULL, NULL);
	ck_assert_uint_eq(claim.request.weight, FAIR_WEIGHT);
}
END_TEST

/* What a turn is of, and whether a request of that cost may go on with it. */
static const struct {
	const char		*what;
	struct claim_turn	 turn;
	struct claim		 claim;
	bool			 has;
} turns[] = {
	{ "none", { .client = 1 }, { .request = { .client = 1 } }, false },
	{ "the same", { .client = 1, .cost = 2 },
	    { .request = { .client = 1, .cost = 2, .part = THROTTLE_WHOLE } },
	    true },
	{ "a cheaper one", { .client = 1, .cost = 2 },
	    { .request = { .client = 1, .cost = 1, .part = THROTTLE_WHOLE } },
	    true },
	{ "a dearer one", { .client = 1, .cost = 2 },
	    { .request = { .client = 1, .cost = 3, .part = THROTTLE_WHOLE } },
	    false },
	{ "of somebody else", { .client = 1, .cost = 2 },
	    { .request = { .client = 2, .cost = 2, .part = THROTTLE_WHOLE } },
	    false },
	{ "in a part", { .client = 1, .cost = 2 },
	    { .request = { .client = 1, .cost = 2, .part = 0 } }, false },
	{ "of another credential",
	    { .client = 1, .cost = 2, .credential = { 1, 2 } },
	    { .request = { .client = 1, .cost = 2, .part = THROTTLE_WHOLE },
	    .credential = { 1, 3 } }, false },
};

START_TEST(turns_of_what_came_to_nothing)
{
	ck_assert_msg(claim_has_turn(&turns[_i].claim, &turns[_i].turn) ==
	    turns[_i].has, "%s", turns[_i].what);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("claim");
	TCase *tc = tcase_create("claim");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, says_nothing);
	tcase_add_test(tc, makes_an_address_hash_once);
	ROWS(tc, urgency, urgencies);
	ROWS(tc, cost, costs);
	tcase_add_test(tc, cost_within_the_burst);
	ROWS(tc, deadline, waits);
	tcase_add_test(tc, latest);
	tcase_add_test(tc, part_and_cost_of_the_rule);
	tcase_add_test(tc, parts_of_each_reading);
	tcase_add_test(tc, too_many_readings);
	tcase_add_test(tc, a_tunnel_has_a_cost_of_its_own);
	tcase_add_test(tc, clients_by_address);
	tcase_add_test(tc, clients_by_user);
	tcase_add_test(tc, clients_by_header);
	tcase_add_test(tc, weights);
	ROWS(tc, turns_of_what_came_to_nothing, turns);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "hosts/claim.h"
#include "http/http1_request.h"

/* What a request claims by its fields, its client and its host's rule. */

#define UNIT	BUDGET_UNIT
#define SECOND	1000000000ULL
#define NOW	(100 * SECOND)

static struct conf		*conf;
static struct client_hasher		*hasher;
static struct http1_head	 head;
static struct claim		 claim;
static char			 text[4096];
static struct sockaddr_in	 alice;
static struct sockaddr_in6	 bob;

static void
set_up(void)
{
	ck_assert(client_hash_init());
	hasher = client_hasher_new();
	ck_assert_ptr_nonnull(hasher);
	alice.sin_family = AF_INET;
	alice.sin_addr.s_addr = htonl(0x0a000001);
	bob.sin6_family = AF_INET6;
	bob.sin6_addr = in6addr_loopback;
}

static void
tear_down(void)
{
	client_hasher_free(hasher);
	conf_unref(conf);
	conf = NULL;
}

/* A rule for every host, as the keys of its mapping. */
static void
rule(const char *keys)
{
	char *cause = NULL, *yaml = NULL;

	conf_unref(conf);
	ck_assert_int_ne(asprintf(&yaml, "defaults: {%s}\n", keys), -1);
	conf = conf_parse("test", yaml, strlen(yaml), &cause);
	ck_assert_msg(conf != NULL, "%s", cause);
	free(yaml);
}

/* What a request with these field lines claims; NULL, or what is wrong. */
static const char *
make(const char *method, const char *fields, const struct sockaddr *from,
    const char *user)
{
	struct claim_source source = { .head = &head, .address = from,
	    .user = user };

	snprintf(text, sizeof text, "%s http://api.test/search?q HTTP/1.1\r\n"
	    "Host: api.test\r\n%s\r\n", method, fields);
	ck_assert_int_eq(http1_request(&head, text, strlen(text)), HTTP1_OK);
	return claim_make(&claim, hasher, &conf->fallback, &source, NOW);
}

static const char *
get(const char *fields)
{
	return make("GET", fields, (struct sockaddr *)&alice, NULL);
}

static uint64_t
client_of(const char *fields, const void *from, const char *user)
{
	ck_assert_ptr_null(make("GET", fields, from, user));
	return claim.request.client;
}

START_TEST(says_nothing)
{
	rule("queue: {max_wait: 30s}");
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
	rule("");
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
	rule("client_cost: true");
	wrong = get(fields);
	if (costs[_i].cost == UINT64_MAX)
		ck_assert_ptr_nonnull(strstr(wrong, "Sluice-Cost"));
	else {
		ck_assert_ptr_null(wrong);
		ck_assert_uint_eq(claim.request.cost, costs[_i].cost);
	}
	rule("client_cost: false");
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
	rule("client_cost: true, capacity: 10, burst: 5, "
	    "paths: {/search: {capacity: 9, burst: 3}}");
	ck_assert_ptr_null(get("Sluice-Cost: 3\r\n"));
	ck_assert_ptr_nonnull(strstr(get("Sluice-Cost: 3.001\r\n"),
	    "more than"));
	rule("client_cost: true, capacity: 10, burst: 5");
	ck_assert_ptr_null(get("Sluice-Cost: 5\r\n"));
	ck_assert_ptr_nonnull(get("Sluice-Cost: 5.001\r\n"));
}
END_TEST

START_TEST(deadline)
{
	char fields[128];
	const char *wrong;

	snprintf(fields, sizeof fields, "Sluice-Max-Wait: %s\r\n",
	    waits[_i].value);
	rule("queue: {max_wait: 30s}");
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
	rule("queue: {max_wait: 30s}");
	ck_assert_ptr_null(get(""));
	ck_assert_uint_eq(claim.request.again, 30 * SECOND);
	ck_assert_uint_eq(claim.request.latest, NOW + 300 * SECOND);
	ck_assert_ptr_null(get("Sluice-Max-Wait: 40\r\n"));
	ck_assert_uint_eq(claim.request.deadline, NOW + 30 * SECOND);
	ck_assert_uint_eq(claim.request.latest, NOW + 40 * SECOND);
	rule("queue: {max_wait: 30s}, retry: {max_time: 20s}");
	ck_assert_ptr_null(get(""));
	ck_assert_uint_eq(claim.request.latest, NOW + 30 * SECOND);
	ck_assert_ptr_null(get("Sluice-Max-Wait: 5\r\n"));
	ck_assert_uint_eq(claim.request.latest, NOW + 5 * SECOND);
}
END_TEST

START_TEST(part_and_cost_of_the_rule)
{
	rule("paths: {/a: {capacity: 1}, /search: {capacity: 1}}, "
	    "costs: [{path: /search, cost: 4}]");
	ck_assert_ptr_null(get(""));
	ck_assert_uint_eq(claim.request.cost, 4 * UNIT);
	ck_assert_uint_lt(claim.request.part, 2);
	ck_assert_str_eq(conf->fallback.paths[claim.request.part].text,
	    "/search");
}
END_TEST

START_TEST(a_tunnel_has_a_cost_of_its_own)
{
	struct claim_source source = { .head = &head, .tunnel = true };
	static const char connect[] = "CONNECT api.test:443 HTTP/1.1\r\n"
	    "Host: api.test:443\r\n\r\n";

	rule("tunnel: {cost: 7}, paths: {/**: {capacity: 1}}, "
	    "costs: [{cost: 4}]");
	ck_assert_int_eq(http1_request(&head, connect, strlen(connect)),
	    HTTP1_OK);
	ck_assert_ptr_null(claim_make(&claim, hasher, &conf->fallback,
	    &source, NOW));
	ck_assert_uint_eq(claim.request.cost, 7 * UNIT);
	ck_assert_uint_eq(claim.request.part, THROTTLE_WHOLE);
}
END_TEST

/* alice:secret, and bob without a password */
#define ALICE	"Proxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n"
#define ALICE2	"Proxy-Authorization: basic YWxpY2U6b3RoZXI=\r\n"
#define BOB	"Proxy-Authorization: Basic Ym9iOg==\r\n"

START_TEST(clients_by_address)
{
	uint64_t one;

	rule("");
	one = client_of("", &alice, NULL);
	ck_assert_uint_eq(client_of(ALICE, &alice, NULL), one);
	ck_assert_uint_ne(client_of("", &bob, NULL), one);
	ck_assert_uint_ne(client_of("", NULL, NULL), one);
	alice.sin_port = htons(4711);
	ck_assert_uint_eq(client_of("", &alice, NULL), one);
	/* the same, seen at an address for both families */
	memcpy(&bob.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01", 16);
	ck_assert_uint_eq(client_of("", &bob, NULL), one);
}
END_TEST

START_TEST(clients_by_user)
{
	uint64_t one, nobody;

	rule("fair_by: user");
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

	rule("fair_by: \"header:X-Team\"");
	one = client_of("X-Team: red\r\n", &alice, NULL);
	ck_assert_uint_eq(client_of("x-team: red\r\n", &bob, NULL), one);
	ck_assert_uint_ne(client_of("X-Team: blue\r\n", &alice, NULL), one);
	ck_assert_uint_ne(client_of("", &alice, NULL), one);
}
END_TEST

START_TEST(weights)
{
	rule("fair_by: user, weights: {alice: 3, bob: 0.5}");
	client_of(ALICE, &alice, NULL);
	ck_assert_uint_eq(claim.request.weight, 3 * FAIR_WEIGHT);
	client_of(BOB, &alice, NULL);
	ck_assert_uint_eq(claim.request.weight, FAIR_WEIGHT / 2);
	client_of("", &alice, "alice");
	ck_assert_uint_eq(claim.request.weight, 3 * FAIR_WEIGHT);
	client_of("", &alice, NULL);
	ck_assert_uint_eq(claim.request.weight, FAIR_WEIGHT);
	rule("weights: {10.0.0.0/8: 2}");
	client_of("", &alice, NULL);
	ck_assert_uint_eq(claim.request.weight, 2 * FAIR_WEIGHT);
	client_of("", NULL, NULL);
	ck_assert_uint_eq(claim.request.weight, FAIR_WEIGHT);
}
END_TEST

START_TEST(credentials)
{
	struct client_hash one;

	rule("per: authorization");
	ck_assert_ptr_null(get("Authorization: Bearer a\r\n"));
	one = claim.credential;
	ck_assert(one.a != 0 || one.b != 0);
	ck_assert_ptr_null(get("authorization: Bearer a\r\n"));
	ck_assert_uint_eq(claim.credential.a, one.a);
	ck_assert_uint_eq(claim.credential.b, one.b);
	ck_assert_ptr_null(get("Authorization: Bearer b\r\n"));
	ck_assert_uint_ne(claim.credential.a, one.a);
	ck_assert_ptr_null(get(""));
	ck_assert_uint_eq(claim.credential.a, 0);
	ck_assert_uint_eq(claim.credential.b, 0);
	rule("per: X-Key");
	ck_assert_ptr_null(get("X-Key: Bearer a\r\n"));
	ck_assert_uint_ne(claim.credential.a, one.a);
	rule("per: client");
	ck_assert_ptr_null(get(""));
	ck_assert_uint_ne(claim.credential.a, 0);
}
END_TEST

#define DIGEST	"Authorization: Digest "

/* Requests of one credential, and one of somebody else. */
static const struct {
	const char	*per;
	const char	*one;
	const char	*same;
	const char	*other;
} whose[] = {
	{ "authorization", "Authorization: Bearer a\r\n",
	    "Authorization: bearer  a\r\n", "Authorization: Bearer A\r\n" },
	{ "authorization",
	    DIGEST "username=\"a\", realm=\"r\", nonce=\"1\"\r\n",
	    DIGEST "realm=\"r\", username=\"a\", nonce=\"2\"\r\n",
	    DIGEST "realm=\"s\", username=\"a\"\r\n" },
	{ "authorization", "Authorization: AWS4-HMAC-SHA256 Credential=K/1/r/s/"
	    "aws4_request, Signature=1\r\n",
	    "Authorization: AWS4-HMAC-SHA256 Credential=K/2/r/s/aws4_request, "
	    "Signature=2\r\n",
	    "Authorization: AWS4-HMAC-SHA256 Credential=L/1/r/s/aws4_request, "
	    "Signature=1\r\n" },
	{ "authorization", "Authorization: Bearer a\r\n",
	    "Authorization: Bearer a\r\nAuthorization: bearer a\r\n",
	    "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n" },
	{ "authorization", "", "Authorization: NTLM TlRMTVNTUAAB\r\n",
	    "Authorization: Bearer a\r\n" },
	{ "authorization", "Authorization: Foo a  b\r\n",
	    "authorization:  Foo a  b \r\n", "Authorization: Foo b  a\r\n" },
	{ "\"header:Authorization\"", "Authorization: Bearer a\r\n",
	    "Authorization: BEARER a\r\n", "Authorization: Basic a\r\n" },
	{ "X-Api-Key", "X-Api-Key: a\r\n", "x-api-key: \t a \t\r\n",
	    "X-Api-Key: b\r\n" },
	{ "X-Api-Key", "X-Api-Key: a\r\n", "X-Api-Key: a\r\nX-Api-Key: a\r\n",
	    "X-Api-Key: a\r\nX-Api-Key: b\r\n" },
	{ "X-Api-Key", "X-Api-Key: a, b\r\n",
	    "X-Api-Key: a\r\nX-Api-Key: b\r\n", "X-Api-Key: b, a\r\n" },
	{ "X-Api-Key", "X-Api-Key: ,\r\n", "X-Api-Key:\r\n",
	    "X-Api-Key: a\r\n" },
	/* {"sub":"a","n":1}, {"sub":"a","n":2}, {"sub":"b"} */
	{ "\"jwt:sub\"",
	    "Authorization: Bearer e.eyJzdWIiOiJhIiwibiI6MX0.s\r\n",
	    "Authorization: Bearer e.eyJzdWIiOiJhIiwibiI6Mn0.t\r\n",
	    "Authorization: Bearer e.eyJzdWIiOiJiIn0.s\r\n" },
	{ "\"jwt:sub\"", "Authorization: Bearer opaque\r\n",
	    "Authorization: bearer opaque\r\n",
	    "Authorization: Bearer other\r\n" },
};

START_TEST(same_credentials)
{
	char key[64];
	struct client_hash one;

	snprintf(key, sizeof key, "per: %s", whose[_i].per);
	rule(key);
	ck_assert_ptr_null(get(whose[_i].one));
	one = claim.credential;
	ck_assert_ptr_null(get(whose[_i].same));
	ck_assert_msg(memcmp(&claim.credential, &one, sizeof one) == 0,
	    "%s%s", whose[_i].one, whose[_i].same);
	ck_assert_ptr_null(get(whose[_i].other));
	ck_assert_msg(memcmp(&claim.credential, &one, sizeof one) != 0,
	    "%s%s", whose[_i].one, whose[_i].other);
}
END_TEST

START_TEST(schemes_that_are_not_known)
{
	rule("per: authorization");
	ck_assert_ptr_null(get("Authorization: Bearer a\r\n"));
	ck_assert(!claim.unread);
	ck_assert_ptr_null(get("Authorization: Foo a b\r\n"));
	ck_assert(claim.unread);
	ck_assert(http1_str_is(claim.scheme, "foo"));
	ck_assert_ptr_null(get("Authorization: s3cr3t\r\n"));
	ck_assert(!claim.unread);
	rule("per: X-Key");
	ck_assert_ptr_null(get("X-Key: Foo a b\r\n"));
	ck_assert(!claim.unread);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("claim");
	TCase *tc = tcase_create("claim");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, says_nothing);
	ROWS(tc, urgency, urgencies);
	ROWS(tc, cost, costs);
	tcase_add_test(tc, cost_within_the_burst);
	ROWS(tc, deadline, waits);
	tcase_add_test(tc, latest);
	tcase_add_test(tc, part_and_cost_of_the_rule);
	tcase_add_test(tc, a_tunnel_has_a_cost_of_its_own);
	tcase_add_test(tc, clients_by_address);
	tcase_add_test(tc, clients_by_user);
	tcase_add_test(tc, clients_by_header);
	tcase_add_test(tc, weights);
	tcase_add_test(tc, credentials);
	ROWS(tc, same_credentials, whose);
	tcase_add_test(tc, schemes_that_are_not_known);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

/* SPDX-License-Identifier: ISC */
#include "check_claim.h"

/* Whose a request is, where limits are per credential. */

/* So many, and then no more. */
static unsigned			 hashes;

static bool
some_hashes(struct client_hasher *hasher, const char *kind, const void *p,
    size_t n, struct client_hash *made)
{
	return hashes > 0 && hashes-- > 0 &&
	    make_hash(hasher, kind, p, n, made);
}

START_TEST(credentials)
{
	struct client_hash one;

	rule.per = key("authorization");
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
	rule.per = key("x-key");
	ck_assert_ptr_null(get("X-Key: Bearer a\r\n"));
	ck_assert_uint_ne(claim.credential.a, one.a);
	rule.per = key("client");
	ck_assert_ptr_null(get(""));
	ck_assert_uint_ne(claim.credential.a, 0);
}
END_TEST

static const struct {
	const char	*per;
	const char	*fields;
	unsigned	 hashes;	/* that it takes at least */
} needs[] = {
	{ "authorization", "", 1 },
	{ "authorization", "Authorization: Bearer a\r\n", 3 },
	{ "x-api-key", "X-Api-Key: a, b\r\n", 3 },
	{ "user", ALICE, 2 },
};

START_TEST(without_a_hash)
{
	const char *wrong;
	unsigned n = 0;

	hash.make = some_hashes;
	rule.per = key(needs[_i].per);
	while (hashes = n, (wrong = get(needs[_i].fields)) != NULL) {
		ck_assert_ptr_eq(wrong, claim_no_memory);
		ck_assert_uint_lt(n++, 16);
	}
	ck_assert_uint_ge(n, needs[_i].hashes);
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
	    "Authorization: Bearer b\r\nAuthorization:\r\n" },
	{ "authorization", "Authorization: Basic YTpi\r\n",
	    "Authorization: basic Y.T pi====\r\n",
	    "Authorization: Basic YTpj\r\n" },
	{ "authorization", "", "Authorization: NTLM TlRMTVNTUAAB\r\n",
	    "Authorization: Bearer a\r\n" },
	{ "authorization", "Authorization: Foo a  b\r\n",
	    "authorization:  Foo a  b \r\n", "Authorization: Foo b  a\r\n" },
	{ "authorization", "Authorization: Bearer a\r\n",
	    "Authorization: BEARER a\r\n", "Authorization: Basic a\r\n" },
	{ "x-api-key", "X-Api-Key: a\r\n", "x-api-key: \t a \t\r\n",
	    "X-Api-Key: b\r\n" },
	{ "x-api-key", "X-Api-Key: a\r\n", "X-Api-Key: a\r\nX-Api-Key: a\r\n",
	    "X-Api-Key: b\r\nX-Api-Key: b\r\n" },
	{ "x-api-key", "X-Api-Key: a, b\r\n",
	    "X-Api-Key: a,b\r\nX-Api-Key:\r\n", "X-Api-Key: b, a\r\n" },
	{ "x-api-key", "X-Api-Key: a , b\r\n", "X-Api-Key: a,b,b\r\n",
	    "X-Api-Key: a , c\r\n" },
	{ "x-api-key", "X-Api-Key: ,\r\n", "X-Api-Key:\r\n",
	    "X-Api-Key: a\r\n" },
	{ "user", ALICE, ALICE2, BOB },
	{ "user", "", "Proxy-Authorization: Bearer x\r\n", ALICE },
	/* {"sub":"a","n":1}, {"sub":"a","n":2}, {"sub":"b"} */
	{ "jwt:sub",
	    "Authorization: Bearer e.eyJzdWIiOiJhIiwibiI6MX0.s\r\n",
	    "Authorization: Bearer e.eyJzdWIiOiJhIiwibiI6Mn0.t\r\n",
	    "Authorization: Bearer e.eyJzdWIiOiJiIn0.s\r\n" },
	{ "jwt:sub", "Authorization: Bearer opaque\r\n",
	    "Authorization: bearer opaque\r\n",
	    "Authorization: Bearer other\r\n" },
};

START_TEST(same_credentials)
{
	struct client_hash one;

	rule.per = key(whose[_i].per);
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

/* Hosts take the one or the other. */
static const struct {
	const char	*per;
	const char	*fields;
} unclear[] = {
	{ "authorization",
	    "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n" },
	{ "jwt:sub",
	    "Authorization: x\r\nAuthorization: Bearer e.eyJzdWIiOiJhIiwibiI6"
	    "MX0.s\r\n" },
	{ "authorization", DIGEST "username=\"x\", username=\"a\"\r\n" },
	{ "authorization", DIGEST "username=a, username*=UTF-8''b\r\n" },
	{ "authorization", "Authorization: AWS4-HMAC-SHA256 Credential=K/1/r/s/"
	    "aws4_request, Credential=L/1/r/s/aws4_request\r\n" },
	{ "x-api-key", "X-Api-Key: a\r\nX-Api-Key: b\r\n" },
	{ "x-api-key", "X-Api-Key: a\r\nX-Other: c\r\nX-Api-Key: a, b\r\n" },
};

START_TEST(unclear_credentials)
{
	rule.per = key(unclear[_i].per);
	ck_assert_msg(get(unclear[_i].fields) != NULL, "%s",
	    unclear[_i].fields);
	/* elsewhere they are none of our business */
	rule.per = key("x-other");
	ck_assert_ptr_null(get(unclear[_i].fields));
}
END_TEST

START_TEST(schemes_that_are_not_known)
{
	rule.per = key("authorization");
	ck_assert_ptr_null(get("Authorization: Bearer a\r\n"));
	ck_assert(!claim.unread);
	ck_assert_ptr_null(get("Authorization: Foo a b\r\n"));
	ck_assert(claim.unread);
	ck_assert(http1_str_is(claim.scheme, "foo"));
	ck_assert_ptr_null(get("Authorization: s3cr3t\r\n"));
	ck_assert(!claim.unread);
	rule.per = key("x-key");
	ck_assert_ptr_null(get("X-Key: Foo a b\r\n"));
	ck_assert(!claim.unread);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("claim_credential");
	TCase *tc = tcase_create("credential");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, credentials);
	ROWS(tc, without_a_hash, needs);
	ROWS(tc, same_credentials, whose);
	ROWS(tc, unclear_credentials, unclear);
	tcase_add_test(tc, schemes_that_are_not_known);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}

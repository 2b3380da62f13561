/* SPDX-License-Identifier: ISC */
#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "policy/rule_weight.h"
#include "check_conf.h"

/* By what a rule tells requests apart, and how much each gets. */

#define PER "expected none, client, user, a field or jwt:CLAIMS"
#define FAIR "expected client, user or header:NAME"
#define CLIENT "no client with fair_by: client, expected "

static const struct wrong errors[] = {
	{ "defaults: {per: clinet}\n", "1:17: defaults.per: \"clinet\" is "
	    "unknown, " PER "; did you mean \"client\"?" },
	{ "defaults: {per: Client}\n", "1:17: defaults.per: \"Client\" is "
	    "unknown, " PER "; did you mean \"client\"?" },
	{ "defaults: {per: nonce}\n", "1:17: defaults.per: \"nonce\" is "
	    "unknown, " PER "; did you mean \"none\"?" },
	{ "defaults: {per: users}\n", "1:17: defaults.per: \"users\" is "
	    "unknown, " PER "; did you mean \"user\"?" },
	{ "defaults: {per: \"x y\"}\n",
	    "1:17: defaults.per: \"x y\" is no field's name, " PER },
	{ "defaults: {per: \"\"}\n",
	    "1:17: defaults.per: \"\" is no field's name, " PER },
	{ "defaults: {per: \"header:\"}\n", "1:17: defaults.per: \"header:\" "
	    "has no field's name behind the colon, " PER },
	{ "defaults: {per: \"jwt:\"}\n", "1:17: defaults.per: \"jwt:\" "
	    "has no claims' names behind the colon, " PER },
	{ "defaults: {per: \"jwt:sub,\"}\n", "1:17: defaults.per: "
	    "\"jwt:sub,\" has no claims' names behind the colon, " PER },
	{ "defaults: {per: \"jwt:a,b,c,d\"}\n", "1:17: defaults.per: "
	    "\"jwt:a,b,c,d\" has no claims' names behind the colon, " PER },
	{ "defaults: {fair_by: \"jwt:sub\"}\n", "1:21: defaults.fair_by: "
	    "\"jwt:sub\" is for per, " FAIR },
	{ "defaults: {per: }\n", "1:17: defaults.per: no value, " PER },
	{ "defaults: {per: [client]}\n",
	    "1:17: defaults.per: a list, " PER },
	{ "defaults: {fair_by: none}\n", "1:21: defaults.fair_by: \"none\" is "
	    "unknown, " FAIR "; did you mean \"client\"?" },
	{ "defaults: {fair_by: X-Tenant}\n", "1:21: defaults.fair_by: "
	    "\"X-Tenant\" is unknown, " FAIR "; did you mean "
	    "\"header:X-Tenant\"?" },
	{ "defaults: {fair_by: users}\n", "1:21: defaults.fair_by: \"users\" "
	    "is unknown, " FAIR "; did you mean \"user\"?" },
	{ "defaults: {fair_by: \"header: X\"}\n", "1:21: defaults.fair_by: "
	    "\"header: X\" has no field's name behind the colon, " FAIR },
	{ "defaults: {fair_by: \"head:X\"}\n",
	    "1:21: defaults.fair_by: \"head:X\" is no field's name, " FAIR },
	{ "defaults: {fair_by: {header: X}}\n",
	    "1:21: defaults.fair_by: a mapping, " FAIR },

	{ "defaults: {weights: 3}\n", "1:21: defaults.weights: a plain value, "
	    "expected a mapping of clients to numbers" },
	{ "defaults: {weights: }\n", "1:21: defaults.weights: nothing, "
	    "expected a mapping of clients to numbers (for none leave the "
	    "key out, or write {})" },
	{ "defaults: {weights: {10.0.0.1: 0}}\n", "1:32: "
	    "defaults.weights.10.0.0.1: \"0\" is too little, expected a number "
	    "from 0.001 to 1000" },
	{ "defaults: {weights: {10.0.0.1: 1000.1}}\n", "1:32: "
	    "defaults.weights.10.0.0.1: \"1000.1\" is too much, expected a "
	    "number from 0.001 to 1000" },
	{ "defaults: {weights: {10.0.0.1: [1]}}\n", "1:32: "
	    "defaults.weights.10.0.0.1: a list, expected a number from 0.001 "
	    "to 1000" },
	{ "defaults: {weights: {batch: 1}}\n", "1:22: defaults.weights.batch: "
	    CLIENT "an address or a network such as 192.0.2.0/24 or "
	    "2001:db8::/32" },
	{ "defaults: {weights: {10.0.0.0/33: 1}}\n", "1:22: "
	    "defaults.weights.10.0.0.0/33: " CLIENT "a length of 0 to 32 "
	    "behind the /" },
	{ "hosts: {a.b: {weights: {10.0.0.1/24: 1}}}\n", "1:25: "
	    "hosts.a.b.weights.10.0.0.1/24: " CLIENT "no bits that are set "
	    "behind the network's length; did you mean \"10.0.0.0/24\"?" },
	{ "defaults:\n  weights:\n    10.0.0.1: 1\n    ::1: 2\n"
	    "    ::ffff:10.0.0.1: 3\n    10.0.0.1/32: 4\n",
	    "5:5: defaults.weights.::ffff:10.0.0.1: a key that is there twice, "
	    "expected once; the first is at line 3, column 5" },
	{ "defaults: {weights: {a: 1, b: 2, a: 3}, fair_by: user}\n",
	    "1:34: defaults.weights.a: a key that is there twice, expected "
	    "once; the first is at line 1, column 22" },
	{ "defaults: {weights: {a: 1, \"\": 3}, fair_by: user}\n",
	    "1:28: defaults.weights.: empty, expected a user" },
	{ "defaults: {weights: {\"\": 3}, fair_by: \"header:X\"}\n",
	    "1:22: defaults.weights.: empty, expected a value of the field "
	    "that fair_by names" },
	{ "defaults: {weights: {}, weights: {}}\n", "1:25: defaults.weights: a "
	    "key that is there twice, expected once; the first is at line 1, "
	    "column 12" },
};

START_TEST(error)
{
	fails_with(&errors[_i]);
}
END_TEST

static char *
many(int n)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int i;

	ck_assert_ptr_nonnull(out);
	fputs("defaults:\n  weights:\n", out);
	for (i = 0; i < n; i++)
		fprintf(out, "    10.0.%d.%d: %d\n", i / 250, i % 250,
		    i % 9 + 1);
	fclose(out);
	return text;
}

START_TEST(too_many)
{
	struct wrong wrong = { NULL, "3:5: defaults.weights: 1001 clients, "
	    "expected up to 1000 clients" };
	char *text = many(1001);

	wrong.text = text;
	fails_with(&wrong);
	free(text);
}
END_TEST

START_TEST(as_many)
{
	char *text = many(1000);
	struct conf *conf = parse_ok(text);
	struct sockaddr_in in = { .sin_family = AF_INET };
	char address[32];
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(address, sizeof address, "10.0.%d.%d", i / 250,
		    i % 250);
		ck_assert_int_eq(inet_pton(AF_INET, address, &in.sin_addr), 1);
		ck_assert_uint_eq(rule_weight_of(&conf->fallback,
		    (struct sockaddr *)&in, NULL, 0),
		    (uint32_t)(i % 9 + 1) * 1000000);
	}
	conf_unref(conf);
	free(text);
}
END_TEST

START_TEST(defaults)
{
	struct conf *conf = parse_ok("hosts: {a.b: {weights: {}}}");
	const struct rule *rule = &conf->rules[0];

	ck_assert_int_eq(rule->per.kind, RULE_KEY_NONE);
	ck_assert_ptr_null(rule->per.header);
	ck_assert_int_eq(rule->fair_by.kind, RULE_KEY_CLIENT);
	ck_assert_ptr_null(rule->fair_by.header);
	ck_assert_uint_eq(rule->nweights, 0);
	ck_assert_uint_eq(rule_weight_of(rule, NULL, "a", 1), 1000000);
	conf_unref(conf);
}
END_TEST

static const struct {
	const char		*rule;
	enum rule_key_kind	 per;
	const char		*per_header;
	enum rule_key_kind	 fair_by;
	const char		*fair_header;
} keys[] = {
	{ "per: none", RULE_KEY_NONE, NULL, RULE_KEY_CLIENT, NULL },
	{ "per: client, fair_by: user", RULE_KEY_CLIENT, NULL, RULE_KEY_USER,
	    NULL },
	{ "per: user", RULE_KEY_USER, NULL, RULE_KEY_CLIENT, NULL },
	{ "per: authorization", RULE_KEY_HEADER, "authorization",
	    RULE_KEY_CLIENT, NULL },
	{ "per: Authorization", RULE_KEY_HEADER, "authorization",
	    RULE_KEY_CLIENT, NULL },
	{ "per: X-Api-Key, fair_by: \"header:X-Tenant\"", RULE_KEY_HEADER,
	    "x-api-key", RULE_KEY_HEADER, "x-tenant" },
	{ "per: \"header:Nonce\", fair_by: client", RULE_KEY_HEADER, "nonce",
	    RULE_KEY_CLIENT, NULL },
	{ "fair_by: \"header:User\"", RULE_KEY_NONE, NULL, RULE_KEY_HEADER,
	    "user" },
};

static void
check_key(const struct rule_key *key, enum rule_key_kind kind,
    const char *header)
{
	ck_assert_int_eq(key->kind, kind);
	ck_assert_pstr_eq(key->header, header);
}

START_TEST(key)
{
	struct conf *conf;
	char text[160];

	snprintf(text, sizeof text, "{defaults: &d {%s}, hosts: {a.b: *d}}",
	    keys[_i].rule);
	conf = parse_ok(text);
	check_key(&conf->rules[0].per, keys[_i].per, keys[_i].per_header);
	check_key(&conf->rules[0].fair_by, keys[_i].fair_by,
	    keys[_i].fair_header);
	check_key(&conf->fallback.per, keys[_i].per, keys[_i].per_header);
	conf_unref(conf);
}
END_TEST

static const char	 whole[] =
    "defaults:\n"
    "  per: authorization\n"
    "  weights:\n"
    "    10.0.0.0/8: 2\n"
    "    10.1.2.3: 0.001\n"
    "    10.1.0.0/16: 3\n"
    "    0.0.0.0/0: 1.5\n"
    "    2001:db8::/32: 1000\n"
    "    2001:db8::1: 7\n"
    "hosts:\n"
    "  a.b:\n"
    "    weights: {alice: 2, bob: 0.5, \"10.0.0.1\": 3, \"a b\": 4}\n"
    "    fair_by: header:X-Tenant\n"
    "  c.d: {fair_by: user, weights: {Alice: 2}}\n";

static const struct {
	const char	*client;	/* NULL: none */
	const char	*value;
	int		 rule;		/* -1: defaults */
	uint32_t	 weight;
} weights[] = {
	{ "10.1.2.3", NULL, -1, 1000 },
	{ "10.1.2.4", NULL, -1, 3000000 },
	{ "10.2.2.4", NULL, -1, 2000000 },
	{ "11.0.0.1", NULL, -1, 1500000 },
	{ "::ffff:10.1.2.3", NULL, -1, 1000 },
	{ "2001:db8::1", NULL, -1, 7000000 },
	{ "2001:db8::2", NULL, -1, 1000000000 },
	{ "::1", NULL, -1, 1000000 },
	{ NULL, NULL, -1, 1000000 },
	{ "10.1.2.3", "alice", -1, 1000 },
	{ "10.0.0.1", "alice", 0, 2000000 },
	{ NULL, "bob", 0, 500000 },
	{ NULL, "a b", 0, 4000000 },
	{ NULL, "10.0.0.1", 0, 3000000 },
	{ "10.0.0.1", NULL, 0, 1000000 },
	{ NULL, "Alice", 0, 1000000 },
	{ NULL, "alic", 0, 1000000 },
	{ NULL, "alicee", 0, 1000000 },
	{ NULL, "", 0, 1000000 },
	{ NULL, "Alice", 1, 2000000 },
	{ NULL, "alice", 1, 1000000 },
};

static const struct sockaddr *
client_of(const char *text, struct sockaddr_storage *ss)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof *ss);
	if (text == NULL)
		return NULL;
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
		in6->sin6_family = AF_INET6;
	}
	return (struct sockaddr *)ss;
}

START_TEST(weight)
{
	struct conf *conf = parse_ok(whole);
	const struct rule *rule = &conf->fallback;
	struct sockaddr_storage ss;
	const struct sockaddr *sa = client_of(weights[_i].client, &ss);
	const char *value = weights[_i].value;

	if (weights[_i].rule >= 0)
		rule = &conf->rules[weights[_i].rule];
	ck_assert_uint_eq(rule_weight_of(rule, sa, value,
	    value == NULL ? 0 : strlen(value)), weights[_i].weight);
	conf_unref(conf);
}
END_TEST

/* Who comes by a socket in the file system has no address. */
START_TEST(unix_client)
{
	struct conf *conf = parse_ok(whole);
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	ck_assert_uint_eq(rule_weight_of(&conf->fallback,
	    (struct sockaddr *)&un, NULL, 0), 1000000);
	conf_unref(conf);
}
END_TEST

START_TEST(broken)
{
	cut_anywhere(whole, sizeof whole - 1);
	break_anywhere(whole, sizeof whole - 1);
}
END_TEST

static Suite *
fair_suite(void)
{
	Suite *suite = suite_create("conf_fair");
	TCase *bad = tcase_create("errors");
	TCase *good = tcase_create("values");

	tcase_set_timeout(bad, 60);
	tcase_add_loop_test(bad, error, 0, COUNT(errors));
	tcase_add_test(bad, too_many);
	tcase_add_test(bad, broken);
	suite_add_tcase(suite, bad);

	tcase_add_test(good, defaults);
	tcase_add_loop_test(good, key, 0, COUNT(keys));
	tcase_add_loop_test(good, weight, 0, COUNT(weights));
	tcase_add_test(good, as_many);
	tcase_add_test(good, unix_client);
	suite_add_tcase(suite, good);
	return suite;
}

int
main(void)
{
	return run_suite(fair_suite());
}

/* SPDX-License-Identifier: ISC */
#include "tls/tls_context.h"

#include "check_alloc.h"
#include "check_run.h"
#include "check_tls.h"
#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "tls/tls.h"
#include "tls/tls_ca.h"
#include "tls/tls_mint.h"

/*
 * Allocations that fail, OpenSSL's among them (tls_locked.c has it call ours):
 * what was wanted is not there, which is said, and nothing is left of it.
 */

/* Counts up: all of the first few, then fewer and fewer. */
static unsigned
next(unsigned n)
{
	return n + 1 + n / (wanted_share() > 1 ? 4 : 64);
}

static struct conf	*conf;
static struct tls_wire	 wire;

static void
put_signed(const char *name, const struct signer *by)
{
	struct signer one = { .key = make_key("EC") };
	char file[32];

	one.cert = make_cert(one.key, by, name, time(NULL) - DAY,
	    time(NULL) + DAY, NID_subject_alt_name, "DNS:a.test", 0);
	snprintf(file, sizeof file, "%s.pem", name);
	add_cert(file, one.cert);
	snprintf(file, sizeof file, "%s.key", name);
	put_key(file, one.key);
	X509_free(one.cert);
	EVP_PKEY_free(one.key);
}

static void
put_files(void)
{
	struct signer ca = { .key = make_key("EC") };

	ca.cert = make_cert(ca.key, NULL, "CA", time(NULL) - DAY,
	    time(NULL) + DAY, CA_EXTENSIONS, NID_name_constraints,
	    "critical,permitted;DNS:test,excluded;IP:0.0.0.0/0.0.0.0", 0);
	add_cert("ca.pem", ca.cert);
	put_key("ca.key", ca.key);
	put_signed("server", &ca);
	put_signed("client", &ca);
	X509_free(ca.cert);
	EVP_PKEY_free(ca.key);
}

/* With each file that there can be. */
static struct conf *
parse(void)
{
	char text[4096], *cause;
	struct conf *c;
	int n;

	n = snprintf(text, sizeof text,
	    "listen: {address: 127.0.0.1:0, tls: {certificate: %s/server.pem,\n"
	    "  key: %s/server.key}}\n"
	    "tls: {ca_certificate: %s/ca.pem, ca_key: %s/ca.key,\n"
	    "  trust: %s/ca.pem}\n"
	    "parent: {url: \"https://p.test:1\", tls: {certificate:\n"
	    "  %s/client.pem, key: %s/client.key}}\n"
	    "hosts:\n"
	    "  a.test: {https: intercept, parent: direct}\n"
	    "  b.test: {https: upstream, parent: direct, tls: {trust:\n"
	    "    %s/server.pem, certificate: %s/client.pem,\n"
	    "    key: %s/client.key}}\n",
	    dir, dir, dir, dir, dir, dir, dir, dir, dir, dir);
	c = conf_parse("test.yaml", text, (size_t)n, &cause);
	ck_assert_msg(c != NULL, "%s", cause);
	return c;
}

static void
set_up(void)
{
	setup();
	put_files();
	conf = parse();
}

static void
tear_down(void)
{
	conf_unref(conf);
	tls_wire_free(&wire);
	wire = (struct tls_wire){ .failed = false };
	if (access(in_dir("new"), F_OK) == 0)
		remove_dir(in_dir("new"));
	teardown();
}

static void
load(void)
{
	char *cause = NULL;

	ck_assert_msg(tls_contexts_load(conf, &cause), "%s", cause);
}

/* What was loaded in spite of it is whole. */
START_TEST(no_memory_to_load)
{
	unsigned n = 1, left = 0, refused = 0;
	char *cause;
	bool ok;

	for (; left == 0; n = next(n)) {
		conf_unref(conf);
		conf = parse();
		cause = NULL;
		check_alloc = n;
		ok = tls_contexts_load(conf, &cause);
		left = check_alloc;
		check_alloc = 0;
		if (ok) {
			ck_assert_ptr_null(cause);
			ck_assert_ptr_nonnull(tls_contexts_listener(conf, 0));
			ck_assert_uint_ne(tls_contexts_parent_id(conf,
			    conf->parent), 0);
		} else {
			ck_assert(cause == NULL || strchr(cause, '\n') == NULL);
			refused++;
		}
		free(cause);
	}
	ck_assert_uint_gt(refused, 5);
}
END_TEST

/* Our ends of connections: of an upstream, of a parent, of a client's. */
static struct tls *
connect_to(int way, const struct http1_host *a, const struct http1_host *b)
{
	const char *why = NULL;
	struct tls *tls;

	switch (way) {
	case 0:
		return tls_contexts_connect(conf, conf_rule(conf, b), b,
		    NULL, &wire);
	case 1:
		return tls_contexts_connect_parent(conf, conf->parent, &wire);
	default:
		tls = tls_contexts_intercept(conf, a, &wire, NULL, &why);
		return why == NULL ? tls : NULL;
	}
}

START_TEST(no_memory_to_connect)
{
	const struct http1_host a = host("a.test:443"), b = host("b.test:443");
	unsigned n = 1, left = 0, refused = 0;
	struct tls *tls;

	load();
	for (; left == 0; n = next(n)) {
		check_alloc = n;
		tls = connect_to(_i, &a, &b);
		left = check_alloc;
		check_alloc = 0;
		refused += tls == NULL;
		tls_free(tls);
		/* the next one is not worse off */
		tls = connect_to(_i, &a, &b);
		ck_assert_ptr_nonnull(tls);
		tls_free(tls);
	}
	ck_assert_uint_gt(refused, 5);
}
END_TEST

START_TEST(no_memory_to_mint)
{
	unsigned n = 1, left = 0, refused = 0;
	struct http1_host h = host("c.test");
	const char *why;
	char *cause;
	struct tls_mint *mint;
	X509 *cert;

	for (; left == 0; n = next(n)) {
		mint = tls_mint_new(in_dir("ca.pem"), in_dir("ca.key"), 8,
		    time(NULL), &cause);
		ck_assert_msg(mint != NULL, "%s", cause);
		why = NULL;
		check_alloc = n;
		cert = tls_mint_certificate(mint, &h, time(NULL), &why);
		left = check_alloc;
		check_alloc = 0;
		ck_assert((cert == NULL) == (why != NULL));
		refused += cert == NULL;
		X509_free(cert);
		tls_mint_free(mint);
	}
	ck_assert_uint_gt(refused, 5);
}
END_TEST

/* A CA that is not made leaves no file behind. */
START_TEST(no_memory_for_a_ca)
{
	unsigned n = 1, left = 0, refused = 0;
	FILE *out = fopen("/dev/null", "w");
	char *cause;
	bool ok;

	for (; left == 0; n = next(n)) {
		cause = NULL;
		check_alloc = n;
		ok = tls_ca_make(conf, &(struct tls_ca_order){
		    .dir = in_dir("new") }, out, &cause);
		left = check_alloc;
		check_alloc = 0;
		ck_assert_msg(ok == (access(in_dir("new/ca.pem"), F_OK) == 0),
		    "%u", n);
		ck_assert(ok == (access(in_dir("new/ca.key"), F_OK) == 0));
		if (access(in_dir("new"), F_OK) == 0)
			remove_dir(in_dir("new"));
		refused += !ok;
		free(cause);
	}
	fclose(out);
	ck_assert_uint_gt(refused, 5);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls_memory");
	TCase *tc = tcase_create("tls_memory");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, no_memory_to_load);
	tcase_add_loop_test(tc, no_memory_to_connect, 0, 3);
	tcase_add_test(tc, no_memory_to_mint);
	tcase_add_test(tc, no_memory_for_a_ca);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

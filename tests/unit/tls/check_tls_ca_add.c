/* SPDX-License-Identifier: ISC */
#include "tls/tls_ca_add.h"

#include <signal.h>
#include <sys/resource.h>

#include "check_run.h"
#include "check_tls.h"
#include "conf/conf.h"
#include "tls/tls_ca.h"
#include "tls/tls_mint.h"

/*
 * A CA that is extended: who trusted its root before believes the new hosts,
 * and no others; what cannot be changes nothing.
 */

static struct rule	 rule;
static struct conf	 conf;

static void
add_setup(void)
{
	setup();
	memset(&rule, 0, sizeof rule);
	memset(&conf, 0, sizeof conf);
	rule.name = "api.example";
	rule.https = RULE_HTTPS_INTERCEPT;
	conf.rules = &rule;
	conf.nrules = 1;
	conf.fallback.name = "defaults";
}

static void
add_teardown(void)
{
	if (access(in_dir("ca"), F_OK) == 0)
		remove_dir(in_dir("ca"));
	teardown();
}

/* Makes one that can be extended to what the patterns say, of two at most. */
static void
make(const char *one, const char *two)
{
	const char *within[] = { one, two };
	struct tls_ca_order order = {
		.dir = in_dir("ca"), .within = within,
		.nwithin = one == NULL ? 0 : two == NULL ? 1 : 2,
	};
	FILE *out = fopen("/dev/null", "w");
	char *cause;
	bool ok;

	ck_assert_ptr_nonnull(out);
	ok = tls_ca_make(&conf, &order, out, &cause);
	ck_assert_msg(ok, "%s", cause);
	fclose(out);
}

static enum tls_ca_added
add_at(time_t now, const char *one, const char *two, char **cause)
{
	const char *hosts[] = { one, two };
	const struct tls_ca_extension e = {
		.certificate = in_dir("ca/ca.pem"), .key = in_dir("ca/ca.key"),
		.hosts = hosts, .nhosts = two == NULL ? 1 : 2, .now = now,
	};
	enum tls_ca_added done = tls_ca_add(&e, cause);

	ck_assert((done == TLS_CA_REFUSED) == (*cause != NULL));
	ck_assert_uint_eq(ERR_peek_error(), 0);
	return done;
}

static enum tls_ca_added
add(const char *one, const char *two)
{
	char *cause;
	enum tls_ca_added done = add_at(time(NULL), one, two, &cause);

	ck_assert_msg(done != TLS_CA_REFUSED, "%s", cause);
	return done;
}

static char *
slurp(const char *name)
{
	FILE *in = fopen(in_dir(name), "r"), *out;
	char *text = NULL;
	size_t size;
	int c;

	ck_assert_ptr_nonnull(in);
	out = open_memstream(&text, &size);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	fclose(out);
	return text;
}

/* Nothing has changed by what was refused for that reason. */
static void
refused(const char *host, time_t now, const char *want)
{
	char *before = slurp("ca/ca.pem"), *after, *cause;

	ck_assert_int_eq(add_at(now, host, NULL, &cause), TLS_CA_REFUSED);
	ck_assert_msg(strstr(cause, want) != NULL, "%s in %s", want, cause);
	free(cause);
	after = slurp("ca/ca.pem");
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}

/*
 * Has what a daemon with the CA shows for a host verified by who trusts the file
 * alone.
 */
static bool
is_believed(const char *name, const char *trusted)
{
	struct http1_host h = host(name);
	const char *why;
	char *cause;
	struct tls_mint *mint = tls_mint_new(in_dir("ca/ca.pem"),
	    in_dir("ca/ca.key"), 4, time(NULL), &cause);
	STACK_OF(X509) *chain;
	char *trust = strdup(trusted);	/* in_dir() would forget it */
	X509 *leaf;
	bool ok;

	ck_assert_ptr_nonnull(mint);
	leaf = tls_mint_certificate(mint, &h, time(NULL), &why);
	if (leaf == NULL) {
		tls_mint_free(mint);
		free(trust);
		return false;
	}
	chain = tls_mint_chain(mint);
	ck_assert_int_eq(sk_X509_num(chain), 1);
	(void)unlink(in_dir("leaf.pem"));
	(void)unlink(in_dir("chain.pem"));
	add_cert("leaf.pem", leaf);
	add_cert("chain.pem", sk_X509_value(chain, 0));
	ok = openssl("verify", "-x509_strict", "-purpose", "sslserver",
	    "-CAfile", trust, "-untrusted", in_dir("chain.pem"),
	    in_dir("leaf.pem"), NULL);
	X509_free(leaf);
	tls_mint_free(mint);
	free(trust);
	return ok;
}

static const char *
root(void)
{
	return in_dir("ca/root.pem");
}

START_TEST(extends)
{
	make("example.org", "*.example.com");
	ck_assert(is_believed("api.example", root()));
	ck_assert(!is_believed("a.example.org", root()));
	ck_assert_int_eq(add("a.example.org", NULL), TLS_CA_ADDED);
	ck_assert(is_believed("a.example.org", root()));
	ck_assert(is_believed("b.a.example.org", root()));
	ck_assert(is_believed("api.example", root()));
	ck_assert(!is_believed("b.example.org", root()));
	ck_assert_int_eq(add("*.example.com", "b.example.org"), TLS_CA_ADDED);
	ck_assert(is_believed("x.example.com", root()));
	ck_assert(is_believed("a.example.org", root()));
	ck_assert(is_believed("b.example.org", root()));
}
END_TEST

/* What is permitted is not made anew, and the key is never. */
START_TEST(again)
{
	char *key, *one, *two;

	make("example.org", NULL);
	key = slurp("ca/ca.key");
	ck_assert_int_eq(add("b.api.example", NULL), TLS_CA_ALREADY);
	ck_assert_int_eq(add("a.example.org", NULL), TLS_CA_ADDED);
	one = slurp("ca/ca.pem");
	ck_assert_int_eq(add("a.example.org", "x.a.example.org"),
	    TLS_CA_ALREADY);
	two = slurp("ca/ca.pem");
	ck_assert_str_eq(one, two);
	free(two);
	two = slurp("ca/ca.key");
	ck_assert_str_eq(key, two);
	free(one);
	free(two);
	free(key);
}
END_TEST

/* Addresses, which were excluded, and all there is. */
START_TEST(any)
{
	make("*", NULL);
	ck_assert_int_eq(add("192.0.2.7", "[2001:db8::1]"), TLS_CA_ADDED);
	ck_assert(is_believed("192.0.2.7", root()));
	ck_assert(is_believed("[2001:db8::1]", root()));
	ck_assert(!is_believed("192.0.2.8", root()));
	ck_assert(is_believed("api.example", root()));
	ck_assert_int_eq(add("other.test", NULL), TLS_CA_ADDED);
	ck_assert(is_believed("other.test", root()));
	ck_assert(is_believed("192.0.2.7", root()));
}
END_TEST

/* Who trusts an older intermediate, too, does not stumble over it. */
START_TEST(old_one_is_trusted)
{
	char *before;

	make("example.org", NULL);
	before = slurp("ca/ca.pem");
	put_text("old.pem", before, 0644);
	free(before);
	ck_assert_int_eq(add("a.example.org", NULL), TLS_CA_ADDED);
	ck_assert(is_believed("a.example.org", in_dir("old.pem")));
}
END_TEST

START_TEST(modes)
{
	struct stat st;

	make("example.org", NULL);
	ck_assert_int_eq(stat(in_dir("ca/root.key"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(chmod(in_dir("ca/ca.pem"), 0640), 0);
	ck_assert_int_eq(add("a.example.org", NULL), TLS_CA_ADDED);
	ck_assert_int_eq(stat(in_dir("ca/ca.pem"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
}
END_TEST

START_TEST(cannot_be)
{
	time_t now = time(NULL);

	make("example.org", NULL);
	refused("a.example.net", now, "its name constraints do not permit "
	    "a.example.net");
	refused("192.0.2.7", now, "do not permit 192.0.2.7");
	refused("*", now, "stands for every host");
	refused("a b", now, "a b: expected ");
	refused("a.example.org", now + 6 * 365 * DAY, "expired at ");
}
END_TEST

/* A root that clients trust says for whom it may speak. */
START_TEST(cannot_be_extended)
{
	make(NULL, NULL);
	refused("a.example.org", time(NULL), "cannot be extended");
	ck_assert_int_eq(add("b.api.example", NULL), TLS_CA_ALREADY);
}
END_TEST

START_TEST(no_key)
{
	static const char *const names[] = {
		"ca/ca.key", "ca/root.key", "ca/root.pem",
	};

	make("example.org", NULL);
	ck_assert_int_eq(unlink(in_dir(names[_i])), 0);
	refused("a.example.org", time(NULL), names[_i]);
}
END_TEST

START_TEST(wrong_key)
{
	static const char *const names[] = { "ca/ca.key", "ca/root.key" };
	EVP_PKEY *key = make_key("EC");

	make("example.org", NULL);
	put_key(names[_i], key);
	EVP_PKEY_free(key);
	refused("a.example.org", time(NULL), ": not the key of ");
}
END_TEST

/* A root of another CA, with its own key. */
START_TEST(wrong_root)
{
	make("example.org", NULL);
	ck_assert_int_eq(rename(in_dir("ca"), in_dir("other")), 0);
	make("example.org", NULL);
	ck_assert_int_eq(rename(in_dir("other/root.pem"), root()), 0);
	ck_assert_int_eq(rename(in_dir("other/root.key"),
	    in_dir("ca/root.key")), 0);
	remove_dir(in_dir("other"));
	refused("a.example.org", time(NULL), "root.pem: has not signed ");
}
END_TEST

/* See check_tls_ca.c: there is no assertion while the limit holds. */
START_TEST(no_room)
{
	struct rlimit old, none;
	enum tls_ca_added done;
	const char *host = "a.example.org";
	struct tls_ca_extension e = { .hosts = &host, .nhosts = 1 };
	char *cause, *before, *after;

	make("example.org", NULL);
	before = slurp("ca/ca.pem");
	e.certificate = in_dir("ca/ca.pem");
	e.key = in_dir("ca/ca.key");
	e.now = time(NULL);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 300;
	(void)setrlimit(RLIMIT_FSIZE, &none);
	done = tls_ca_add(&e, &cause);
	(void)setrlimit(RLIMIT_FSIZE, &old);
	ck_assert_int_eq(done, TLS_CA_REFUSED);
	ck_assert_ptr_nonnull(strstr(cause, "cannot write: File too large"));
	free(cause);
	after = slurp("ca/ca.pem");
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

static Suite *
tls_ca_add_suite(void)
{
	Suite *suite = suite_create("tls_ca_add");
	TCase *tc = tcase_create("tls_ca_add");

	tcase_add_checked_fixture(tc, add_setup, add_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, extends);
	tcase_add_test(tc, again);
	tcase_add_test(tc, any);
	tcase_add_test(tc, old_one_is_trusted);
	tcase_add_test(tc, modes);
	tcase_add_test(tc, cannot_be);
	tcase_add_test(tc, cannot_be_extended);
	tcase_add_loop_test(tc, no_key, 0, 3);
	tcase_add_loop_test(tc, wrong_key, 0, 2);
	tcase_add_test(tc, wrong_root);
	tcase_add_test(tc, no_room);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(tls_ca_add_suite());
}

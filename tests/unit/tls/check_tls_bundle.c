/* SPDX-License-Identifier: ISC */
#include "tls/tls_bundle.h"

#include <openssl/pkcs12.h>

#include "base/text.h"
#include "check_run.h"
#include "check_tls.h"

/* What is made of the certificates that the system trusts, and told of them. */

static EVP_PKEY	*key;
static X509	*first, *second;

/* In place of the C library's: this system has none of the usual files. */
static bool	 bare;

int
access(const char *path, int mode)
{
	if (bare && strncmp(path, "/etc/", 5) == 0)
		return -1;
	return faccessat(AT_FDCWD, path, mode, 0);
}

static void
bundle_setup(void)
{
	setup();
	bare = true;
	(void)unsetenv("SSL_CERT_FILE");
	key = make_key("EC");
	first = make_cert(key, NULL, "First", NOW, NOW + DAY, CA_EXTENSIONS,
	    0);
	second = make_cert(key, NULL, "Second", NOW + DAY, NOW + 2 * DAY,
	    CA_EXTENSIONS, 0);
}

static void
bundle_teardown(void)
{
	X509_free(first);
	X509_free(second);
	EVP_PKEY_free(key);
	teardown();
}

/* A text of a file that is there, with a zero behind it. */
static struct text
pem_of(const char *name)
{
	struct text t = { NULL, 0, 0, false };
	char buf[4096];
	FILE *in = fopen(in_dir(name), "r");
	size_t n;

	ck_assert_ptr_nonnull(in);
	while ((n = fread(buf, 1, sizeof buf, in)) > 0)
		text_put(&t, buf, n);
	fclose(in);
	text_put(&t, "", 1);
	t.len--;
	return t;
}

static void
refused(const char *own, const char *name, const char *why)
{
	struct text t = { NULL, 0, 0, false };
	char *cause = NULL;

	ck_assert(!tls_bundle_system(&t, own, &cause));
	ck_cause(cause, name, why);
	text_free(&t);
}

/* The file that is named counts; but not the bundle made of what is sought. */
START_TEST(the_system_has_a_file)
{
	struct text t = { NULL, 0, 0, false }, pem;
	char *cause = NULL;

	add_cert("own.pem", first);
	ck_assert_int_eq(setenv("SSL_CERT_FILE", in_dir("own.pem"), 1), 0);
	ck_assert(tls_bundle_system(&t, in_dir("other.pem"), &cause));
	pem = pem_of("own.pem");
	ck_assert_uint_eq(t.len, pem.len);
	ck_assert_mem_eq(t.p, pem.p, t.len);
	text_free(&t);
	text_free(&pem);
	refused(in_dir("own.pem"), NULL, "no file of the certificates that "
	    "the system trusts; SSL_CERT_FILE would name one");
	/* a name of nothing is none */
	ck_assert_int_eq(setenv("SSL_CERT_FILE", in_dir("none.pem"), 1), 0);
	refused("", NULL, "no file of the certificates that the system "
	    "trusts; SSL_CERT_FILE would name one");
}
END_TEST

START_TEST(the_systems_file_is_wrong)
{
	ck_assert_int_eq(setenv("SSL_CERT_FILE", in_dir("own.pem"), 1), 0);
	put_text("own.pem", "", 0600);
	refused("", "own.pem", ": empty, expected certificates in PEM");
	ck_assert_int_eq(truncate(in_dir("own.pem"), (16 << 20) + 1), 0);
	refused("", "own.pem", ": too long, expected certificates in PEM");
	ck_assert_int_eq(mkdir(in_dir("pem"), 0700), 0);
	ck_assert_int_eq(setenv("SSL_CERT_FILE", in_dir("pem"), 1), 0);
	refused("", "pem", ": empty, expected certificates in PEM");
}
END_TEST

/* Each of a store for Java has a name of its own. */
START_TEST(a_store_for_java)
{
	struct text t = { NULL, 0, 0, false }, pem;
	STACK_OF(X509) *all = NULL;
	EVP_PKEY *none = NULL;
	const unsigned char *der;
	char *cause = NULL;
	X509 *cert = NULL;
	PKCS12 *store;

	add_cert("two.pem", first);
	add_cert("two.pem", second);
	pem = pem_of("two.pem");
	ck_assert(tls_bundle_pkcs12(&t, &pem, &cause));
	der = (const unsigned char *)t.p;
	store = d2i_PKCS12(NULL, &der, (long)t.len);
	ck_assert_ptr_nonnull(store);
	ck_assert_int_eq(PKCS12_parse(store, TLS_BUNDLE_PASSWORD, &none, &cert,
	    &all), 1);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(sk_X509_num(all), 2);
	ck_assert_str_ne(
	    (const char *)X509_alias_get0(sk_X509_value(all, 0), NULL),
	    (const char *)X509_alias_get0(sk_X509_value(all, 1), NULL));
	sk_X509_pop_free(all, X509_free);
	PKCS12_free(store);
	text_free(&t);
	text_free(&pem);
}
END_TEST

/* What cannot be read is left out; where nothing can be, there is no store. */
START_TEST(no_store_of_nothing)
{
	static const char broken[] = "-----BEGIN CERTIFICATE-----\nAAAA\n"
	    "-----END CERTIFICATE-----\n";
	struct text t = { NULL, 0, 0, false }, pem;
	char *cause = NULL;

	put_text("broken.pem", broken, 0600);
	pem = pem_of("broken.pem");
	ck_assert(!tls_bundle_pkcs12(&t, &pem, &cause));
	ck_cause(cause, NULL, "a store for Java: out of memory, or no "
	    "certificate");
	text_free(&pem);
	add_cert("broken.pem", first);
	pem = pem_of("broken.pem");
	cause = NULL;
	ck_assert(tls_bundle_pkcs12(&t, &pem, &cause));
	text_free(&pem);
	text_free(&t);
}
END_TEST

START_TEST(one_file_has_all_of_another)
{
	struct text one, both;
	char *cause = NULL;
	bool all;

	add_cert("one.pem", first);
	add_cert("both.pem", second);
	add_cert("both.pem", first);
	one = pem_of("one.pem");
	both = pem_of("both.pem");
	ck_assert(tls_bundle_has(in_dir("both.pem"), one.p, &all, &cause));
	ck_assert(all);
	ck_assert(tls_bundle_has(in_dir("one.pem"), both.p, &all, &cause));
	ck_assert(!all);
	/* nothing is not all of it */
	ck_assert(tls_bundle_has(in_dir("one.pem"), "", &all, &cause));
	ck_assert(!all);
	put_text("none.pem", "none", 0600);
	ck_assert(!tls_bundle_has(in_dir("none.pem"), one.p, &all, &cause));
	ck_assert_ptr_nonnull(cause);
	free(cause);
	text_free(&one);
	text_free(&both);
}
END_TEST

START_TEST(validity_is_the_first_ones)
{
	struct text pem;
	time_t from, until;

	add_cert("both.pem", second);
	add_cert("both.pem", first);
	pem = pem_of("both.pem");
	ck_assert(tls_bundle_validity(pem.p, &from, &until));
	ck_assert_int_eq(from, NOW + DAY);
	ck_assert_int_eq(until, NOW + 2 * DAY);
	ck_assert(!tls_bundle_validity("none", &from, &until));
	text_free(&pem);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls_bundle");
	TCase *tc = tcase_create("tls_bundle");

	tcase_add_checked_fixture(tc, bundle_setup, bundle_teardown);
	tcase_add_test(tc, the_system_has_a_file);
	tcase_add_test(tc, the_systems_file_is_wrong);
	tcase_add_test(tc, a_store_for_java);
	tcase_add_test(tc, no_store_of_nothing);
	tcase_add_test(tc, one_file_has_all_of_another);
	tcase_add_test(tc, validity_is_the_first_ones);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}

/* SPDX-License-Identifier: ISC */
#include "tls/tls_pem.h"

#include <sys/prctl.h>

#include "check_run.h"
#include "check_tls.h"

/* What is in PEM files, and which of them are not read. */

static void
key_fails(const char *name, const char *what)
{
	char *cause = NULL;

	ck_assert_ptr_null(tls_pem_key(in_dir(name), &cause));
	ck_cause(cause, name, what);
}

static void
certificates_fail(const char *name, const char *what)
{
	char *cause = NULL;

	ck_assert_ptr_null(tls_pem_certificates(in_dir(name), &cause));
	ck_cause(cause, name, what);
}

static void
put_new_key(const char *name)
{
	EVP_PKEY *key = make_key("EC");

	put_key(name, key);
	EVP_PKEY_free(key);
}

/* Keys */

static void
key_reads(const char *name, const EVP_PKEY *want)
{
	EVP_PKEY *key;
	char *cause = NULL;

	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	key = tls_pem_key(in_dir(name), &cause);
	/* from here on nobody reads our memory */
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
	ck_assert_msg(key != NULL, "%s", cause);
	ck_assert_ptr_null(cause);
	ck_assert_int_eq(EVP_PKEY_eq(key, want), 1);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	EVP_PKEY_free(key);
}

START_TEST(key_good)
{
	static const char *types[] = { "EC", "RSA", "ED25519" };
	EVP_PKEY *key = make_key(types[_i]);

	put_key("key", key);
	key_reads("key", key);
	ck_assert_int_eq(symlink("key", in_dir("link")), 0);
	key_reads("link", key);
	EVP_PKEY_free(key);
}
END_TEST

/* "openssl ecparam -genkey" puts the curve before the key. */
START_TEST(key_behind_parameters)
{
	EVP_PKEY *key = make_key("EC");
	BIO *out;

	put_text("key", "-----BEGIN EC PARAMETERS-----\n"
	    "BggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n", 0600);
	out = BIO_new_file(in_dir("key"), "a");
	ck_assert(PEM_write_bio_PrivateKey_traditional(out, key, NULL, NULL, 0,
	    NULL, NULL));
	BIO_free(out);
	key_reads("key", key);
	EVP_PKEY_free(key);
}
END_TEST

static const struct {
	mode_t		 mode;
	const char	*why;
	bool		 root;		/* allowed where root is the owner */
} modes[] = {
	{ 0600, NULL, false },
	{ 0400, NULL, false },
	{ 0700, NULL, false },
	{ 0644, ": mode 0644 lets others read it, expected 0600", false },
	{ 0604, ": mode 0604 lets others read it, expected 0600", false },
	{ 0602, ": mode 0602 lets others write it, expected 0600", false },
	{ 0601, ": mode 0601 lets others execute it, expected 0600", false },
	{ 0640, ": mode 0640 lets its group read it, expected 0600", true },
	{ 0620, ": mode 0620 lets its group write it, expected 0600", false },
	{ 0610, ": mode 0610 lets its group execute it, expected 0600", false },
};

START_TEST(key_mode)
{
	EVP_PKEY *key = make_key("EC");

	put_key("key", key);
	ck_assert_int_eq(chmod(in_dir("key"), modes[_i].mode), 0);
	if (modes[_i].why == NULL || (modes[_i].root && geteuid() == 0))
		key_reads("key", key);
	else
		key_fails("key", modes[_i].why);
	EVP_PKEY_free(key);
}
END_TEST

/* Root may write where root owns, but not the group. */
START_TEST(key_group_writes)
{
	put_new_key("key");
	ck_assert_int_eq(chmod(in_dir("key"), 0660), 0);
	key_fails("key", geteuid() == 0 ?
	    ": mode 0660 lets its group write it, expected 0600" :
	    ": mode 0660 lets its group read it, expected 0600");
}
END_TEST

START_TEST(key_of_another)
{
	if (geteuid() != 0)
		return;
	put_new_key("key");
	ck_assert_int_eq(chown(in_dir("key"), 12345, 0), 0);
	key_fails("key", ": belongs to user 12345, expected root or user 0");
}
END_TEST

static void
put_locked(const char *name, bool traditional)
{
	EVP_PKEY *key = make_key("EC");
	BIO *out = BIO_new_file(in_dir(name), "w");
	char word[] = "secret";

	if (traditional)
		ck_assert(PEM_write_bio_PrivateKey_traditional(out, key,
		    EVP_aes_128_cbc(), NULL, 0, NULL, word));
	else
		ck_assert(PEM_write_bio_PrivateKey(out, key,
		    EVP_aes_128_cbc(), NULL, 0, NULL, word));
	BIO_free(out);
	ck_assert_int_eq(chmod(in_dir(name), 0600), 0);
	EVP_PKEY_free(key);
}

/* Would wait for the terminal, if it asked. */
START_TEST(key_with_passphrase)
{
	put_locked("key", _i == 0);
	key_fails("key", ": has a passphrase, expected a private key without "
	    "one");
}
END_TEST

START_TEST(key_none)
{
	put_text("empty", "", 0600);
	key_fails("empty", ": no private key in PEM");
	put_text("garbage", "-----BEGIN PRIVATE KEY-----\nAAAA\n"
	    "-----END PRIVATE KEY-----\n", 0600);
	key_fails("garbage", ": no private key in PEM");
	key_fails("missing", ": No such file or directory");
}
END_TEST

/* Files of any kind */

START_TEST(no_file)
{
	ck_assert_int_eq(mkdir(in_dir("directory"), 0700), 0);
	key_fails("directory", ": a directory, expected a file");
	certificates_fail("directory", ": a directory, expected a file");
	ck_assert_int_eq(mkfifo(in_dir("fifo"), 0600), 0);
	key_fails("fifo", ": not a regular file, expected one");
	certificates_fail("fifo", ": not a regular file, expected one");
	certificates_fail("missing", ": No such file or directory");
}
END_TEST

/* Root reads everything, so it is somebody else for a while. */
START_TEST(unreadable)
{
	bool root = geteuid() == 0;

	put_new_key("key");
	ck_assert_int_eq(chmod(in_dir("key"), root ? 0600 : 0), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	if (root)
		ck_assert_int_eq(seteuid(65534), 0);
	key_fails("key", ": Permission denied");
	certificates_fail("key", ": Permission denied");
	if (root)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* Certificates */

START_TEST(certificates_good)
{
	EVP_PKEY *key = make_key("EC");
	STACK_OF(X509)	*certs;
	X509 *cert[3];
	char *cause = NULL;
	int i;

	put_text("certs", "what people write there\n", 0644);
	for (i = 0; i < 3; i++) {
		cert[i] = make_cert(key, NULL, i == 0 ? "a" : i == 1 ? "b" :
		    "c", NOW, NOW + DAY, CA_EXTENSIONS, 0);
		add_cert("certs", cert[i]);
	}
	certs = tls_pem_certificates(in_dir("certs"), &cause);
	ck_assert_msg(certs != NULL, "%s", cause);
	ck_assert_int_eq(sk_X509_num(certs), 3);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(X509_cmp(sk_X509_value(certs, i), cert[i]), 0);
		X509_free(cert[i]);
	}
	ck_assert_uint_eq(ERR_peek_error(), 0);
	sk_X509_pop_free(certs, X509_free);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(certificates_none)
{
	put_text("empty", "", 0644);
	certificates_fail("empty", ": no certificate in PEM");
	put_new_key("key");
	certificates_fail("key", ": no certificate in PEM");
}
END_TEST

START_TEST(certificates_malformed)
{
	EVP_PKEY *key = make_key("EC");
	X509 *cert;
	FILE *out;

	cert = make_cert(key, NULL, "a", NOW, NOW + DAY, CA_EXTENSIONS, 0);
	add_cert("certs", cert);
	out = fopen(in_dir("certs"), "a");
	fputs("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
	    out);
	fclose(out);
	certificates_fail("certs", ": certificate 2 is malformed");
	put_text("cut", "-----BEGIN CERTIFICATE-----\nAAAA\n", 0644);
	certificates_fail("cut", ": certificate 1 is malformed");
	X509_free(cert);
	EVP_PKEY_free(key);
}
END_TEST

static Suite *
tls_pem_suite(void)
{
	Suite *suite = suite_create("tls_pem");
	TCase *keys = tcase_create("keys");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(keys, setup, teardown);
	tcase_set_timeout(keys, 60);
	tcase_add_loop_test(keys, key_good, 0, 3);
	tcase_add_test(keys, key_behind_parameters);
	tcase_add_loop_test(keys, key_mode, 0, sizeof modes / sizeof modes[0]);
	tcase_add_test(keys, key_group_writes);
	tcase_add_test(keys, key_of_another);
	tcase_add_loop_test(keys, key_with_passphrase, 0, 2);
	tcase_add_test(keys, key_none);
	suite_add_tcase(suite, keys);

	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, no_file);
	tcase_add_test(files, unreadable);
	tcase_add_test(files, certificates_good);
	tcase_add_test(files, certificates_none);
	tcase_add_test(files, certificates_malformed);
	suite_add_tcase(suite, files);
	return suite;
}

int
main(void)
{
	return run_suite(tls_pem_suite());
}

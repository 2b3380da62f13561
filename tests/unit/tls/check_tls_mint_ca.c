/* SPDX-License-Identifier: ISC */
#include "tls/tls_mint.h"

#include "check_tls_mint.h"

/* CAs: what theirs does to certificates, and from which there are none. */

/* Kinds of CAs */

static const struct {
	const char	*key;
	int		 signature;
} types[] = {
	{ "EC", NID_ecdsa_with_SHA256 },
	{ "RSA", NID_sha256WithRSAEncryption },
	{ "ED25519", NID_ED25519 },
};

START_TEST(key_types)
{
	X509 *cert;

	EVP_PKEY_free(ca.key);
	ca.key = make_key(types[_i].key);
	start_plain();
	cert = sent(get("api.example"));
	ck_assert_int_eq(X509_get_signature_nid(cert), types[_i].signature);
	X509_free(cert);
	accepted("api.example");
}
END_TEST

/* Neither it nor what it signs is older or younger than the CA. */
START_TEST(within_the_ca)
{
	X509 *cert;

	start(make_cert(ca.key, NULL, "CA", NOW - 10, NOW + 20, CA_EXTENSIONS,
	    0));
	cert = sent(get("api.example"));
	ck_assert_int_eq(seconds(X509_get0_notBefore(cert)), NOW - 10);
	ck_assert_int_eq(seconds(X509_get0_notAfter(cert)), NOW + 20);
	X509_free(cert);
	refused("api.example", NOW + 21, "the CA has expired");
	refused("www.example", NOW + 21, "the CA has expired");
	refused("api.example", NOW - 11, "the CA is not valid yet");
}
END_TEST

/* One that does not name its own key: the name is made of the key. */
START_TEST(ca_without_key_id)
{
	X509 *cert;

	start(make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    NID_basic_constraints, "critical,CA:TRUE", 0));
	cert = sent(get("api.example"));
	ck_assert_int_eq(ASN1_STRING_length(X509_get0_authority_key_id(cert)),
	    20);
	X509_free(cert);
}
END_TEST

START_TEST(root_sends_nothing)
{
	start_plain();
	ck_assert_int_eq(sk_X509_num(tls_mint_chain(mint)), 0);
}
END_TEST

/* CA, the one above it, the root: the first two are sent. */
START_TEST(chain)
{
	struct http1_host h = host("api.example");
	struct signer root = { NULL, make_key("RSA") };
	struct signer middle = { NULL, make_key("EC") };
	X509 *cert;

	root.cert = make_cert(root.key, NULL, "root", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	middle.cert = make_cert(middle.key, &root, "middle", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	ca.cert = make_cert(ca.key, &middle, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	add_cert("ca.pem", middle.cert);
	add_cert("ca.pem", root.cert);
	open_mint();
	ck_assert_int_eq(sk_X509_num(tls_mint_chain(mint)), 2);
	ck_assert_int_eq(X509_cmp(sk_X509_value(tls_mint_chain(mint), 0),
	    ca.cert), 0);
	ck_assert_int_eq(X509_cmp(sk_X509_value(tls_mint_chain(mint), 1),
	    middle.cert), 0);
	cert = get("api.example");
	ck_assert_int_eq(verify(root.cert, cert, tls_mint_chain(mint), &h,
	    NOW), X509_V_OK);
	X509_free(cert);
	X509_free(root.cert);
	EVP_PKEY_free(root.key);
	X509_free(middle.cert);
	EVP_PKEY_free(middle.key);
}
END_TEST

/* Name constraints */

static bool
permits(const char *name)
{
	struct http1_host h = host(name);
	bool yes = tls_mint_permits(mint, &h);

	ck_assert_uint_eq(ERR_peek_error(), 0);
	if (yes)
		accepted(name);
	else
		refused(name, NOW, "the CA may not speak for this host");
	return yes;
}

START_TEST(no_constraints)
{
	start_plain();
	ck_assert(permits("api.example"));
	ck_assert(permits("192.0.2.7"));
}
END_TEST

START_TEST(constraints_names)
{
	start_constrained("critical,permitted;DNS:example.org,"
	    "excluded;DNS:secret.example.org");
	ck_assert(permits("example.org"));
	ck_assert(permits("a.b.example.org"));
	ck_assert(!permits("example.com"));
	ck_assert(!permits("badexample.org"));
	ck_assert(!permits("secret.example.org"));
	ck_assert(!permits("very.secret.example.org"));
	/* not said, so not bound */
	ck_assert(permits("192.0.2.7"));
}
END_TEST

START_TEST(constraints_addresses)
{
	start_constrained("critical,permitted;IP:192.0.2.0/255.255.255.0");
	ck_assert(permits("192.0.2.7"));
	ck_assert(!permits("192.0.3.7"));
	ck_assert(!permits("[2001:db8::1]"));
	ck_assert(permits("example.com"));
}
END_TEST

/* Above the CA is the one that is bound. */
START_TEST(constraints_above)
{
	struct signer root = { NULL, make_key("EC") };

	root.cert = make_cert(root.key, NULL, "root", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, NID_name_constraints,
	    "critical,permitted;DNS:example.org", 0);
	ca.cert = make_cert(ca.key, &root, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	add_cert("ca.pem", root.cert);
	open_mint();
	X509_free(ca.cert);
	ca.cert = root.cert;
	refused("example.com", NOW, "the CA may not speak for this host");
	X509_free(get("www.example.org"));
	EVP_PKEY_free(root.key);
}
END_TEST

/* Where subjects are bound, there is none. */
START_TEST(constraints_subject)
{
	GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();
	NAME_CONSTRAINTS *nc = NAME_CONSTRAINTS_new();
	X509_NAME *name = X509_NAME_new();
	X509 *cert;

	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
	    (const unsigned char *)"Example", -1, -1, 0);
	GENERAL_NAME_set0_value(tree->base, GEN_DIRNAME, name);
	nc->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
	sk_GENERAL_SUBTREE_push(nc->permittedSubtrees, tree);
	cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL, CA_EXTENSIONS,
	    0);
	ck_assert_int_eq(X509_add1_ext_i2d(cert, NID_name_constraints, nc, 1,
	    X509V3_ADD_DEFAULT), 1);
	NAME_CONSTRAINTS_free(nc);
	sign_cert(cert, ca.key);
	start(sent(cert));
	ck_assert(permits("api.example"));
	cert = sent(get("api.example"));
	ck_subject(cert, "");
	ck_alt_name(cert, GEN_DNS, "api.example", 11, 1);
	X509_free(cert);
}
END_TEST

/* Files that are refused */

static void
fails(const char *name, const char *what)
{
	char *cause = NULL;

	ck_assert_ptr_null(tls_mint_new(in_dir("ca.pem"), in_dir("ca.key"), MAX,
	    NOW, &cause));
	ck_cause(cause, name, what);
}

START_TEST(not_a_ca)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    NID_basic_constraints, "critical,CA:FALSE", 0);
	put_ca();
	fails("ca.pem", ": not a CA's certificate: basicConstraints do not say "
	    "CA:TRUE");
}
END_TEST

START_TEST(nothing_says_ca)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL, 0);
	put_ca();
	fails("ca.pem", ": not a CA's certificate: basicConstraints do not say "
	    "CA:TRUE");
}
END_TEST

START_TEST(may_not_sign)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    NID_basic_constraints, "critical,CA:TRUE",
	    NID_key_usage, "critical,cRLSign,digitalSignature", 0);
	put_ca();
	fails("ca.pem", ": the CA may not sign certificates: keyUsage lacks "
	    "keyCertSign");
}
END_TEST

START_TEST(not_for_servers)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, NID_ext_key_usage, "clientAuth,codeSigning", 0);
	put_ca();
	fails("ca.pem", ": the CA may not speak for servers: extendedKeyUsage "
	    "lacks serverAuth");
}
END_TEST

START_TEST(malformed_extension)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, NID_name_constraints, "critical,DER:30:03:01", 0);
	put_ca();
	fails("ca.pem", ": an extension of the certificate is malformed");
}
END_TEST

START_TEST(expired)
{
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, NOW - 1, CA_EXTENSIONS,
	    0);
	put_ca();
	fails("ca.pem", ": the CA expired at 2027-01-15T07:59:59Z");
}
END_TEST

START_TEST(not_valid_yet)
{
	ca.cert = make_cert(ca.key, NULL, "CA", NOW + 1, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	fails("ca.pem", ": the CA is not valid before 2027-01-15T08:00:01Z");
}
END_TEST

START_TEST(key_of_another)
{
	EVP_PKEY *other = make_key("EC");
	char what[400];

	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	put_key("ca.key", other);
	snprintf(what, sizeof what, ": not the key of %s", in_dir("ca.pem"));
	fails("ca.key", what);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(bad_files)
{
	fails("ca.pem", ": No such file or directory");
	put_text("ca.pem", "garbage\n", 0644);
	fails("ca.pem", ": no certificate in PEM");
	unlink(in_dir("ca.pem"));
	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	put_text("ca.key", "garbage\n", 0600);
	fails("ca.key", ": no private key in PEM");
	put_key("ca.key", ca.key);
	ck_assert_int_eq(chmod(in_dir("ca.key"), 0644), 0);
	fails("ca.key", ": mode 0644 lets others read it, expected 0600");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls_mint_ca");
	TCase *cas = tcase_create("cas");
	TCase *constraints = tcase_create("constraints");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(cas, mint_setup, mint_teardown);
	tcase_set_timeout(cas, 60);
	tcase_add_loop_test(cas, key_types, 0, 3);
	tcase_add_test(cas, within_the_ca);
	tcase_add_test(cas, ca_without_key_id);
	tcase_add_test(cas, root_sends_nothing);
	tcase_add_test(cas, chain);
	suite_add_tcase(suite, cas);

	tcase_add_checked_fixture(constraints, mint_setup, mint_teardown);
	tcase_add_test(constraints, no_constraints);
	tcase_add_test(constraints, constraints_names);
	tcase_add_test(constraints, constraints_addresses);
	tcase_add_test(constraints, constraints_above);
	tcase_add_test(constraints, constraints_subject);
	suite_add_tcase(suite, constraints);

	tcase_add_checked_fixture(files, mint_setup, mint_teardown);
	tcase_add_test(files, not_a_ca);
	tcase_add_test(files, nothing_says_ca);
	tcase_add_test(files, may_not_sign);
	tcase_add_test(files, not_for_servers);
	tcase_add_test(files, malformed_extension);
	tcase_add_test(files, expired);
	tcase_add_test(files, not_valid_yet);
	tcase_add_test(files, key_of_another);
	tcase_add_test(files, bad_files);
	suite_add_tcase(suite, files);
	return run_suite(suite);
}

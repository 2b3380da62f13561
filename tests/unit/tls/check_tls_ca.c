/* SPDX-License-Identifier: ISC */
#include "check_run.h"
#include "check_tls_ca.h"

/*
 * The certificate of a CA that is made, and that nobody believes it outside its
 * constraints, though whoever has the key signs what he likes.
 */

/* The certificate */

static void
ck_extension(X509 *cert, int nid, bool critical, const char *want)
{
	BIO *out = BIO_new(BIO_s_mem());
	X509_EXTENSION *ext;
	char *text;
	long len;
	int i = X509_get_ext_by_NID(cert, nid, -1);

	ck_assert_int_ge(i, 0);
	ext = X509_get_ext(cert, i);
	ck_assert_int_eq(X509_EXTENSION_get_critical(ext), critical);
	ck_assert(X509V3_EXT_print(out, ext, 0, 0));
	BIO_write(out, "", 1);
	len = BIO_get_mem_data(out, &text);
	ck_assert_int_gt(len, 0);
	ck_assert_str_eq(text, want);
	BIO_free(out);
}

static time_t
seconds(const ASN1_TIME *t)
{
	struct tm tm;

	ck_assert(ASN1_TIME_to_tm(t, &tm));
	return timegm(&tm);
}

START_TEST(fields)
{
	struct signer ca;
	time_t now = time(NULL), from;
	char cn[80], date[16], group[32];
	struct tm tm;

	intercept("api.example");
	ca = make();
	ck_assert_int_eq(X509_get_version(ca.cert), X509_VERSION_3);
	ck_assert_int_gt(X509_NAME_get_text_by_NID(X509_get_subject_name(
	    ca.cert), NID_commonName, cn, sizeof cn), 0);
	/* which is before today: the first of a month has another */
	from = seconds(X509_get0_notBefore(ca.cert));
	gmtime_r(&from, &tm);
	strftime(date, sizeof date, "%Y-%m-%d", &tm);
	ck_assert_int_eq(strncmp(cn, "sluice CA of ", 13), 0);
	ck_assert_ptr_nonnull(strstr(cn, date));
	ck_assert_int_eq(X509_self_signed(ca.cert, 1), 1);
	ck_assert(X509_check_private_key(ca.cert, ca.key));
	ck_assert(EVP_PKEY_get_group_name(ca.key, group, sizeof group, NULL));
	ck_assert_str_eq(group, "prime256v1");
	ck_assert_int_eq(X509_get_signature_nid(ca.cert),
	    NID_ecdsa_with_SHA256);
	ck_assert_int_le(seconds(X509_get0_notBefore(ca.cert)), now);
	ck_assert_int_ge(seconds(X509_get0_notBefore(ca.cert)), now - DAY);
	ck_assert_int_ge(seconds(X509_get0_notAfter(ca.cert)),
	    now + 5 * 365 * DAY);
	ck_assert_int_lt(seconds(X509_get0_notAfter(ca.cert)),
	    now + 5 * 366 * DAY);
	signer_free(&ca);
}
END_TEST

START_TEST(extensions)
{
	struct signer ca;

	intercept("api.example");
	ca = make();
	ck_assert_int_eq(X509_get_ext_count(ca.cert), 6);
	ck_extension(ca.cert, NID_basic_constraints, true,
	    "CA:TRUE, pathlen:0");
	ck_extension(ca.cert, NID_key_usage, true,
	    "Certificate Sign, CRL Sign");
	ck_extension(ca.cert, NID_ext_key_usage, false,
	    "TLS Web Server Authentication");
	ck_assert_int_eq(ASN1_OCTET_STRING_cmp(
	    X509_get0_subject_key_id(ca.cert),
	    X509_get0_authority_key_id(ca.cert)), 0);
	signer_free(&ca);
}
END_TEST

/* Ports and what is named twice make no difference; the rest is not named. */
START_TEST(constraints)
{
	struct signer ca;

	intercept("api.example");
	intercept("api.example:8443");
	intercept("*.example.org");
	intercept("example.org");
	intercept("192.0.2.7:80");
	intercept("[2001:db8::1]:8443");
	add_rule("tunnel.example", RULE_HTTPS_TUNNEL);
	add_rule("*", RULE_HTTPS_UPSTREAM);
	ca = make();
	ck_extension(ca.cert, NID_name_constraints, true,
	    "Permitted:\n"
	    "  DNS:api.example\n"
	    "  DNS:example.org\n"
	    "  IP:192.0.2.7/255.255.255.255\n"
	    "  IP:2001:DB8:0:0:0:0:0:1/"
	    "FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF");
	signer_free(&ca);
}
END_TEST

START_TEST(constraints_names_only)
{
	struct signer ca;

	intercept("*.example.org:8443");
	ca = make();
	ck_extension(ca.cert, NID_name_constraints, true,
	    "Permitted:\n"
	    "  DNS:example.org\n"
	    "Excluded:\n"
	    "  IP:0.0.0.0/0.0.0.0\n"
	    "  IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0");
	signer_free(&ca);
}
END_TEST

START_TEST(constraints_ipv4_only)
{
	struct signer ca;

	intercept("192.0.2.7");
	ca = make();
	ck_extension(ca.cert, NID_name_constraints, true,
	    "Permitted:\n"
	    "  IP:192.0.2.7/255.255.255.255\n"
	    "Excluded:\n"
	    "  DNS:\n"
	    "  IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0");
	signer_free(&ca);
}
END_TEST

/* What may be believed */

static const struct {
	const char	*hosts[4];	/* that are marked */
	const char	*name;		/* of the certificate */
	const char	*host;		/* that the client looks for */
	int		 error;
} leaves[] = {
	{ { "api.example" }, "DNS:api.example", "api.example", X509_V_OK },
	{ { "api.example" }, "DNS:b.api.example", "b.api.example", X509_V_OK },
	{ { "api.example" }, "DNS:other.example", "other.example",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "api.example" }, "DNS:badapi.example", "badapi.example",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "api.example" }, "DNS:api.example,DNS:evil.example", "evil.example",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "api.example" }, "DNS:*.evil.example", "www.evil.example",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "*.example.org" }, "DNS:a.b.example.org", "a.b.example.org",
	    X509_V_OK },
	{ { "*.example.org" }, "DNS:example.com", "example.com",
	    X509_V_ERR_PERMITTED_VIOLATION },
	/* only names are marked */
	{ { "api.example" }, "IP:192.0.2.7", "192.0.2.7",
	    X509_V_ERR_EXCLUDED_VIOLATION },
	{ { "api.example" }, "IP:2001:db8::1", "[2001:db8::1]",
	    X509_V_ERR_EXCLUDED_VIOLATION },
	/* only addresses are */
	{ { "192.0.2.7" }, "IP:192.0.2.7", "192.0.2.7", X509_V_OK },
	{ { "192.0.2.7" }, "IP:192.0.2.8", "192.0.2.8",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "192.0.2.7" }, "IP:2001:db8::1", "[2001:db8::1]",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "192.0.2.7" }, "DNS:api.example", "api.example",
	    X509_V_ERR_EXCLUDED_VIOLATION },
	{ { "[2001:db8::1]" }, "IP:2001:db8::1", "[2001:db8::1]", X509_V_OK },
	{ { "[2001:db8::1]" }, "IP:2001:db8::2", "[2001:db8::2]",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "[2001:db8::1]" }, "IP:192.0.2.7", "192.0.2.7",
	    X509_V_ERR_PERMITTED_VIOLATION },
	/* both */
	{ { "api.example", "192.0.2.7" }, "DNS:api.example", "api.example",
	    X509_V_OK },
	{ { "api.example", "192.0.2.7" }, "IP:192.0.2.7", "192.0.2.7",
	    X509_V_OK },
	{ { "api.example", "192.0.2.7" }, "DNS:api.example,IP:192.0.2.9",
	    "192.0.2.9", X509_V_ERR_PERMITTED_VIOLATION },
	{ { "192.0.2.7", "[2001:db8::1]" }, "IP:2001:db8::1", "[2001:db8::1]",
	    X509_V_OK },
};

static X509 *
sign_leaf(const struct signer *ca, const char *cn, const char *name)
{
	EVP_PKEY *key = make_key("EC");
	time_t now = time(NULL);
	X509 *cert;

	cert = make_cert(key, ca, cn, now - 60, now + DAY,
	    NID_basic_constraints, "critical,CA:FALSE",
	    NID_key_usage, "critical,digitalSignature",
	    NID_ext_key_usage, "serverAuth",
	    NID_subject_key_identifier, "hash",
	    NID_authority_key_identifier, "keyid",
	    name != NULL ? NID_subject_alt_name : 0, name, 0);
	EVP_PKEY_free(key);
	return cert;
}

START_TEST(believed)
{
	struct http1_host h = host(leaves[_i].host);
	struct signer ca;
	X509 *leaf;
	bool good = leaves[_i].error == X509_V_OK;
	int i;

	for (i = 0; leaves[_i].hosts[i] != NULL; i++)
		intercept(leaves[_i].hosts[i]);
	ca = make();
	leaf = sign_leaf(&ca, "x y", leaves[_i].name);
	ck_assert_int_eq(verify(ca.cert, leaf, NULL, &h, time(NULL)),
	    leaves[_i].error);
	add_cert("leaf.pem", leaf);
	ck_assert_int_eq(openssl("verify", "-x509_strict", "-purpose",
	    "sslserver", "-CAfile", in_dir("ca/ca.pem"), in_dir("leaf.pem"),
	    NULL), good);
	ck_assert_int_eq(openssl("verify", "-CAfile", in_dir("ca/ca.pem"),
	    in_dir("leaf.pem"), NULL), good);
	X509_free(leaf);
	signer_free(&ca);
}
END_TEST

/* Where there is no subjectAltName, some take the common name for the host. */
START_TEST(common_name)
{
	struct signer ca;
	X509 *leaf;

	intercept("api.example");
	ca = make();
	leaf = sign_leaf(&ca, "evil.example", NULL);
	ck_assert_int_eq(verify(ca.cert, leaf, NULL, NULL, time(NULL)),
	    X509_V_ERR_PERMITTED_VIOLATION);
	X509_free(leaf);
	signer_free(&ca);
}
END_TEST

/* pathlen:0, so no CA below it can be made that knows no constraints. */
START_TEST(no_ca_below)
{
	struct signer ca, below = { NULL, make_key("EC") };
	STACK_OF(X509)	*chain = sk_X509_new_null();
	time_t now = time(NULL);
	X509 *leaf;

	intercept("api.example");
	ca = make();
	below.cert = make_cert(below.key, &ca, "below", now - 60, now + DAY,
	    CA_EXTENSIONS, 0);
	sk_X509_push(chain, below.cert);
	leaf = sign_leaf(&below, "api.example", "DNS:api.example");
	ck_assert_int_eq(verify(ca.cert, leaf, chain, NULL, now),
	    X509_V_ERR_PATH_LENGTH_EXCEEDED);
	sk_X509_free(chain);
	X509_free(leaf);
	signer_free(&below);
	signer_free(&ca);
}
END_TEST

/* For servers alone: no mail, no code. */
START_TEST(no_other_purpose)
{
	EVP_PKEY *key = make_key("EC");
	struct signer ca;
	time_t now = time(NULL);
	X509 *leaf;

	intercept("api.example");
	ca = make();
	leaf = make_cert(key, &ca, "x", now - 60, now + DAY,
	    NID_subject_alt_name, "email:x@evil.example",
	    NID_ext_key_usage, "emailProtection",
	    NID_authority_key_identifier, "keyid", 0);
	add_cert("leaf.pem", leaf);
	ck_assert(!openssl("verify", "-purpose", "smimesign", "-CAfile",
	    in_dir("ca/ca.pem"), in_dir("leaf.pem"), NULL));
	X509_free(leaf);
	EVP_PKEY_free(key);
	signer_free(&ca);
}
END_TEST

/* Nothing to sign, or everything */

static void
refused(const char *want)
{
	char *cause = NULL;

	ck_assert(!make_in("ca", &cause));
	ck_assert_str_eq(said, "");
	ck_assert(!exists("ca"));
	ck_cause(cause, NULL, want);
}

START_TEST(no_host)
{
	const char *want = "no host has https: intercept, so there is "
	    "nothing for a CA to sign";

	refused(want);
	add_rule("api.example", RULE_HTTPS_TUNNEL);
	add_rule("b.example", RULE_HTTPS_UPSTREAM);
	refused(want);
}
END_TEST

START_TEST(every_host)
{
	intercept("api.example");
	intercept("*:8443");
	refused("https: intercept in *:8443 stands for every host, and a CA "
	    "cannot be constrained to that; name the hosts, as in "
	    "*.example.org");
	conf.path = strdup("a.yaml");
	rules[1].https_at.line = 12;
	rules[1].https_at.column = 5;
	refused("a.yaml:12:5: https: intercept in *:8443 stands for every "
	    "host, and a CA cannot be constrained to that; name the hosts, as "
	    "in *.example.org");
}
END_TEST

START_TEST(by_default)
{
	intercept("api.example");
	conf.fallback.https = RULE_HTTPS_INTERCEPT;
	refused("https: intercept in defaults stands for every host, and a CA "
	    "cannot be constrained to that; name the hosts, as in "
	    "*.example.org");
}
END_TEST

static Suite *
tls_ca_suite(void)
{
	Suite *suite = suite_create("tls_ca");
	TCase *certificate = tcase_create("certificate");
	TCase *belief = tcase_create("belief");

	tcase_add_checked_fixture(certificate, ca_setup, ca_teardown);
	tcase_add_test(certificate, fields);
	tcase_add_test(certificate, extensions);
	tcase_add_test(certificate, constraints);
	tcase_add_test(certificate, constraints_names_only);
	tcase_add_test(certificate, constraints_ipv4_only);
	tcase_add_test(certificate, no_host);
	tcase_add_test(certificate, every_host);
	tcase_add_test(certificate, by_default);
	suite_add_tcase(suite, certificate);

	tcase_add_checked_fixture(belief, ca_setup, ca_teardown);
	tcase_set_timeout(belief, 60);
	tcase_add_loop_test(belief, believed, 0,
	    sizeof leaves / sizeof leaves[0]);
	tcase_add_test(belief, common_name);
	tcase_add_test(belief, no_ca_below);
	tcase_add_test(belief, no_other_purpose);
	suite_add_tcase(suite, belief);
	return suite;
}

int
main(void)
{
	return run_suite(tls_ca_suite());
}

/* SPDX-License-Identifier: ISC */
#include "tls/tls_mint.h"

#include "check_tls_mint.h"

/* Certificates: what is in them, and who accepts them. */

static unsigned		 fail_at;	/* the nth malloc() fails; 0: none */

/* The linker has the sources that are tested call this. */

void	*__real_malloc(size_t);
void	*__wrap_malloc(size_t);

void *
__wrap_malloc(size_t size)
{
	return fail_at > 0 && --fail_at == 0 ? NULL : __real_malloc(size);
}

static void
ck_critical(X509 *cert, int nid, int critical)
{
	int i = X509_get_ext_by_NID(cert, nid, -1);

	ck_assert_int_ge(i, 0);
	ck_assert_int_eq(X509_EXTENSION_get_critical(X509_get_ext(cert, i)),
	    critical);
	ck_assert_int_eq(X509_get_ext_by_NID(cert, nid, i), -1);
}

START_TEST(fields)
{
	X509 *cert;

	start_plain();
	cert = sent(get("api.example"));
	ck_assert_int_eq(X509_get_version(cert), X509_VERSION_3);
	ck_subject(cert, "CN=api.example");
	ck_assert_int_eq(X509_NAME_cmp(X509_get_issuer_name(cert),
	    X509_get_subject_name(ca.cert)), 0);
	ck_assert_int_eq(seconds(X509_get0_notBefore(cert)), NOW - HOUR);
	ck_assert_int_eq(seconds(X509_get0_notAfter(cert)), NOW + DAY);
	ck_assert_int_eq(EVP_PKEY_eq(X509_get0_pubkey(cert),
	    tls_mint_key(mint)), 1);
	ck_assert_int_eq(X509_get_signature_nid(cert), NID_ecdsa_with_SHA256);
	ck_assert_int_eq(X509_verify(cert, ca.key), 1);
	X509_free(cert);
}
END_TEST

START_TEST(extensions)
{
	const ASN1_OCTET_STRING *id;
	X509 *cert;

	start_plain();
	cert = sent(get("api.example"));
	ck_assert_int_eq(X509_get_ext_count(cert), 6);
	ck_alt_name(cert, GEN_DNS, "api.example", 11, 0);
	ck_critical(cert, NID_basic_constraints, 1);
	ck_assert_int_eq(X509_check_ca(cert), 0);
	ck_critical(cert, NID_key_usage, 1);
	ck_assert_uint_eq(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
	ck_critical(cert, NID_ext_key_usage, 0);
	ck_assert_uint_eq(X509_get_extended_key_usage(cert), XKU_SSL_SERVER);
	ck_critical(cert, NID_subject_key_identifier, 0);
	id = X509_get0_subject_key_id(cert);
	ck_assert_int_eq(ASN1_STRING_length(id), 20);
	ck_critical(cert, NID_authority_key_identifier, 0);
	ck_assert_int_eq(ASN1_OCTET_STRING_cmp(
	    X509_get0_authority_key_id(cert),
	    X509_get0_subject_key_id(ca.cert)), 0);
	ck_assert_ptr_null(X509_get0_authority_issuer(cert));
	ck_assert_ptr_null(X509_get0_authority_serial(cert));
	X509_free(cert);
}
END_TEST

START_TEST(key)
{
	char group[32];

	start_plain();
	ck_assert(EVP_PKEY_get_group_name(tls_mint_key(mint), group,
	    sizeof group, NULL));
	ck_assert_str_eq(group, "prime256v1");
}
END_TEST

START_TEST(no_memory)
{
	struct http1_host h = host("api.example");
	const char *why = NULL;
	X509 *cert;

	start_plain();
	fail_at = (unsigned)_i;
	cert = tls_mint_certificate(mint, &h, NOW, &why);
	fail_at = 0;
	ck_assert((cert == NULL) == (why != NULL));
	X509_free(cert);
	/* whether it was kept or not */
	X509_free(get("api.example"));
	X509_free(get("api.example"));
}
END_TEST

/* At most 20 bytes and positive (RFC 5280 4.1.2.2); never the same. */
START_TEST(serials)
{
	BIGNUM *seen[32];
	X509 *cert;
	char name[32];
	int i, j;

	start_plain();
	for (i = 0; i < 32; i++) {
		snprintf(name, sizeof name, "h%d.example", i);
		cert = sent(get(name));
		seen[i] = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert),
		    NULL);
		ck_assert_int_eq(BN_is_negative(seen[i]), 0);
		ck_assert_int_gt(BN_num_bits(seen[i]), 64);
		ck_assert_int_lt(BN_num_bits(seen[i]), 160);
		for (j = 0; j < i; j++)
			ck_assert_int_ne(BN_cmp(seen[i], seen[j]), 0);
		X509_free(cert);
	}
	for (i = 0; i < 32; i++)
		BN_free(seen[i]);
}
END_TEST

/* A common name that looks like a host's would be held against constraints. */
START_TEST(addresses)
{
	static const unsigned char v4[4] = { 192, 0, 2, 7 };
	static const unsigned char v6[16] = { 0x20, 1, 0xd, 0xb8,
	    [15] = 1 };
	X509 *cert;

	start_plain();
	cert = sent(get("192.0.2.7"));
	ck_subject(cert, "");
	ck_alt_name(cert, GEN_IPADD, v4, sizeof v4, 1);
	X509_free(cert);
	cert = sent(get("[2001:db8::1]"));
	ck_subject(cert, "");
	ck_alt_name(cert, GEN_IPADD, v6, sizeof v6, 1);
	X509_free(cert);
	accepted("192.0.2.7");
	accepted("[2001:db8::1]");
}
END_TEST

/* The longest that fits as a common name, the first that does not, and all. */
START_TEST(long_names)
{
	char name[HTTP1_HOST + 1], subject[HTTP1_HOST + 4];
	X509 *cert;
	size_t i, len;

	start_plain();
	for (len = 64; len <= 253; len += len == 64 ? 1 : 188) {
		for (i = 0; i < len; i++)
			name[i] = i % 50 == 49 ? '.' : 'a';
		name[len] = '\0';
		snprintf(subject, sizeof subject, "%s%s", len == 64 ? "CN=" :
		    "", len == 64 ? name : "");
		cert = sent(get(name));
		ck_subject(cert, subject);
		ck_alt_name(cert, GEN_DNS, name, len, len > 64);
		X509_free(cert);
		accepted(name);
	}
}
END_TEST

START_TEST(odd_names)
{
	start_plain();
	accepted("localhost");
	accepted("xn--mnchen-3ya.example");
	accepted("3.example");
	accepted("api.example.");
}
END_TEST

/* For another host, another time, another CA there is no word. */
START_TEST(accepted_for_no_other)
{
	struct http1_host h = host("api.example");
	struct http1_host other = host("www.example");
	EVP_PKEY *another = make_key("EC");
	X509 *cert, *root;

	start_plain();
	cert = get("api.example");
	root = make_cert(another, NULL, "CA", CA_FROM, CA_UNTIL, CA_EXTENSIONS,
	    0);
	ck_assert_int_eq(verify(ca.cert, cert, NULL, &h, NOW), X509_V_OK);
	ck_assert_int_eq(verify(ca.cert, cert, NULL, &other, NOW),
	    X509_V_ERR_HOSTNAME_MISMATCH);
	ck_assert_int_eq(verify(ca.cert, cert, NULL, &h, NOW + DAY + 1),
	    X509_V_ERR_CERT_HAS_EXPIRED);
	ck_assert_int_eq(verify(ca.cert, cert, NULL, &h, NOW - HOUR - 1),
	    X509_V_ERR_CERT_NOT_YET_VALID);
	ck_assert_int_ne(verify(root, cert, NULL, &h, NOW), X509_V_OK);
	X509_free(cert);
	X509_free(root);
	EVP_PKEY_free(another);
}
END_TEST

START_TEST(openssl_verify)
{
	char now[32];
	X509 *cert;

	snprintf(now, sizeof now, "%lld", (long long)NOW);
	start_plain();
	cert = get("api.example");
	add_cert("leaf.pem", cert);
	X509_free(cert);
	ck_assert(openssl("verify", "-x509_strict", "-purpose", "sslserver",
	    "-verify_hostname", "api.example", "-attime", now, "-CAfile",
	    in_dir("ca.pem"), in_dir("leaf.pem"), NULL));
	ck_assert(!openssl("verify", "-x509_strict", "-purpose", "sslserver",
	    "-verify_hostname", "www.example", "-attime", now, "-CAfile",
	    in_dir("ca.pem"), in_dir("leaf.pem"), NULL));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls_mint");
	TCase *certificate = tcase_create("certificate");

	tcase_add_checked_fixture(certificate, mint_setup, mint_teardown);
	tcase_add_test(certificate, fields);
	tcase_add_test(certificate, extensions);
	tcase_add_test(certificate, key);
	tcase_add_loop_test(certificate, no_memory, 1, 6);
	tcase_add_test(certificate, serials);
	tcase_add_test(certificate, addresses);
	tcase_add_test(certificate, long_names);
	tcase_add_test(certificate, odd_names);
	tcase_add_test(certificate, accepted_for_no_other);
	tcase_add_test(certificate, openssl_verify);
	suite_add_tcase(suite, certificate);
	return run_suite(suite);
}

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_TLS_MINT_H
#define SLUICE_CHECK_TLS_MINT_H

#include "check_run.h"
#include "check_tls.h"
#include "tls/tls_mint.h"

/* A mint over a CA of the test's own, and what it makes. */

#define HOUR		3600
#define MAX		4		/* certificates kept */
#define CA_FROM		(NOW - 30 * DAY)
#define CA_UNTIL	(NOW + 300 * DAY)

static struct signer	 ca;
static struct tls_mint	*mint;

UNUSED static void
put_ca(void)
{
	add_cert("ca.pem", ca.cert);
	put_key("ca.key", ca.key);
}

UNUSED static void
open_mint(void)
{
	char *cause = NULL;

	mint = tls_mint_new(in_dir("ca.pem"), in_dir("ca.key"), MAX, NOW,
	    &cause);
	ck_assert_msg(mint != NULL, "%s", cause);
	ck_assert_ptr_null(cause);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}

/* With the CA's certificate, whatever that is. */
UNUSED static void
start(X509 *cert)
{
	ca.cert = cert;
	put_ca();
	open_mint();
}

UNUSED static void
start_plain(void)
{
	start(make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL, CA_EXTENSIONS,
	    0));
}

UNUSED static void
start_constrained(const char *constraints)
{
	start(make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL, CA_EXTENSIONS,
	    NID_name_constraints, constraints, 0));
}

UNUSED static void
mint_setup(void)
{
	setup();
	mint = NULL;
	ca.cert = NULL;
	ca.key = make_key("EC");
}

UNUSED static void
mint_teardown(void)
{
	tls_mint_free(mint);
	X509_free(ca.cert);
	EVP_PKEY_free(ca.key);
	teardown();
}

UNUSED static X509 *
get_at(const char *name, time_t now)
{
	struct http1_host h = host(name);
	const char *why = NULL;
	X509 *cert;

	cert = tls_mint_certificate(mint, &h, now, &why);
	ck_assert_msg(cert != NULL, "%s: %s", name, why);
	ck_assert_ptr_null(why);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	return cert;
}

UNUSED static X509 *
get(const char *name)
{
	return get_at(name, NOW);
}

UNUSED static void
refused(const char *name, time_t now, const char *want)
{
	struct http1_host h = host(name);
	const char *why = NULL;

	ck_assert_ptr_null(tls_mint_certificate(mint, &h, now, &why));
	ck_assert_ptr_nonnull(why);
	ck_assert_str_eq(why, want);
	ck_assert_uint_eq(ERR_peek_error(), 0);
}

UNUSED static void
accepted(const char *name)
{
	struct http1_host h = host(name);
	X509 *cert = get(name);

	ck_assert_int_eq(verify(ca.cert, cert, NULL, &h, NOW), X509_V_OK);
	X509_free(cert);
}

UNUSED static time_t
seconds(const ASN1_TIME *t)
{
	struct tm tm;

	ck_assert(ASN1_TIME_to_tm(t, &tm));
	return timegm(&tm);
}

/* The certificate, parsed from the bytes that are sent. */
UNUSED static X509 *
sent(X509 *cert)
{
	const unsigned char *p;
	unsigned char *der = NULL;
	X509 *parsed;
	int len = i2d_X509(cert, &der);

	ck_assert_int_gt(len, 0);
	p = der;
	parsed = d2i_X509(NULL, &p, len);
	ck_assert_ptr_nonnull(parsed);
	ck_assert_ptr_eq(p, der + len);
	OPENSSL_free(der);
	X509_free(cert);
	return parsed;
}

/* The whole subject, as "CN=host", or "". */
UNUSED static void
ck_subject(X509 *cert, const char *want)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *text;
	long len;

	X509_NAME_print_ex(out, X509_get_subject_name(cert), 0,
	    XN_FLAG_RFC2253);
	BIO_write(out, "", 1);
	len = BIO_get_mem_data(out, &text);
	ck_assert_int_gt(len, 0);
	ck_assert_str_eq(text, want);
	BIO_free(out);
}

/* The one name in subjectAltName. */
UNUSED static void
ck_alt_name(X509 *cert, int type, const void *want, size_t len, int critical)
{
	const GENERAL_NAME *name;
	GENERAL_NAMES *names;
	ASN1_STRING *value;
	int crit;

	names = X509_get_ext_d2i(cert, NID_subject_alt_name, &crit, NULL);
	ck_assert_ptr_nonnull(names);
	ck_assert_int_eq(crit, critical);
	ck_assert_int_eq(sk_GENERAL_NAME_num(names), 1);
	name = sk_GENERAL_NAME_value(names, 0);
	ck_assert_int_eq(name->type, type);
	value = GENERAL_NAME_get0_value(name, NULL);
	ck_assert_uint_eq((size_t)ASN1_STRING_length(value), len);
	ck_assert_mem_eq(ASN1_STRING_get0_data(value), want, len);
	GENERAL_NAMES_free(names);
}

#endif

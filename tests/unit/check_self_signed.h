/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_SELF_SIGNED_H
#define SLUICE_CHECK_SELF_SIGNED_H

#include <check.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* Returns the context of a server whose certificate nobody has signed. */
static SSL_CTX *
self_signed(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
	ck_assert_int_eq(SSL_CTX_use_cert_and_key(ctx, x, key, NULL, 1), 1);
	X509_free(x);
	EVP_PKEY_free(key);
	return ctx;
}

#endif

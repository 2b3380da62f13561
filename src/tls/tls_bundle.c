/* SPDX-License-Identifier: ISC */
#include "tls/tls_bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/text.h"
#include "tls/tls_pem.h"
#include "tls/tls_places.h"
#include "tls/tls_x509.h"

#define MAX		(16 << 20)	/* bytes of a system's file */
#define ITERATIONS	2048		/* nothing in it is secret */
#define FRIENDLY	64		/* bytes of a friendlyName */
/* Oracle's trustedKeyUsage, and anyExtendedKeyUsage in it. */
#define TRUSTED		"2.16.840.1.113894.746875.1.1"

/* The system's */

static bool
read_file(struct text *t, const char *path, char **cause)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;

	if (f == NULL)
		return tls_x509_cause(cause, "%s: %s", path, strerror(errno));
	do {
		t->len += n;
		n = text_reserve(t, 65536) ? fread(t->p + t->len, 1, 65536,
		    f) : 0;
	} while (n > 0 && t->len < MAX);
	fclose(f);
	if (t->failed)
		return tls_x509_cause(cause, "out of memory");
	if (t->len > 0 && t->len < MAX)
		return true;
	return tls_x509_cause(cause, "%s: %s, expected certificates in PEM",
	    path, t->len == 0 ? "empty" : "too long");
}

bool
tls_bundle_system(struct text *t, const char *own, char **cause)
{
	const char *said = getenv("SSL_CERT_FILE"), *place;

	/* a name of nothing has OpenSSL trust nobody, which is not meant */
	if (said != NULL && strcmp(said, own) != 0 && access(said, R_OK) == 0)
		return read_file(t, said, cause);
	if ((place = tls_places_find()) != NULL)
		return read_file(t, place, cause);
	return tls_x509_cause(cause, "no file of the certificates that the "
	    "system trusts; SSL_CERT_FILE would name one");
}

/* PKCS #12 */

static bool
put_certificate(STACK_OF(PKCS12_SAFEBAG) **bags, X509 *x, ASN1_OBJECT *any)
{
	PKCS12_SAFEBAG *bag = PKCS12_add_cert(bags, x);
	char name[FRIENDLY];

	/* Java wants a name for each, of its own */
	snprintf(name, sizeof name, "%08lx-%d", X509_subject_name_hash(x),
	    sk_PKCS12_SAFEBAG_num(*bags));
	return bag != NULL &&
	    PKCS12_add_friendlyname_utf8(bag, name, -1) == 1 &&
	    PKCS12_add1_attr_by_txt(bag, TRUSTED, V_ASN1_OBJECT,
	    (const unsigned char *)any, -1) == 1;
}

/* All that a text has. */
static STACK_OF(PKCS12_SAFEBAG) *
read_bags(const struct text *pem)
{
	BIO *in = BIO_new_mem_buf(pem->p, (int)pem->len);
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	ASN1_OBJECT *any = OBJ_nid2obj(NID_anyExtendedKeyUsage);
	bool ok = in != NULL;
	X509 *x;

	while (ok && !BIO_eof(in)) {
		x = PEM_read_bio_X509(in, NULL, NULL, NULL);
		ok = x == NULL || put_certificate(&bags, x, any);
		X509_free(x);
	}
	BIO_free(in);
	ERR_clear_error();
	if (ok)
		return bags;
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return NULL;
}

static bool
put_store(struct text *t, PKCS12 *store)
{
	unsigned char *der = NULL;
	int n;

	if (store == NULL || PKCS12_set_mac(store, TLS_BUNDLE_PASSWORD, -1,
	    NULL, 0, ITERATIONS, NULL) != 1)
		return false;
	n = i2d_PKCS12(store, &der);
	if (n > 0)
		text_put(t, (const char *)der, (size_t)n);
	OPENSSL_free(der);
	return n > 0 && !t->failed;
}

bool
tls_bundle_pkcs12(struct text *t, const struct text *pem, char **cause)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = read_bags(pem);
	STACK_OF(PKCS7) *safes = NULL;
	PKCS12 *store = NULL;
	bool ok;

	/* -1: in clear, since certificates are no secret */
	if (bags != NULL && PKCS12_add_safe(&safes, bags, -1, 0, NULL) == 1)
		store = PKCS12_add_safes(safes, 0);
	ok = put_store(t, store);
	PKCS12_free(store);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return ok || tls_x509_cause(cause, "a store for Java: out of "
	    "memory, or no certificate");
}

/* What a file of certificates has of others */

static STACK_OF(X509) *
read_pem(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	STACK_OF(X509) *list = sk_X509_new_null();
	X509 *x;

	while (in != NULL && list != NULL &&
	    (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(list, x) <= 0)
			X509_free(x);
	BIO_free(in);
	ERR_clear_error();
	return list;
}

static bool
has(const STACK_OF(X509) *list, const X509 *x)
{
	int i;

	for (i = 0; i < sk_X509_num(list); i++)
		if (X509_cmp(sk_X509_value(list, i), x) == 0)
			return true;
	return false;
}

bool
tls_bundle_has(const char *path, const char *pem, bool *all, char **cause)
{
	STACK_OF(X509) *list = tls_pem_certificates(path, cause), *want;
	int i;

	if (list == NULL)
		return false;
	want = read_pem(pem);
	*all = sk_X509_num(want) > 0;
	for (i = 0; i < sk_X509_num(want); i++)
		*all = *all && has(list, sk_X509_value(want, i));
	sk_X509_pop_free(want, X509_free);
	sk_X509_pop_free(list, X509_free);
	return true;
}

bool
tls_bundle_validity(const char *pem, time_t *from, time_t *until)
{
	STACK_OF(X509) *list = read_pem(pem);
	bool ok = sk_X509_num(list) > 0 &&
	    tls_x509_time(X509_get0_notBefore(sk_X509_value(list, 0)), from) &&
	    tls_x509_time(X509_get0_notAfter(sk_X509_value(list, 0)), until);

	sk_X509_pop_free(list, X509_free);
	return ok;
}

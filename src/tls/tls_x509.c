/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tls/tls_x509.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>

#include "http/http1.h"

#define SERIAL_BITS	128	/* the first is set: 127 are random */

bool
tls_x509_cause(char **cause, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (vasprintf(cause, format, ap) == -1)
		*cause = NULL;
	va_end(ap);
	ERR_clear_error();
	return false;
}

const char *
tls_x509_reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return text != NULL ? text : "out of memory";
}

EVP_PKEY *
tls_x509_key(void)
{
	return EVP_EC_gen("P-256");
}

static bool
set_serial(X509 *cert)
{
	BIGNUM *n = BN_new();
	bool ok;

	ok = n != NULL &&
	    BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
	BN_free(n);
	return ok;
}

X509 *
tls_x509_new(EVP_PKEY *key)
{
	X509 *cert = X509_new();

	if (cert != NULL && X509_set_version(cert, X509_VERSION_3) &&
	    X509_set_pubkey(cert, key))
		return cert;
	X509_free(cert);
	return NULL;
}

bool
tls_x509_stamp(X509 *cert, time_t from, time_t until)
{
	return set_serial(cert) &&
	    ASN1_TIME_set(X509_getm_notBefore(cert), from) != NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(cert), until) != NULL;
}

bool
tls_x509_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok;

	ok = ext != NULL && X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	return ok;
}

/* RFC 5280 4.2.1.2 (1) */
static ASN1_OCTET_STRING *
new_key_id(const X509 *cert)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	ASN1_OCTET_STRING *id;
	unsigned len;

	if (!X509_pubkey_digest(cert, EVP_sha1(), digest, &len) ||
	    (id = ASN1_OCTET_STRING_new()) == NULL)
		return NULL;
	if (ASN1_OCTET_STRING_set(id, digest, (int)len))
		return id;
	ASN1_OCTET_STRING_free(id);
	return NULL;
}

/* As the issuer calls its key itself, where it does. */
static ASN1_OCTET_STRING *
issuer_key_id(X509 *issuer)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);

	return id != NULL ? ASN1_OCTET_STRING_dup(id) : new_key_id(issuer);
}

bool
tls_x509_key_ids(X509 *cert, X509 *issuer)
{
	ASN1_OCTET_STRING *subject = new_key_id(cert);
	AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
	bool ok = false;

	if (subject == NULL || authority == NULL)
		goto done;
	/*
	 * A certificate that is being made is not asked for its extensions:
	 * OpenSSL would remember that there were none.
	 */
	authority->keyid = issuer != NULL ? issuer_key_id(issuer) :
	    new_key_id(cert);
	ok = authority->keyid != NULL &&
	    X509_add1_ext_i2d(cert, NID_subject_key_identifier, subject, 0,
	    X509V3_ADD_DEFAULT) == 1 &&
	    X509_add1_ext_i2d(cert, NID_authority_key_identifier, authority, 0,
	    X509V3_ADD_DEFAULT) == 1;
done:
	ASN1_OCTET_STRING_free(subject);
	AUTHORITY_KEYID_free(authority);
	return ok;
}

/* The digest that the key asks for (none: Ed25519), or SHA-256. */
bool
tls_x509_sign(X509 *cert, EVP_PKEY *key)
{
	const EVP_MD *md = EVP_sha256();
	char name[32];

	if (EVP_PKEY_get_default_digest_name(key, name, sizeof name) == 2)
		md = strcmp(name, "UNDEF") == 0 ? NULL :
		    EVP_get_digestbyname(name);
	return X509_sign(cert, key, md) > 0;
}

/* Names */

/* An address's bytes, behind them as many of 0xff where it is a base. */
static size_t
host_bytes(const struct http1_host *host, bool base, unsigned char buf[512])
{
	size_t len;

	if (host->kind == HTTP1_NAME) {
		len = strlen(host->name);
		memcpy(buf, host->name, len);
		return len;
	}
	len = host->kind == HTTP1_IPV4 ? sizeof(struct in_addr) :
	    sizeof(struct in6_addr);
	if (inet_pton(host->kind == HTTP1_IPV4 ? AF_INET : AF_INET6,
	    host->name, buf) != 1)
		return 0;
	memset(buf + len, 0xff, len);
	return base ? len * 2 : len;
}

static GENERAL_NAME *
host_name(const struct http1_host *host, bool base)
{
	bool is_name = host->kind == HTTP1_NAME;
	unsigned char buf[512];
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value;
	size_t len = host_bytes(host, base, buf);

	value = ASN1_STRING_type_new(is_name ? V_ASN1_IA5STRING :
	    V_ASN1_OCTET_STRING);
	if (name == NULL || value == NULL || len == 0 ||
	    !ASN1_STRING_set(value, buf, (int)len)) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, is_name ? GEN_DNS : GEN_IPADD, value);
	return name;
}

GENERAL_NAME *
tls_x509_host(const struct http1_host *host)
{
	return host_name(host, false);
}

GENERAL_NAME *
tls_x509_host_base(const struct http1_host *host)
{
	return host_name(host, true);
}

bool
tls_x509_time(const ASN1_TIME *from, time_t *to)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(from, &tm))
		return false;
	*to = timegm(&tm);
	return true;
}

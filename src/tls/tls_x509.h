/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_X509_H
#define SLUICE_TLS_X509_H

#include <stdbool.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

/*
 * The parts that certificates are made of (RFC 5280), for those who make
 * them.  Times are seconds since 1970.  False or NULL is always want of memory,
 * unless something else is said.
 */

struct http1_host;

/*
 * Puts a line into *cause, to be freed, and forgets OpenSSL's own errors: a
 * later call must not find them.  Returns false, always.
 */
bool		 tls_x509_cause(char **cause, const char *, ...)
		    __attribute__((format(printf, 2, 3)));

/* Forgets OpenSSL's own errors.  Returns what the last one says. */
const char	*tls_x509_reason(void);

/* Returns a new ECDSA key, P-256. */
EVP_PKEY	*tls_x509_key(void);

/* Returns a certificate of version 3 for a key, with nothing else in it. */
X509		*tls_x509_new(EVP_PKEY *);

/* Gives it a random serial number and a validity. */
bool		 tls_x509_stamp(X509 *, time_t from, time_t until);

/* Adds an extension, in the words of x509v3_config(5). */
bool		 tls_x509_extension(X509 *, int nid, const char *value);

/* What names its key, and its issuer's (NULL: it is that itself): SKI, AKI. */
bool		 tls_x509_key_ids(X509 *, X509 *issuer);

/* Makes it the one that the issuer's key signed; also for Ed25519. */
bool		 tls_x509_sign(X509 *, EVP_PKEY *);

/* Return a host as a name in a certificate, as the base of a constraint. */
GENERAL_NAME	*tls_x509_host(const struct http1_host *);
GENERAL_NAME	*tls_x509_host_base(const struct http1_host *);

/* Returns false where it is not a time. */
bool		 tls_x509_time(const ASN1_TIME *, time_t *);

#endif

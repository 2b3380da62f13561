/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_MINT_H
#define SLUICE_TLS_MINT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

/*
 * Certificates for the hosts whose HTTPS is intercepted, signed by the user's
 * own CA: ECDSA P-256, the host as the one subjectAltName, valid for a day
 * (RFC 5280).  They are cached, so that a host costs a signature a day and not
 * a handshake.  Safe from any thread.
 */

struct http1_host;
struct text;
struct tls_mint;

/*
 * A mint over a CA's certificate (a file that may hold those it was signed with
 * behind it) and key, that remembers so many certificates at most.  Returns
 * NULL with *cause, to be freed, when the files are not good: unreadable, no
 * CA, expired, the key another one's or readable by others.
 */
struct tls_mint	*tls_mint_new(const char *certificate, const char *key,
		    size_t max, time_t now, char **cause)
		    __attribute__((warn_unused_result));
void		 tls_mint_free(struct tls_mint *);

/* Returns whether the CA's name constraints let it speak for the host. */
bool		 tls_mint_permits(const struct tls_mint *,
		    const struct http1_host *);

/*
 * Returns a certificate for the host that is valid at now (seconds since 1970);
 * the reference is the caller's.  NULL where the CA may not, or without memory;
 * *why is a text for people then, not to be freed.
 */
X509		*tls_mint_certificate(struct tls_mint *,
		    const struct http1_host *, time_t now, const char **why)
		    __attribute__((warn_unused_result));

/*
 * Puts what a client has to trust, as PEM: the root, or, where the file has
 * none, the CA and those it was signed with.  It lacks something where the text
 * has failed.
 */
void		 tls_mint_trust(const struct tls_mint *, struct text *);
/* Returns the key of all its certificates; the mint's. */
EVP_PKEY	*tls_mint_key(const struct tls_mint *);
/*
 * Returns what is sent behind a certificate, where the CA is no root; the
 * mint's.
 */
STACK_OF(X509)	*tls_mint_chain(const struct tls_mint *);

#endif

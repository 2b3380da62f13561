/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_CA_CERTIFICATE_H
#define SLUICE_TLS_CA_CERTIFICATE_H

#include <time.h>

#include <openssl/x509v3.h>

/* The certificate of a CA for servers. */
struct tls_ca_certificate {
	const char		*what;		/* in its name: "CA" */
	EVP_PKEY		*key;
	X509			*issuer;	/* NULL: it is that itself */
	EVP_PKEY		*issuer_key;	/* that signs */
	NAME_CONSTRAINTS	*constraints;	/* NULL: none */
	time_t			 from;		/* seconds since 1970 */
	time_t			 until;
};

/*
 * Makes one: a root, which may sign such CAs as are below it, or, below an
 * issuer, one that may sign hosts alone, as one that is constrained may.
 * depth: how many CAs there may be below it.  Returns NULL without memory.
 */
X509		*tls_ca_certificate(const struct tls_ca_certificate *,
		    unsigned depth) __attribute__((warn_unused_result));

#endif

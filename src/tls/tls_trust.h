/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_TRUST_H
#define SLUICE_TLS_TRUST_H

#include <openssl/x509.h>

/* The CAs by which hosts' certificates are verified. */

#define TLS_TRUST_SYSTEM	"system"

struct tls_trust;

/*
 * The CAs of a file of that name, or the system's, read once for all of a
 * table; the table's.  NULL with *cause, to be freed.
 */
X509_STORE	*tls_trust_need(struct tls_trust **, const char *name,
		    char **cause) __attribute__((warn_unused_result));
void		 tls_trust_free(struct tls_trust *);

#endif

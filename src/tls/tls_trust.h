/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_TRUST_H
#define SLUICE_TLS_TRUST_H

#include <openssl/x509.h>

/*
 * The CAs by which hosts' certificates are verified: those of files, and the
 * system's.  All of one configuration's.
 */

struct tls_trust;

/* Returns a set that has read nothing yet; NULL without memory. */
struct tls_trust *tls_trust_new(void);
/* NULL is allowed. */
void		 tls_trust_free(struct tls_trust *);

/*
 * Reads the CAs of a file, once however often they are asked for.  From one
 * thread only.  Returns a store that is the set's; NULL with *cause, to be
 * freed, which is NULL without memory.
 */
X509_STORE	*tls_trust_file(struct tls_trust *, const char *path,
		    char **cause) __attribute__((warn_unused_result));

/*
 * Reads the system's CAs when they are first asked for, which takes tens of
 * milliseconds: most proxies pass all TLS on and never need them.  Where the
 * system has none, or they cannot be read, the store is empty, and nobody is
 * trusted.  Safe from any thread.  Returns a reference, the caller's; NULL
 * without memory.
 */
X509_STORE	*tls_trust_system(struct tls_trust *)
		    __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_PEM_H
#define SLUICE_TLS_PEM_H

#include <openssl/evp.h>
#include <openssl/x509.h>

/*
 * Certificates and private keys in PEM files.  Both return NULL with *cause, to
 * be freed: one line that names the file.  No part of a key is ever in it.
 */

/*
 * Reads a private key without a passphrase.  Refused where others may read it:
 * its file must belong to root or to who runs this, and have no permission for
 * others, nor for its group but to read where root is the owner.
 */
EVP_PKEY	*tls_pem_key(const char *path, char **cause)
		    __attribute__((warn_unused_result));

/* Returns all certificates of a file, at least one, in its order. */
STACK_OF(X509)	*tls_pem_certificates(const char *path, char **cause)
		    __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_SETUP_H
#define SLUICE_TLS_SETUP_H

#include <stdbool.h>

#include <openssl/ssl.h>

/* What contexts of both ends are made with. */

/* The one protocol that is spoken, as ALPN has it (RFC 7301). */
extern const unsigned char tls_setup_alpn[9];

/* Returns a context for a method; NULL without memory. */
SSL_CTX		*tls_setup_context(const SSL_METHOD *);

/*
 * Has it show a certificate, out of PEM files.  Returns false with *cause, to
 * be freed, or NULL without memory.
 */
bool		 tls_setup_files(SSL_CTX *, const char *certificate,
		    const char *key, char **cause);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_BUNDLE_H
#define SLUICE_TLS_BUNDLE_H

#include <stdbool.h>
#include <time.h>

struct text;

/*
 * Whom programs trust that are told of one file alone: what such a file names
 * stands for all that the system trusts, so it has that, too.
 */

/*
 * Puts what the system trusts, as PEM: the file that SSL_CERT_FILE names, or
 * the first that there is of those that distributions have.  own: the path of a
 * bundle that was made of it before, and is not what the system trusts.
 * Returns false with *cause, to be freed, where there is none that can be read.
 */
bool		 tls_bundle_system(struct text *, const char *own, char **cause)
		    __attribute__((warn_unused_result));

#define TLS_BUNDLE_PASSWORD	"changeit"	/* as Java's own stores have */

/*
 * Puts the certificates of a PEM text as a PKCS #12 store of trusted ones, for
 * Java (RFC 7292; with the attribute without which Java trusts none).  Those
 * that OpenSSL cannot read are left out.  Returns false with *cause, to be
 * freed.
 */
bool		 tls_bundle_pkcs12(struct text *, const struct text *pem,
		    char **cause) __attribute__((warn_unused_result));

/*
 * Tells whether a file has all certificates of a PEM text.  Returns false with
 * *cause, to be freed, where it cannot be read or has none.
 */
bool		 tls_bundle_has(const char *path, const char *pem, bool *all,
		    char **cause) __attribute__((warn_unused_result));

/*
 * Tells from when until when (seconds since 1970) the first certificate of a
 * PEM text is valid.  Returns false where there is none.
 */
bool		 tls_bundle_validity(const char *pem, time_t *from,
		    time_t *until);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_CLIENTS_H
#define SLUICE_TLS_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

/*
 * Contexts for connections whose clients we are.  Those with equal settings
 * share one, and with it the sessions that connections of either may resume.
 */

struct http1_host;
struct tls;
struct tls_client;
struct tls_clients;
struct tls_trust;
struct tls_wire;

struct tls_settings {
	bool		 verify;
	const char	*trust;		/* PEM file; NULL: the system's */
	const char	*certificate;	/* PEM file to be shown; or NULL */
	const char	*key;
};

/* Returns an empty set; the trust outlives it.  NULL without memory. */
struct tls_clients *tls_clients_new(struct tls_trust *);
void		 tls_clients_free(struct tls_clients *);

/*
 * Returns the one of those settings, made where it is not there.  NULL with
 * *cause, to be freed, or NULL without memory.
 */
struct tls_client *tls_clients_need(struct tls_clients *,
		    const struct tls_settings *, char **cause);

/* Returns its context. */
SSL_CTX		*tls_client_context(const struct tls_client *);
/* Returns a number that no others' settings have, ever. */
uint64_t	 tls_client_id(const struct tls_client *);
/* Returns whether it verifies by the system's CAs. */
bool		 tls_client_by_system(const struct tls_client *);

/*
 * Our end of a connection to the host, inside of what is below or NULL, with a
 * session to resume where there is one.  Returns NULL without memory.
 */
struct tls	*tls_clients_connect(struct tls_clients *, struct tls_client *,
		    const struct http1_host *, struct tls *below,
		    struct tls_wire *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_CONTEXT_H
#define SLUICE_TLS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "conf/conf.h"

/*
 * What the files that a configuration names hold: certificates, keys and trust,
 * as OpenSSL contexts.  Part of the configuration: immutable but for caches,
 * which are locked, and freed with it.
 */

struct parent;
struct text;
struct tls;
struct tls_wire;

/*
 * Loads all of it into conf->tls.  Returns false with *cause, to be freed: then
 * the configuration is not to be used.
 */
bool		 tls_contexts_load(struct conf *, char **cause)
		    __attribute__((warn_unused_result));

/* Returns the context of the ith listening address; NULL: it has no TLS. */
SSL_CTX		*tls_contexts_listener(const struct conf *, size_t i);
/* ... of the ith address of admin.web. */
SSL_CTX		*tls_contexts_web(const struct conf *, size_t i);

/* Returns the certificate that is shown to a rule's hosts; NULL: none is. */
X509		*tls_contexts_certificate(const struct conf *,
		    const struct rule *);

/* Returns whether the CA, which there must be, may speak for the host. */
bool		 tls_contexts_permit(const struct conf *,
		    const struct http1_host *);

/*
 * Puts what clients have to trust, as PEM; nothing where there is no CA.
 */
void		 tls_contexts_trust(const struct conf *, struct text *);

/*
 * Our end of a connection to a host as its rule says, inside of what is below
 * or NULL, with a session to resume where there is one.  Returns NULL without
 * memory.
 */
struct tls	*tls_contexts_connect(const struct conf *,
		    const struct rule *, const struct http1_host *,
		    struct tls *below, struct tls_wire *);
/*
 * Returns a number for the settings that a rule's connections are made with:
 * those with the same number may take each other's place.
 */
uint64_t	 tls_contexts_settings_id(const struct conf *,
		    const struct rule *);

/* The same for a parent; its number is 0 where TLS is not spoken to it. */
struct tls	*tls_contexts_connect_parent(const struct conf *,
		    const struct parent *, struct tls_wire *);
uint64_t	 tls_contexts_parent_id(const struct conf *,
		    const struct parent *);

/*
 * Our end of a connection to a server of the store, which TLS is spoken to, as
 * it is called there.  NULL without memory.
 */
struct tls	*tls_contexts_connect_store(const struct conf *,
		    const struct http1_host *, struct tls_wire *);

/*
 * Our end of a connection whose client takes us for the host.  Returns NULL
 * with *why, not to be freed, which is NULL without memory.
 */
struct tls	*tls_contexts_intercept(const struct conf *,
		    const struct http1_host *, struct tls_wire *,
		    struct tls *below, const char **why);

/* Returns whether a client offers HTTP/2 by ALPN, and nothing that we speak. */
bool		 tls_wants_http2(SSL *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_SESSION_H
#define SLUICE_TLS_SESSION_H

#include <stdbool.h>

#include <openssl/ssl.h>

/*
 * Sessions of upstream connections, to be resumed by later ones: the last of
 * each host, so many at most.  One set belongs to one SSL_CTX, because what was
 * verified under one context's settings proves nothing under another's.  Safe
 * from any thread.
 */

struct tls_sessions;

/* Returns a set for so many, with one reference; NULL without memory. */
struct tls_sessions *tls_sessions_new(unsigned max);
void		 tls_sessions_unref(struct tls_sessions *);

/* Has sessions of the context's connections remembered. */
void		 tls_sessions_watch(SSL_CTX *);

/*
 * Resumes the session of that key if there is one, and remembers those that the
 * connection will get.  Returns false without memory.
 */
bool		 tls_sessions_attach(struct tls_sessions *, SSL *,
		    const char *key);

#endif

/* SPDX-License-Identifier: ISC */
#include "tls/tls_clients.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "http/http1.h"
#include "tls/tls.h"
#include "tls/tls_session.h"
#include "tls/tls_setup.h"
#include "tls/tls_trust.h"

#define SESSIONS_MAX	1024	/* of the hosts of one context */

struct tls_client {
	UT_hash_handle		 hh;
	char			*key;		/* the settings as text */
	SSL_CTX			*ctx;
	uint64_t		 tls_settings_id;
	struct tls_sessions	*sessions;	/* own reference */
	bool			 by_system;	/* verifies by its CAs */
};

struct tls_clients {
	struct tls_trust	*trust;
	struct tls_client	*clients;	/* by key */
};

struct tls_clients *
tls_clients_new(struct tls_trust *trust)
{
	struct tls_clients *all;

	if ((all = calloc(1, sizeof *all)) != NULL)
		all->trust = trust;
	return all;
}

static void
free_client(struct tls_client *c)
{
	SSL_CTX_free(c->ctx);
	tls_sessions_unref(c->sessions);
	free(c->key);
	free(c);
}

void
tls_clients_free(struct tls_clients *all)
{
	struct tls_client *c, *next;

	if (all == NULL)
		return;
	HASH_ITER(hh, all->clients, c, next) {
		HASH_DEL(all->clients, c);
		free_client(c);
	}
	free(all);
}

static bool
use_trust(struct tls_clients *all, SSL_CTX *ctx, const char *path, char **cause)
{
	X509_STORE *store;

	if ((store = tls_trust_file(all->trust, path, cause)) == NULL)
		return false;
	SSL_CTX_set1_cert_store(ctx, store);
	return true;
}

static bool
set_up(struct tls_clients *all, struct tls_client *c,
    const struct tls_settings *s, char **cause)
{
	static atomic_ulong last;

	*cause = NULL;
	c->ctx = tls_setup_context(TLS_client_method());
	c->sessions = tls_sessions_new(SESSIONS_MAX);
	if (c->ctx == NULL || c->sessions == NULL)
		return false;
	c->tls_settings_id = atomic_fetch_add(&last, 1) + 1;
	SSL_CTX_set_alpn_protos(c->ctx, tls_setup_alpn,
	    sizeof tls_setup_alpn);
	tls_sessions_watch(c->ctx);
	SSL_CTX_set_verify(c->ctx, s->verify ? SSL_VERIFY_PEER :
	    SSL_VERIFY_NONE, NULL);
	c->by_system = s->verify && s->trust == NULL;
	if (s->verify && s->trust != NULL &&
	    !use_trust(all, c->ctx, s->trust, cause))
		return false;
	return s->certificate == NULL || tls_setup_files(c->ctx,
	    s->certificate, s->key, cause);
}

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

struct tls_client *
tls_clients_need(struct tls_clients *all, const struct tls_settings *s,
    char **cause)
{
	struct tls_client *c;
	char *key;

	*cause = NULL;
	if (asprintf(&key, "%d\n%s\n%s\n%s", s->verify, or_empty(s->trust),
	    or_empty(s->certificate), or_empty(s->key)) == -1)
		return NULL;
	HASH_FIND_STR(all->clients, key, c);
	if (c != NULL) {
		free(key);
		return c;
	}
	if ((c = calloc(1, sizeof *c)) == NULL) {
		free(key);
		return NULL;
	}
	c->key = key;
	if (!set_up(all, c, s, cause)) {
		free_client(c);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, all->clients, c->key, strlen(c->key), c);
	if (c->hh.tbl == NULL) {
		free_client(c);
		return NULL;
	}
	return c;
}

SSL_CTX *
tls_client_context(const struct tls_client *c)
{
	return c->ctx;
}

uint64_t
tls_client_id(const struct tls_client *c)
{
	return c->tls_settings_id;
}

bool
tls_client_by_system(const struct tls_client *c)
{
	return c->by_system;
}

/* Connections */

/*
 * Given to the connection and not to its context, which other threads use and
 * nobody may change.
 */
static bool
use_system(struct tls_clients *all, SSL *ssl)
{
	X509_STORE *store = tls_trust_system(all->trust);
	bool ok;

	ok = store != NULL && SSL_set1_verify_cert_store(ssl, store) == 1;
	X509_STORE_free(store);
	return ok;
}

struct tls *
tls_clients_connect(struct tls_clients *all, struct tls_client *c,
    const struct http1_host *host, struct tls *below, struct tls_wire *wire)
{
	char key[HTTP1_HOST + 8];
	struct tls *t;

	t = tls_client(c->ctx, wire, below, host->name,
	    host->kind != HTTP1_NAME);
	if (t == NULL)
		return NULL;
	snprintf(key, sizeof key, "%s %u", host->name, host->port);
	if ((c->by_system && !use_system(all, tls_ssl(t))) ||
	    !tls_sessions_attach(c->sessions, tls_ssl(t), key)) {
		tls_free(t);
		return NULL;
	}
	return t;
}

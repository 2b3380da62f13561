/* SPDX-License-Identifier: ISC */
#include "tls/tls_context.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "http/http1_host.h"
#include "tls/tls.h"
#include "tls/tls_mint.h"
#include "tls/tls_pem.h"
#include "tls/tls_session.h"
#include "tls/tls_trust.h"
#include "tls/tls_x509.h"

/*
 * Rules with equal settings share a client context, and with it the sessions
 * that connections of either may resume.  Most rules have none of their own:
 * theirs is the first.  A context for interception is there when a CA is.
 */

#define MINT_MAX	10000	/* certificates remembered */
#define SYSTEM		"system"	/* in place of a file of CAs */
#define SESSIONS_MAX	1024	/* of the hosts of one context */

struct client {
	UT_hash_handle		 hh;
	char			*key;		/* the settings as text */
	SSL_CTX			*ctx;
	uint64_t		 tls_settings_id;
	struct tls_sessions	*sessions;	/* own reference */
	bool			 by_system;	/* verifies by its CAs */
};

struct tls_contexts {
	SSL_CTX		**listeners;	/* NULL: without TLS; those of
					   admin.web behind the others */
	size_t		  nlisteners;
	struct tls_trust *trust;
	struct client	 *clients;	/* by key */
	struct client	**by_rule;	/* the last is the fallback's */
	size_t		  nrules;
	struct tls_mint	 *mint;		/* or NULL */
	SSL_CTX		 *intercept;	/* or NULL */
};

static const unsigned char alpn[] = "\x08http/1.1";

/* Errors */

/* Puts the place and the key's name before what was wrong there. */
static bool
wrong_at(char **cause, const struct conf *conf, struct place at,
    const char *name, const char *key)
{
	char *what = *cause, place[32] = "";

	if (at.line > 0)
		snprintf(place, sizeof place, ":%u:%u", at.line, at.column);
	tls_x509_cause(cause, "%s%s: %s%s: %s", conf->path, place, name, key,
	    what != NULL ? what : "out of memory");
	free(what);
	return false;
}

/* Whether what was wrong is wrong with that file. */
static bool
is_about(const char *what, const char *file)
{
	size_t n = file != NULL ? strlen(file) : 0;

	return what != NULL && n > 0 && strncmp(what, file, n) == 0 &&
	    what[n] == ':';
}

/* Which of the two files it was about, its name at the front tells. */
static bool
wrong_ca(char **cause, const struct conf *conf)
{
	char *what = *cause;
	bool is_key;

	if (what == NULL)
		return false;
	is_key = is_about(what, conf->tls_ca_key) &&
	    !is_about(what, conf->tls_ca_certificate);
	tls_x509_cause(cause, "%s; \"sluice ca\" makes a CA's certificate "
	    "and key", what);
	free(what);
	if (is_key)
		return wrong_at(cause, conf, conf->ca_key_at, "tls", ".ca_key");
	return wrong_at(cause, conf, conf->ca_certificate_at, "tls",
	    ".ca_certificate");
}

/* Contexts */

static SSL_CTX *
new_context(const SSL_METHOD *method)
{
	SSL_CTX *ctx;

	if ((ctx = SSL_CTX_new(method)) == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION);
	/* idle connections cost no buffers; what is sent is what files say */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_NO_AUTO_CHAIN);
	return ctx;
}

/* What an SSL has whose client wants nothing else. */
static char http2_only[1];

static bool
offers_http2(const unsigned char *in, unsigned int n)
{
	static const unsigned char h2[] = "\x02h2";
	unsigned char *chosen, len;

	return SSL_select_next_proto(&chosen, &len, h2, sizeof h2 - 1, in,
	    n) == OPENSSL_NPN_NEGOTIATED;
}

bool
tls_wants_http2(SSL *ssl)
{
	return SSL_get_app_data(ssl) == http2_only;
}

/*
 * http/1.1, or none: some clients offer what nobody knows ("http 1.1") and then
 * speak HTTP/1.1 all the same.
 */
static int
alpn_cb(SSL *ssl, const unsigned char **out, unsigned char *len,
    const unsigned char *in, unsigned int n, void *arg)
{
	unsigned char *chosen;

	(void)arg;
	if (SSL_select_next_proto(&chosen, len, alpn, sizeof alpn - 1, in,
	    n) != OPENSSL_NPN_NEGOTIATED) {
		if (offers_http2(in, n))
			SSL_set_app_data(ssl, http2_only);
		return SSL_TLSEXT_ERR_NOACK;
	}
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
new_server(void)
{
	static const unsigned char id[] = "sluice";
	SSL_CTX *ctx;

	if ((ctx = new_context(TLS_server_method())) == NULL)
		return NULL;
	SSL_CTX_set_alpn_select_cb(ctx, alpn_cb, NULL);
	/* what clients resume they keep themselves, in tickets */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1);
	return ctx;
}

static bool
use_files(SSL_CTX *ctx, const char *certificate, const char *key, char **cause)
{
	STACK_OF(X509) *chain = NULL;
	EVP_PKEY *pkey = NULL;
	X509 *leaf = NULL;
	bool ok = false;

	*cause = NULL;
	if ((chain = tls_pem_certificates(certificate, cause)) != NULL &&
	    (pkey = tls_pem_key(key, cause)) != NULL) {
		leaf = sk_X509_shift(chain);
		ok = SSL_CTX_use_cert_and_key(ctx, leaf, pkey, chain, 1) == 1;
		if (!ok)
			tls_x509_cause(cause, "%s and %s: %s", certificate, key,
			    tls_x509_reason());
	}
	X509_free(leaf);
	sk_X509_pop_free(chain, X509_free);
	EVP_PKEY_free(pkey);
	return ok;
}

/* Clients */

static bool
use_trust(struct tls_contexts *t, SSL_CTX *ctx, const char *path, char **cause)
{
	X509_STORE *store;

	if ((store = tls_trust_file(t->trust, path, cause)) == NULL)
		return false;
	SSL_CTX_set1_cert_store(ctx, store);
	return true;
}

/* The file that a rule's hosts are verified against; NULL: the system's. */
static const char *
trust_of(const struct conf *conf, const struct rule *rule)
{
	const char *trust = conf->tls_trust;

	if (rule->tls_trust != NULL)
		trust = rule->tls_trust;
	return trust == NULL || strcmp(trust, SYSTEM) == 0 ? NULL : trust;
}

static void
free_client(struct client *c)
{
	SSL_CTX_free(c->ctx);
	tls_sessions_unref(c->sessions);
	free(c->key);
	free(c);
}

static bool
set_up_client(struct tls_contexts *t, struct client *c,
    const struct conf *conf, const struct rule *rule, char **cause)
{
	static atomic_ulong last;
	const char *trust = trust_of(conf, rule);

	*cause = NULL;
	c->ctx = new_context(TLS_client_method());
	c->sessions = tls_sessions_new(SESSIONS_MAX);
	if (c->ctx == NULL || c->sessions == NULL)
		return false;
	c->tls_settings_id = atomic_fetch_add(&last, 1) + 1;
	SSL_CTX_set_alpn_protos(c->ctx, alpn, sizeof alpn - 1);
	tls_sessions_watch(c->ctx);
	SSL_CTX_set_verify(c->ctx, rule->tls_verify ? SSL_VERIFY_PEER :
	    SSL_VERIFY_NONE, NULL);
	c->by_system = rule->tls_verify && trust == NULL;
	if (rule->tls_verify && trust != NULL &&
	    !use_trust(t, c->ctx, trust, cause))
		return false;
	return rule->tls_certificate == NULL || use_files(c->ctx,
	    rule->tls_certificate, rule->tls_key, cause);
}

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* The client of a rule, made where none of equal settings is there. */
static struct client *
need_client(struct tls_contexts *t, const struct conf *conf,
    const struct rule *rule, char **cause)
{
	struct client *c;
	char *key;

	*cause = NULL;
	if (asprintf(&key, "%d\n%s\n%s\n%s", rule->tls_verify,
	    or_empty(trust_of(conf, rule)), or_empty(rule->tls_certificate),
	    or_empty(rule->tls_key)) == -1)
		return NULL;
	HASH_FIND_STR(t->clients, key, c);
	if (c != NULL) {
		free(key);
		return c;
	}
	if ((c = calloc(1, sizeof *c)) == NULL) {
		free(key);
		return NULL;
	}
	c->key = key;
	if (!set_up_client(t, c, conf, rule, cause)) {
		free_client(c);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, t->clients, c->key, strlen(c->key), c);
	if (c->hh.tbl == NULL) {
		free_client(c);
		return NULL;
	}
	return c;
}

static bool
load_client(struct tls_contexts *t, const struct conf *conf,
    const struct rule *rule, size_t i, char **cause)
{
	char *name;

	if ((t->by_rule[i] = need_client(t, conf, rule, cause)) != NULL)
		return true;
	if (rule->tls_trust == NULL && is_about(*cause, conf->tls_trust))
		return wrong_at(cause, conf, conf->trust_at, "tls", ".trust");
	if (asprintf(&name, i < t->nrules ? "hosts.%s" : "%s",
	    rule->name) == -1)
		name = NULL;
	wrong_at(cause, conf, rule->tls_at.line != 0 ? rule->tls_at : rule->at,
	    or_empty(name), ".tls");
	free(name);
	return false;
}

static bool
load_clients(struct tls_contexts *t, const struct conf *conf, char **cause)
{
	size_t i;

	t->nrules = conf->nrules;
	t->by_rule = calloc(conf->nrules + 1, sizeof *t->by_rule);
	if (t->by_rule == NULL)
		return tls_x509_cause(cause, "out of memory");
	if (!load_client(t, conf, &conf->fallback, conf->nrules, cause))
		return false;
	for (i = 0; i < conf->nrules; i++) {
		if (!load_client(t, conf, &conf->rules[i], i, cause))
			return false;
	}
	return true;
}

/* Whether a rule has us speak TLS to hosts that the system's CAs vouch for. */
static bool
wants_system(const struct rule *rule, const struct client *c)
{
	return rule->https != RULE_HTTPS_TUNNEL && c->by_system;
}

/*
 * Reads the system's CAs where a rule wants them, so that no request waits for
 * that.  Else they are read when a client asks for an https:// URL, which most
 * never do.
 */
static bool
load_system(struct tls_contexts *t, const struct conf *conf, char **cause)
{
	bool wanted = wants_system(&conf->fallback, t->by_rule[t->nrules]);
	X509_STORE *store;
	size_t i;

	for (i = 0; i < t->nrules && !wanted; i++)
		wanted = wants_system(&conf->rules[i], t->by_rule[i]);
	if (!wanted)
		return true;
	store = tls_trust_system(t->trust);
	X509_STORE_free(store);
	return store != NULL || tls_x509_cause(cause, "out of memory");
}

/* Servers */

/* Those of one key; their contexts stand from that place on. */
static bool
load_addresses(struct tls_contexts *t, const struct conf *conf,
    const struct conf_addresses *addresses, const char *name, char **cause)
{
	const struct conf_address *a;
	SSL_CTX **ctx;
	char key[32];
	size_t i;

	for (i = 0; i < addresses->n; i++) {
		a = &addresses->list[i];
		ctx = &t->listeners[t->nlisteners++];
		if (a->certificate == NULL)
			continue;
		*cause = NULL;
		if ((*ctx = new_server()) != NULL &&
		    use_files(*ctx, a->certificate, a->key, cause))
			continue;
		snprintf(key, sizeof key, "%s[%zu]", name, i);
		return wrong_at(cause, conf, a->tls_at, key, ".tls");
	}
	return true;
}

static bool
load_listeners(struct tls_contexts *t, const struct conf *conf, char **cause)
{
	t->listeners = calloc(conf->listen.n + conf->admin_web.n,
	    sizeof(SSL_CTX *));
	if (t->listeners == NULL)
		return tls_x509_cause(cause, "out of memory");
	return load_addresses(t, conf, &conf->listen, "listen", cause) &&
	    load_addresses(t, conf, &conf->admin_web, "admin.web", cause);
}

static const struct rule *
first_intercepted(const struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->nrules; i++) {
		if (conf->rules[i].https == RULE_HTTPS_INTERCEPT)
			return &conf->rules[i];
	}
	return NULL;
}

static bool
load_mint(struct tls_contexts *t, const struct conf *conf, char **cause)
{
	const struct rule *rule = first_intercepted(conf);

	if (conf->tls_ca_certificate == NULL && rule != NULL)
		return tls_x509_cause(cause,
		    "%s:%u:%u: hosts.%s.https: intercept, expected "
		    "tls.ca_certificate and tls.ca_key beside it "
		    "(\"sluice ca\" makes both)", conf->path,
		    rule->https_at.line, rule->https_at.column, rule->name);
	if (conf->tls_ca_certificate == NULL)
		return true;
	*cause = NULL;
	t->mint = tls_mint_new(conf->tls_ca_certificate, conf->tls_ca_key,
	    MINT_MAX, time(NULL), cause);
	t->intercept = new_server();
	return (t->mint != NULL && t->intercept != NULL) ||
	    wrong_ca(cause, conf);
}

/* All of them */

static void
free_contexts(struct tls_contexts *t)
{
	struct client *c, *next;
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->nlisteners; i++)
		SSL_CTX_free(t->listeners[i]);
	free(t->listeners);
	HASH_ITER(hh, t->clients, c, next) {
		HASH_DEL(t->clients, c);
		free_client(c);
	}
	tls_trust_free(t->trust);
	free(t->by_rule);
	SSL_CTX_free(t->intercept);
	tls_mint_free(t->mint);
	free(t);
}

bool
tls_contexts_load(struct conf *conf, char **cause)
{
	struct tls_contexts *t;

	if ((t = calloc(1, sizeof *t)) == NULL ||
	    (t->trust = tls_trust_new()) == NULL) {
		free(t);
		return tls_x509_cause(cause, "out of memory");
	}
	if (!load_mint(t, conf, cause) || !load_listeners(t, conf, cause) ||
	    !load_clients(t, conf, cause) || !load_system(t, conf, cause)) {
		free_contexts(t);
		return false;
	}
	conf->tls = t;
	conf->free_tls = free_contexts;
	return true;
}

SSL_CTX *
tls_contexts_listener(const struct conf *conf, size_t i)
{
	return conf->tls->listeners[i];
}

SSL_CTX *
tls_contexts_web(const struct conf *conf, size_t i)
{
	return conf->tls->listeners[conf->listen.n + i];
}

/* Connections */

static struct client *
client_of(const struct conf *conf, const struct rule *rule)
{
	struct tls_contexts *t = conf->tls;

	if (rule == &conf->fallback)
		return t->by_rule[t->nrules];
	return t->by_rule[rule - conf->rules];
}

X509 *
tls_contexts_certificate(const struct conf *conf, const struct rule *rule)
{
	return SSL_CTX_get0_certificate(client_of(conf, rule)->ctx);
}

uint64_t
tls_contexts_settings_id(const struct conf *conf, const struct rule *rule)
{
	return client_of(conf, rule)->tls_settings_id;
}

/*
 * Given to the connection and not to its context, which other threads use and
 * nobody may change.
 */
static bool
use_system(struct tls_contexts *t, SSL *ssl)
{
	X509_STORE *store = tls_trust_system(t->trust);
	bool ok;

	ok = store != NULL && SSL_set1_verify_cert_store(ssl, store) == 1;
	X509_STORE_free(store);
	return ok;
}

struct tls *
tls_contexts_connect(const struct conf *conf, const struct rule *rule,
    const struct http1_host *host, struct tls_wire *wire)
{
	struct client *c = client_of(conf, rule);
	char key[HTTP1_HOST + 8];
	struct tls *t;

	t = tls_client(c->ctx, wire, host->name, host->kind != HTTP1_NAME);
	if (t == NULL)
		return NULL;
	snprintf(key, sizeof key, "%s %u", host->name, host->port);
	if ((c->by_system && !use_system(conf->tls, tls_ssl(t))) ||
	    !tls_sessions_attach(c->sessions, tls_ssl(t), key)) {
		tls_free(t);
		return NULL;
	}
	return t;
}

bool
tls_contexts_permit(const struct conf *conf, const struct http1_host *host)
{
	return tls_mint_permits(conf->tls->mint, host);
}

/* A session is resumed for the host that it was made with only. */
static bool
bind_sessions(SSL *ssl, const struct http1_host *host)
{
	unsigned char id[EVP_MAX_MD_SIZE];
	unsigned int len;

	return EVP_Digest(host->name, strlen(host->name), id, &len,
	    EVP_sha256(), NULL) == 1 &&
	    SSL_set_session_id_context(ssl, id, len) == 1;
}

struct tls *
tls_contexts_intercept(const struct conf *conf, const struct http1_host *host,
    struct tls_wire *wire, struct tls *below, const char **why)
{
	struct tls_contexts *c = conf->tls;
	struct tls *t;
	X509 *certificate;
	bool ok;

	certificate = tls_mint_certificate(c->mint, host, time(NULL), why);
	if (certificate == NULL)
		return NULL;
	t = tls_server(c->intercept, wire, below);
	ok = t != NULL && bind_sessions(tls_ssl(t), host) &&
	    SSL_use_cert_and_key(tls_ssl(t), certificate,
	    tls_mint_key(c->mint), tls_mint_chain(c->mint), 1) == 1;
	X509_free(certificate);
	if (ok)
		return t;
	tls_free(t);
	return NULL;
}

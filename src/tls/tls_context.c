/* SPDX-License-Identifier: ISC */
#include "tls/tls_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/parent.h"
#include "tls/tls.h"
#include "tls/tls_clients.h"
#include "tls/tls_mint.h"
#include "tls/tls_setup.h"
#include "tls/tls_trust.h"
#include "tls/tls_x509.h"

/*
 * Most rules have no settings of their own, and share one client context.  A
 * context for interception is there when a CA is.
 */

#define MINT_MAX	10000	/* certificates remembered */
#define SYSTEM		"system"	/* in place of a file of CAs */

struct tls_contexts {
	SSL_CTX		**listeners;	/* NULL: without TLS; those of
					   admin.web behind the others */
	size_t		  nlisteners;
	struct tls_trust *trust;
	struct tls_clients *clients;
	struct tls_client **by_rule;	/* the last is the fallback's */
	size_t		  nrules;
	struct tls_client **by_parent;
	struct tls_client *store;	/* or NULL */
	struct tls_mint	 *mint;		/* or NULL */
	SSL_CTX		 *intercept;	/* or NULL */
};

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
	if (SSL_select_next_proto(&chosen, len, tls_setup_alpn,
	    sizeof tls_setup_alpn, in, n) != OPENSSL_NPN_NEGOTIATED) {
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

	if ((ctx = tls_setup_context(TLS_server_method())) == NULL)
		return NULL;
	SSL_CTX_set_alpn_select_cb(ctx, alpn_cb, NULL);
	/* what clients resume they keep themselves, in tickets */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1);
	return ctx;
}

/* Clients */

/* The file that certificates are verified against; NULL: the system's. */
static const char *
trust_of(const struct conf *conf, const char *own)
{
	const char *trust = own != NULL ? own : conf->tls_trust;

	return trust == NULL || strcmp(trust, SYSTEM) == 0 ? NULL : trust;
}

static bool
load_client(struct tls_contexts *t, const struct conf *conf,
    const struct rule *rule, size_t i, char **cause)
{
	const struct tls_settings settings = {
		.verify = rule->tls_verify,
		.trust = trust_of(conf, rule->tls_trust),
		.certificate = rule->tls_certificate,
		.key = rule->tls_key,
	};
	char *name;

	t->by_rule[i] = tls_clients_need(t->clients, &settings, cause);
	if (t->by_rule[i] != NULL)
		return true;
	if (rule->tls_trust == NULL && is_about(*cause, conf->tls_trust))
		return wrong_at(cause, conf, conf->trust_at, "tls", ".trust");
	if (asprintf(&name, i < t->nrules ? "hosts.%s" : "%s",
	    rule->name) == -1)
		name = NULL;
	wrong_at(cause, conf, rule->tls_at.line != 0 ? rule->tls_at : rule->at,
	    name != NULL ? name : "", ".tls");
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

static bool
load_parent(struct tls_contexts *t, const struct conf *conf,
    const struct parent *p, char **cause)
{
	const struct tls_settings settings = {
		.verify = p->tls_verify,
		.trust = trust_of(conf, p->tls_trust),
		.certificate = p->tls_certificate,
		.key = p->tls_key,
	};
	struct tls_client **client = &t->by_parent[p->index];

	if (!p->tls ||
	    (*client = tls_clients_need(t->clients, &settings, cause)) != NULL)
		return true;
	if (p->tls_trust == NULL && is_about(*cause, conf->tls_trust))
		return wrong_at(cause, conf, conf->trust_at, "tls", ".trust");
	return wrong_at(cause, conf, p->tls_at.line != 0 ? p->tls_at : p->at,
	    "parent", ".tls");
}

static bool
load_parents(struct tls_contexts *t, const struct conf *conf, char **cause)
{
	const struct parent *p;

	if (conf->parents == NULL)
		return true;
	t->by_parent = calloc(conf->nparents, sizeof *t->by_parent);
	if (t->by_parent == NULL)
		return tls_x509_cause(cause, "out of memory");
	for (p = conf->parents; p != NULL; p = p->next) {
		if (!load_parent(t, conf, p, cause))
			return false;
	}
	return true;
}

static bool
load_store(struct tls_contexts *t, const struct conf *conf, char **cause)
{
	const struct store *s = &conf->store;
	const struct tls_settings settings = {
		.verify = true,
		.trust = trust_of(conf, s->ca),
	};

	if (!s->tls ||
	    (t->store = tls_clients_need(t->clients, &settings, cause)) != NULL)
		return true;
	if (s->ca == NULL && is_about(*cause, conf->tls_trust))
		return wrong_at(cause, conf, conf->trust_at, "tls", ".trust");
	return wrong_at(cause, conf, s->ca != NULL ? s->ca_at : s->at, "store",
	    s->ca != NULL ? ".ca" : ".redis");
}

/* Whether a rule has us speak TLS to hosts that the system's CAs vouch for. */
static bool
rule_wants_system(const struct rule *rule, const struct tls_client *c)
{
	return rule->https != RULE_HTTPS_TUNNEL && tls_client_by_system(c);
}

/* Whether a rule, a parent or the store wants them. */
static bool
wants_system(const struct tls_contexts *t, const struct conf *conf)
{
	const struct parent *p;
	size_t i;

	if (rule_wants_system(&conf->fallback, t->by_rule[t->nrules]) ||
	    (t->store != NULL && tls_client_by_system(t->store)))
		return true;
	for (i = 0; i < t->nrules; i++) {
		if (rule_wants_system(&conf->rules[i], t->by_rule[i]))
			return true;
	}
	for (p = conf->parents; p != NULL; p = p->next) {
		if (p->tls && tls_client_by_system(t->by_parent[p->index]))
			return true;
	}
	return false;
}

/*
 * Reads the system's CAs where they are wanted, so that no request waits for
 * that.  Else they are read when a client asks for an https:// URL, which most
 * never do.
 */
static bool
load_system(struct tls_contexts *t, const struct conf *conf, char **cause)
{
	X509_STORE *store;

	if (!wants_system(t, conf))
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
		    tls_setup_files(*ctx, a->certificate, a->key, cause))
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
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->nlisteners; i++)
		SSL_CTX_free(t->listeners[i]);
	free(t->listeners);
	tls_clients_free(t->clients);
	tls_trust_free(t->trust);
	free(t->by_rule);
	free(t->by_parent);
	SSL_CTX_free(t->intercept);
	tls_mint_free(t->mint);
	free(t);
}

static struct tls_contexts *
new_contexts(void)
{
	struct tls_contexts *t;

	if ((t = calloc(1, sizeof *t)) == NULL)
		return NULL;
	t->trust = tls_trust_new();
	t->clients = tls_clients_new(t->trust);
	if (t->trust != NULL && t->clients != NULL)
		return t;
	free_contexts(t);
	return NULL;
}

bool
tls_contexts_load(struct conf *conf, char **cause)
{
	struct tls_contexts *t;

	if ((t = new_contexts()) == NULL)
		return tls_x509_cause(cause, "out of memory");
	if (!load_mint(t, conf, cause) || !load_listeners(t, conf, cause) ||
	    !load_clients(t, conf, cause) || !load_parents(t, conf, cause) ||
	    !load_store(t, conf, cause) || !load_system(t, conf, cause)) {
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

static struct tls_client *
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
	return SSL_CTX_get0_certificate(
	    tls_client_context(client_of(conf, rule)));
}

uint64_t
tls_contexts_settings_id(const struct conf *conf, const struct rule *rule)
{
	return tls_client_id(client_of(conf, rule));
}

uint64_t
tls_contexts_parent_id(const struct conf *conf, const struct parent *p)
{
	return p->tls ? tls_client_id(conf->tls->by_parent[p->index]) : 0;
}

struct tls *
tls_contexts_connect(const struct conf *conf, const struct rule *rule,
    const struct http1_host *host, struct tls *below, struct tls_wire *wire)
{
	return tls_clients_connect(conf->tls->clients, client_of(conf, rule),
	    host, below, wire);
}

struct tls *
tls_contexts_connect_parent(const struct conf *conf, const struct parent *p,
    struct tls_wire *wire)
{
	struct tls_contexts *t = conf->tls;

	return tls_clients_connect(t->clients, t->by_parent[p->index],
	    &p->host, NULL, wire);
}

struct tls *
tls_contexts_connect_store(const struct conf *conf,
    const struct http1_host *host, struct tls_wire *wire)
{
	struct tls *t = tls_clients_connect(conf->tls->clients,
	    conf->tls->store, host, NULL, wire);

	/* it is not HTTP that is spoken */
	if (t != NULL)
		(void)SSL_set_alpn_protos(tls_ssl(t), NULL, 0);
	return t;
}

bool
tls_contexts_permit(const struct conf *conf, const struct http1_host *host)
{
	return tls_mint_permits(conf->tls->mint, host);
}

void
tls_contexts_trust(const struct conf *conf, struct text *pem)
{
	if (conf->tls->mint != NULL)
		tls_mint_trust(conf->tls->mint, pem);
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

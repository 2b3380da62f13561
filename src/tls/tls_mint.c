/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tls/tls_mint.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/sys/queue.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
/* Without memory for it, what is added is not in the table: see hh.tbl. */
#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "base/text.h"
#include "http/http1.h"
#include "tls/tls_pem.h"
#include "tls/tls_x509.h"

/*
 * Life of an entry: made by the first request for its host, moved to the front
 * by each that finds it, dropped from the end when there are too many.  One
 * that is not to be used any more is replaced by the next request.  The
 * certificates are counted: who was given one keeps it.
 *
 * Signing takes no lock.  Two threads may sign for one host at the same time;
 * then both use what the first of them has put down.
 */

#define DAY	(24 * 60 * 60)
#define SKEW	(60 * 60)		/* how far a client's clock is behind */
#define CN_MAX	64			/* ub-common-name */
#define KEY_MAX	(1 + HTTP1_HOST + 1)

struct entry {
	UT_hash_handle		 hh;
	TAILQ_ENTRY(entry)	 entry;
	X509			*cert;
	time_t			 from;		/* when it is to be used, */
	time_t			 until;		/* in seconds since 1970 */
	char			 key[];
};
TAILQ_HEAD(entries, entry);

struct tls_mint {
	X509			*ca;
	EVP_PKEY		*ca_key;
	time_t			 from;		/* the CA's validity */
	time_t			 until;
	STACK_OF(X509)		*trust;		/* all of the file */
	STACK_OF(X509)		*chain;
	NAME_CONSTRAINTS	**constraints;	/* of all of the file */
	int			 nconstraints;
	bool			 unnamed;	/* a subject may not be */
	EVP_PKEY		*key;
	X509			*blank;		/* what all have in common */
	pthread_mutex_t		 lock;		/* guards what follows */
	struct entry		*table;
	struct entries		 order;		/* by use, the latest first */
	size_t			 n;
	size_t			 max;
};

/* The CA */

static bool
wrong_time(const char *path, const char *what, time_t t, char **cause)
{
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return tls_x509_cause(cause, "%s: the CA %s %s", path, what, text);
}

static bool
check_validity(struct tls_mint *mint, const char *path, time_t now,
    char **cause)
{
	if (!tls_x509_time(X509_get0_notBefore(mint->ca), &mint->from) ||
	    !tls_x509_time(X509_get0_notAfter(mint->ca), &mint->until))
		return tls_x509_cause(cause, "%s: the validity is malformed",
		    path);
	if (now < mint->from)
		return wrong_time(path, "is not valid before", mint->from,
		    cause);
	if (now > mint->until)
		return wrong_time(path, "expired at", mint->until, cause);
	return true;
}

/* A keyUsage or extendedKeyUsage that is not there allows everything. */
static bool
check_ca(X509 *ca, const char *path, char **cause)
{
	uint32_t flags = X509_get_extension_flags(ca);

	if (flags & EXFLAG_INVALID)
		return tls_x509_cause(cause, "%s: an extension of the "
		    "certificate is malformed", path);
	if (!(flags & EXFLAG_CA))
		return tls_x509_cause(cause, "%s: not a CA's certificate: "
		    "basicConstraints do not say CA:TRUE", path);
	if (!(X509_get_key_usage(ca) & KU_KEY_CERT_SIGN))
		return tls_x509_cause(cause, "%s: the CA may not sign "
		    "certificates: keyUsage lacks keyCertSign", path);
	if (!(X509_get_extended_key_usage(ca) & (XKU_SSL_SERVER | XKU_ANYEKU)))
		return tls_x509_cause(cause, "%s: the CA may not speak for "
		    "servers: extendedKeyUsage lacks serverAuth", path);
	return true;
}

static bool
has_directory_name(const STACK_OF(GENERAL_SUBTREE) *trees)
{
	int i;

	for (i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
		if (sk_GENERAL_SUBTREE_value(trees, i)->base->type ==
		    GEN_DIRNAME)
			return true;
	}
	return false;
}

/*
 * The constraints of each CA hold for all below it.  Where they are about
 * subjects, ours, a mere host, would fall under them; an empty one does not.
 */
static bool
load_constraints(struct tls_mint *mint, STACK_OF(X509) *certs,
    const char *path, char **cause)
{
	int i, critical, n = sk_X509_num(certs);
	NAME_CONSTRAINTS *nc;

	mint->constraints = calloc((size_t)n, sizeof mint->constraints[0]);
	if (mint->constraints == NULL)
		return tls_x509_cause(cause, "out of memory");
	for (i = 0; i < n; i++) {
		nc = X509_get_ext_d2i(sk_X509_value(certs, i),
		    NID_name_constraints, &critical, NULL);
		if (nc != NULL) {
			mint->constraints[mint->nconstraints++] = nc;
			mint->unnamed |=
			    has_directory_name(nc->permittedSubtrees) ||
			    has_directory_name(nc->excludedSubtrees);
		} else if (critical != -1) {
			return tls_x509_cause(cause, "%s: the name constraints "
			    "of certificate %d are malformed", path, i + 1);
		}
	}
	return true;
}

/* A client that trusts a root has it already. */
static bool
load_chain(struct tls_mint *mint, STACK_OF(X509) *certs, char **cause)
{
	if ((mint->chain = sk_X509_new_null()) != NULL &&
	    (X509_self_signed(mint->ca, 0) == 1 ||
	    X509_add_certs(mint->chain, certs,
	    X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_SS)))
		return true;
	return tls_x509_cause(cause, "out of memory");
}

static bool
load_ca(struct tls_mint *mint, STACK_OF(X509) *certs, const char *path,
    time_t now, char **cause)
{
	mint->ca = sk_X509_value(certs, 0);
	X509_up_ref(mint->ca);
	return check_ca(mint->ca, path, cause) &&
	    check_validity(mint, path, now, cause) &&
	    load_constraints(mint, certs, path, cause) &&
	    load_chain(mint, certs, cause);
}

/*
 * All but host and time.  OpenSSL takes far longer to put a key into a
 * certificate than to sign one; copying takes it half as long.  A copy of
 * it is the blank, too: one that was parsed does not change when it is copied.
 */
static X509 *
make_blank(const struct tls_mint *mint)
{
	X509 *cert, *blank = NULL;

	if ((cert = tls_x509_new(mint->key)) != NULL &&
	    tls_x509_stamp(cert, mint->from, mint->until) &&
	    X509_set_issuer_name(cert, X509_get_subject_name(mint->ca)) &&
	    tls_x509_extension(cert, NID_basic_constraints,
	    "critical,CA:FALSE") &&
	    tls_x509_extension(cert, NID_key_usage,
	    "critical,digitalSignature") &&
	    tls_x509_extension(cert, NID_ext_key_usage, "serverAuth") &&
	    tls_x509_key_ids(cert, mint->ca) && tls_x509_sign(cert, mint->key))
		blank = X509_dup(cert);
	X509_free(cert);
	return blank;
}

static bool
load(struct tls_mint *mint, const char *certificate, const char *key,
    time_t now, char **cause)
{
	if ((mint->trust = tls_pem_certificates(certificate, cause)) == NULL ||
	    !load_ca(mint, mint->trust, certificate, now, cause) ||
	    (mint->ca_key = tls_pem_key(key, cause)) == NULL)
		return false;
	if (!X509_check_private_key(mint->ca, mint->ca_key))
		return tls_x509_cause(cause, "%s: not the key of %s", key,
		    certificate);
	if ((mint->key = tls_x509_key()) == NULL ||
	    (mint->blank = make_blank(mint)) == NULL)
		return tls_x509_cause(cause, "out of memory");
	return true;
}

struct tls_mint *
tls_mint_new(const char *certificate, const char *key, size_t max, time_t now,
    char **cause)
{
	struct tls_mint *mint;

	*cause = NULL;
	if ((mint = calloc(1, sizeof *mint)) == NULL) {
		tls_x509_cause(cause, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&mint->lock, NULL);
	TAILQ_INIT(&mint->order);
	mint->max = max;
	if (load(mint, certificate, key, now, cause))
		return mint;
	tls_mint_free(mint);
	return NULL;
}

static void
drop(struct tls_mint *mint, struct entry *e)
{
	HASH_DEL(mint->table, e);
	TAILQ_REMOVE(&mint->order, e, entry);
	mint->n--;
	X509_free(e->cert);
	free(e);
}

void
tls_mint_free(struct tls_mint *mint)
{
	struct entry *e;
	int i;

	if (mint == NULL)
		return;
	while ((e = TAILQ_FIRST(&mint->order)) != NULL)
		drop(mint, e);
	for (i = 0; i < mint->nconstraints; i++)
		NAME_CONSTRAINTS_free(mint->constraints[i]);
	free(mint->constraints);
	sk_X509_pop_free(mint->trust, X509_free);
	sk_X509_pop_free(mint->chain, X509_free);
	X509_free(mint->ca);
	EVP_PKEY_free(mint->ca_key);
	EVP_PKEY_free(mint->key);
	X509_free(mint->blank);
	pthread_mutex_destroy(&mint->lock);
	free(mint);
}

static void
put_pem(struct text *pem, X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool ok = bio != NULL && PEM_write_bio_X509(bio, certificate) == 1;
	char *p = NULL;
	long n = ok ? BIO_get_mem_data(bio, &p) : 0;

	text_put(pem, p, (size_t)n);
	pem->failed |= n == 0;
	BIO_free(bio);
}

/*
 * Roots alone, where there are any.  Who trusted what is below them, too, would
 * take an old one for what replaces it, and hold a host against constraints
 * that no longer are.
 */
void
tls_mint_trust(const struct tls_mint *mint, struct text *pem)
{
	int i, n = sk_X509_num(mint->trust), roots = 0;

	for (i = 0; i < n; i++)
		roots += X509_self_signed(sk_X509_value(mint->trust, i), 0) ==
		    1;
	for (i = 0; i < n; i++)
		if (roots == 0 || X509_self_signed(sk_X509_value(mint->trust,
		    i), 0) == 1)
			put_pem(pem, sk_X509_value(mint->trust, i));
}

EVP_PKEY *
tls_mint_key(const struct tls_mint *mint)
{
	return mint->key;
}

STACK_OF(X509) *
tls_mint_chain(const struct tls_mint *mint)
{
	return mint->chain;
}

/* A certificate */

static bool
add_name(X509 *cert, const struct http1_host *host, bool critical)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = tls_x509_host(host);
	bool ok = false;

	if (names != NULL && name != NULL &&
	    sk_GENERAL_NAME_push(names, name) > 0) {
		name = NULL;
		ok = X509_add1_ext_i2d(cert, NID_subject_alt_name, names,
		    critical, X509V3_ADD_DEFAULT) == 1;
	}
	GENERAL_NAME_free(name);
	GENERAL_NAMES_free(names);
	return ok;
}

/*
 * Where no subject says whose the certificate is, subjectAltName is critical
 * (RFC 5280 4.1.2.6).  An address is never the subject: OpenSSL takes a common
 * name for a host's where no dNSName is, and holds it against constraints.
 */
static bool
set_names(const struct tls_mint *mint, X509 *cert,
    const struct http1_host *host)
{
	bool named = !mint->unnamed && host->kind == HTTP1_NAME &&
	    strlen(host->name) <= CN_MAX;

	if (named && !X509_NAME_add_entry_by_NID(X509_get_subject_name(cert),
	    NID_commonName, MBSTRING_UTF8, (const unsigned char *)host->name,
	    -1, -1, 0))
		return false;
	return add_name(cert, host, !named);
}

/*
 * OpenSSL checks certificates, not names, and in them what it has found when it
 * was first asked for an extension.
 */
static X509 *
make_probe(const struct tls_mint *mint, const struct http1_host *host)
{
	X509 *cert = X509_new();
	bool ok;

	ok = cert != NULL && X509_set_version(cert, X509_VERSION_3) &&
	    set_names(mint, cert, host) &&
	    (X509_get_extension_flags(cert) & (EXFLAG_SET | EXFLAG_INVALID)) ==
	    EXFLAG_SET;
	/* what is not signed has no fingerprint, which is an error there */
	ERR_clear_error();
	if (ok)
		return cert;
	X509_free(cert);
	return NULL;
}

bool
tls_mint_permits(const struct tls_mint *mint, const struct http1_host *host)
{
	bool ok = true;
	X509 *probe;
	int i;

	if (mint->nconstraints == 0)
		return true;
	if ((probe = make_probe(mint, host)) == NULL)
		return false;
	for (i = 0; ok && i < mint->nconstraints; i++)
		ok = NAME_CONSTRAINTS_check(probe, mint->constraints[i]) ==
		    X509_V_OK;
	X509_free(probe);
	return ok;
}

static X509 *
sign(const struct tls_mint *mint, const struct http1_host *host, time_t from,
    time_t until)
{
	X509 *cert = X509_dup(mint->blank);

	if (cert != NULL && tls_x509_stamp(cert, from, until) &&
	    set_names(mint, cert, host) && tls_x509_sign(cert, mint->ca_key))
		return cert;
	X509_free(cert);
	return NULL;
}

static X509 *
sign_for(const struct tls_mint *mint, const struct http1_host *host,
    time_t now, time_t *from, time_t *until)
{
	time_t end = mint->until;
	X509 *cert;

	*from = now - SKEW > mint->from ? now - SKEW : mint->from;
	*until = now + DAY < end ? now + DAY : end;
	if ((cert = sign(mint, host, *from, *until)) == NULL) {
		ERR_clear_error();
		return NULL;
	}
	/* The last quarter is not used, but where no later one can be had. */
	if (*until < end)
		*until -= (*until - *from) / 4;
	return cert;
}

/* The cache */

/* The certificate, the caller's reference; with the mint locked. */
static X509 *
use(struct tls_mint *mint, struct entry *e)
{
	TAILQ_REMOVE(&mint->order, e, entry);
	TAILQ_INSERT_HEAD(&mint->order, e, entry);
	X509_up_ref(e->cert);
	return e->cert;
}

static struct entry *
find(const struct tls_mint *mint, const char *key)
{
	struct entry *e;

	HASH_FIND(hh, mint->table, key, strlen(key), e);
	return e;
}

static bool
is_fresh(const struct entry *e, time_t now)
{
	return e != NULL && now >= e->from && now <= e->until;
}

static X509 *
recall(struct tls_mint *mint, const char *key, time_t now)
{
	struct entry *e;
	X509 *cert = NULL;

	pthread_mutex_lock(&mint->lock);
	e = find(mint, key);
	if (is_fresh(e, now))
		cert = use(mint, e);
	pthread_mutex_unlock(&mint->lock);
	return cert;
}

/* Takes the entry, which goes at once where there is no memory for it. */
static void
add(struct tls_mint *mint, struct entry *e)
{
	HASH_ADD_KEYPTR(hh, mint->table, e->key, strlen(e->key), e);
	if (e->hh.tbl == NULL) {
		X509_free(e->cert);
		free(e);
		return;
	}
	TAILQ_INSERT_HEAD(&mint->order, e, entry);
	if (++mint->n > mint->max)
		drop(mint, TAILQ_LAST(&mint->order, entries));
}

/*
 * Takes the certificate; returns that which is to be used, which is another
 * thread's where that was faster.
 */
static X509 *
remember(struct tls_mint *mint, const char *key, X509 *cert, time_t from,
    time_t until, time_t now)
{
	size_t size = strlen(key) + 1;
	struct entry *e, *old;

	if ((e = calloc(1, sizeof *e + size)) == NULL)
		return cert;
	memcpy(e->key, key, size);
	e->cert = cert;
	e->from = from;
	e->until = until;
	pthread_mutex_lock(&mint->lock);
	old = find(mint, key);
	if (is_fresh(old, now)) {
		X509_free(cert);
		free(e);
		cert = use(mint, old);
	} else {
		if (old != NULL)
			drop(mint, old);
		X509_up_ref(cert);
		add(mint, e);
	}
	pthread_mutex_unlock(&mint->lock);
	return cert;
}

X509 *
tls_mint_certificate(struct tls_mint *mint, const struct http1_host *host,
    time_t now, const char **why)
{
	time_t from, until;
	char key[KEY_MAX];
	X509 *cert;

	*why = NULL;
	snprintf(key, sizeof key, "%c%s", '0' + (int)host->kind, host->name);
	if ((cert = recall(mint, key, now)) != NULL)
		return cert;
	if (now < mint->from)
		*why = "the CA is not valid yet";
	else if (now > mint->until)
		*why = "the CA has expired";
	else if (!tls_mint_permits(mint, host))
		*why = "the CA may not speak for this host";
	else if ((cert = sign_for(mint, host, now, &from, &until)) == NULL)
		*why = "out of memory";
	if (cert == NULL)
		return NULL;
	return remember(mint, key, cert, from, until, now);
}

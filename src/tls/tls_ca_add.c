/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tls/tls_ca_add.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "policy/host_pattern.h"
#include "tls/tls_ca.h"
#include "tls/tls_ca_bounds.h"
#include "tls/tls_ca_certificate.h"
#include "tls/tls_ca_files.h"
#include "tls/tls_mint.h"
#include "tls/tls_pem.h"
#include "tls/tls_x509.h"

/*
 * The key stays, so one file changes, and by one rename: whoever reads the CA
 * meanwhile has a certificate that goes with the key.
 */

#define SKEW	(60 * 60)	/* how far a client's clock is behind */

struct add {
	const struct tls_ca_extension *ask;
	char			 root_path[PATH_MAX];
	char			 root_key_path[PATH_MAX];
	struct tls_mint		*mint;		/* over it, as the daemon's */
	struct tls_mint		*root_mint;	/* the same of the root */
	X509			*cert;
	X509			*root;
	EVP_PKEY		*root_key;
	X509			*made;
};

static bool
pattern_of(const char *text, struct host_pattern *pattern, char **cause)
{
	const char *expected = host_pattern_parse(pattern, text,
	    strlen(text));

	if (expected != NULL)
		return tls_x509_cause(cause, "%s: expected %s", text,
		    expected);
	if (pattern->host.name[0] == '\0')
		return tls_x509_cause(cause, "%s stands for every host, and a "
		    "CA cannot be constrained to that", text);
	return true;
}

/* Whether it may speak for all of them already. */
static bool
permits_all(const struct add *a, bool *all, char **cause)
{
	struct host_pattern pattern;
	unsigned i;

	*all = true;
	for (i = 0; i < a->ask->nhosts; i++) {
		if (!pattern_of(a->ask->hosts[i], &pattern, cause))
			return false;
		*all = *all && tls_mint_permits(a->mint, &pattern.host);
	}
	return true;
}

static X509 *
first_of(const char *path, char **cause)
{
	STACK_OF(X509) *certs = tls_pem_certificates(path, cause);
	X509 *first = certs != NULL ? sk_X509_shift(certs) : NULL;

	sk_X509_pop_free(certs, X509_free);
	return first;
}

/* The root */

/* Beside the CA, wherever links lead. */
static bool
find_root(struct add *a, char **cause)
{
	char *real = realpath(a->ask->certificate, NULL), *slash;
	bool ok;

	if (real == NULL)
		return tls_x509_cause(cause, "%s: cannot be found",
		    a->ask->certificate);
	slash = strrchr(real, '/');
	slash[1] = '\0';
	ok = snprintf(a->root_path, PATH_MAX, "%s" TLS_CA_ROOT, real) <
	    PATH_MAX && snprintf(a->root_key_path, PATH_MAX, "%s"
	    TLS_CA_ROOT_KEY, real) < PATH_MAX;
	free(real);
	return ok || tls_x509_cause(cause, "%s: the path is too long",
	    a->ask->certificate);
}

static bool
is_there(const struct add *a, const char *path, char **cause)
{
	return access(path, F_OK) == 0 || tls_x509_cause(cause, "%s: %s; to "
	    "extend %s its root's certificate and key are needed there",
	    path, strerror(errno), a->ask->certificate);
}

static bool
load_root(struct add *a, char **cause)
{
	if (!find_root(a, cause) || !is_there(a, a->root_path, cause) ||
	    !is_there(a, a->root_key_path, cause) ||
	    (a->root_mint = tls_mint_new(a->root_path, a->root_key_path, 1,
	    a->ask->now, cause)) == NULL ||
	    (a->root = first_of(a->root_path, cause)) == NULL ||
	    (a->root_key = tls_pem_key(a->root_key_path, cause)) == NULL)
		return false;
	if (X509_check_issued(a->root, a->cert) != X509_V_OK ||
	    X509_verify(a->cert, a->root_key) != 1)
		return tls_x509_cause(cause, "%s: has not signed %s",
		    a->root_path, a->ask->certificate);
	if (X509_get_pathlen(a->root) == 0)
		return tls_x509_cause(cause, "%s: may not sign another CA "
		    "(pathlen:0)", a->root_path);
	return true;
}

/* What the root may not speak for nobody would believe below it. */
static bool
root_permits(const struct add *a, char **cause)
{
	struct host_pattern pattern;
	unsigned i;

	for (i = 0; i < a->ask->nhosts; i++) {
		if (!pattern_of(a->ask->hosts[i], &pattern, cause))
			return false;
		if (!tls_mint_permits(a->root_mint, &pattern.host))
			return tls_x509_cause(cause, "%s: its name "
			    "constraints do not permit %s, and clients trust "
			    "it as it is; make another CA, with --within, "
			    "that they are told of", a->root_path,
			    a->ask->hosts[i]);
	}
	return true;
}

/* The certificate */

static bool
find_bounds(const struct add *a, struct tls_ca_bounds *b, char **cause)
{
	bool every;
	unsigned i;

	if (!tls_ca_bounds_of_certificate(b, a->cert))
		return false;
	for (i = 0; i < a->ask->nhosts; i++)
		if (!tls_ca_bounds_of_pattern(b, a->ask->hosts[i], &every,
		    cause))
			return false;
	return tls_ca_bounds_close(b);
}

static bool
sign(struct add *a, char **cause)
{
	struct tls_ca_bounds bounds = { 0 };
	struct tls_ca_certificate ca = {
		.what = "CA", .key = X509_get0_pubkey(a->cert),
		.issuer = a->root, .issuer_key = a->root_key,
		.from = a->ask->now - SKEW,
	};
	time_t from;
	bool ok;

	ok = find_bounds(a, &bounds, cause) &&
	    tls_x509_time(X509_get0_notBefore(a->root), &from) &&
	    tls_x509_time(X509_get0_notAfter(a->root), &ca.until);
	if (ok && ca.from < from)
		ca.from = from;
	ca.constraints = bounds.nc;
	if (ok)
		a->made = tls_ca_certificate(&ca, 0);
	tls_ca_bounds_free(&bounds);
	return a->made != NULL;
}

/* With the root behind it, as it was. */
static bool
put(const struct add *a, char **cause)
{
	BIO *pem = BIO_new(BIO_s_mem());
	char *p = NULL;
	long len = 0;
	bool ok;

	ok = pem != NULL && PEM_write_bio_X509(pem, a->made) &&
	    PEM_write_bio_X509(pem, a->root) &&
	    (len = BIO_get_mem_data(pem, &p)) > 0 &&
	    tls_ca_files_replace(a->ask->certificate, p, (size_t)len, cause);
	BIO_free(pem);
	return ok;
}

static bool
extend(struct add *a, char **cause)
{
	if ((a->cert = first_of(a->ask->certificate, cause)) == NULL)
		return false;
	if (X509_self_signed(a->cert, 0) == 1)
		return tls_x509_cause(cause, "%s: cannot be extended: it is "
		    "what clients trust, and what it may speak for stands in "
		    "it; make another CA, with --within, that they are told "
		    "of", a->ask->certificate);
	return load_root(a, cause) && root_permits(a, cause) &&
	    sign(a, cause) && put(a, cause);
}

static enum tls_ca_added
add(struct add *a, char **cause)
{
	bool all;

	a->mint = tls_mint_new(a->ask->certificate, a->ask->key, 1,
	    a->ask->now, cause);
	if (a->mint == NULL || !permits_all(a, &all, cause))
		return TLS_CA_REFUSED;
	if (all)
		return TLS_CA_ALREADY;
	return extend(a, cause) ? TLS_CA_ADDED : TLS_CA_REFUSED;
}

/* Who extends it at the same time waits, or one would undo the other. */
static int
lock(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd != -1)
		(void)flock(fd, LOCK_EX);
	return fd;
}

enum tls_ca_added
tls_ca_add(const struct tls_ca_extension *ask, char **cause)
{
	struct add a = { .ask = ask };
	enum tls_ca_added done;
	int fd = lock(ask->key);

	*cause = NULL;
	done = add(&a, cause);
	if (done == TLS_CA_REFUSED && *cause == NULL)
		(void)tls_x509_cause(cause, "out of memory");
	tls_mint_free(a.mint);
	tls_mint_free(a.root_mint);
	X509_free(a.cert);
	X509_free(a.root);
	EVP_PKEY_free(a.root_key);
	X509_free(a.made);
	if (fd != -1)
		close(fd);
	return done;
}

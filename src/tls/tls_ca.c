/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tls/tls_ca.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "conf/conf.h"
#include "http/http1.h"
#include "tls/tls_bundle.h"
#include "tls/tls_ca_bounds.h"
#include "tls/tls_ca_certificate.h"
#include "tls/tls_ca_files.h"
#include "tls/tls_x509.h"

/*
 * What the CA may speak for is said in its certificate, so that whoever trusts
 * it need not trust who holds the key any further.
 */

#define YEARS	5
#define SKEW	(60 * 60)	/* how far a client's clock is behind */
#define FILES	5

struct ca {
	EVP_PKEY		*key;
	X509			*cert;
	EVP_PKEY		*root_key;	/* NULL: it is the root */
	X509			*root;
	char			*dir;		/* absolute */
	bool			 made_dir;
	char			*cert_path;
	char			*key_path;
	time_t			 from;		/* seconds since 1970 */
	time_t			 until;
	struct text		 bundle;
	BIO			*pem[FILES];	/* what is in the files */
	unsigned		 npem;
	struct tls_ca_file	 files[FILES];
	unsigned		 nfiles;
};

/* The certificates */

/* What the root may speak for; *every: no constraint is wanted. */
static bool
find_root_bounds(struct tls_ca_bounds *b, const struct conf *conf,
    const struct tls_ca_order *order, bool *every, char **cause)
{
	bool one = false;
	unsigned i;

	if (!tls_ca_bounds_of_conf(b, conf, cause))
		return false;
	for (i = 0; i < order->nwithin; i++) {
		if (!tls_ca_bounds_of_pattern(b, order->within[i], &one,
		    cause))
			return false;
		*every |= one;
	}
	return tls_ca_bounds_close(b);
}

static bool
sign_root(struct ca *ca, const struct conf *conf,
    const struct tls_ca_order *order, char **cause)
{
	struct tls_ca_bounds bounds = { 0 };
	bool every = false, ok;

	ok = find_root_bounds(&bounds, conf, order, &every, cause) &&
	    (ca->root_key = tls_x509_key()) != NULL &&
	    (ca->root = tls_ca_certificate(&(struct tls_ca_certificate){
	    .what = "root CA", .key = ca->root_key,
	    .issuer_key = ca->root_key, .constraints = every ? NULL :
	    bounds.nc, .from = ca->from, .until = ca->until }, 1)) != NULL;
	tls_ca_bounds_free(&bounds);
	return ok;
}

static bool
sign(struct ca *ca, const struct conf *conf, const struct tls_ca_order *order,
    const struct tls_ca_bounds *b, char **cause)
{
	time_t now = time(NULL);

	ca->from = now - SKEW;
	ca->until = now + YEARS * 365 * (time_t)86400;
	if (order->nwithin > 0 && !sign_root(ca, conf, order, cause))
		return false;
	return (ca->key = tls_x509_key()) != NULL &&
	    (ca->cert = tls_ca_certificate(&(struct tls_ca_certificate){
	    .what = "CA", .key = ca->key, .issuer = ca->root,
	    .issuer_key = ca->root != NULL ? ca->root_key : ca->key,
	    .constraints = b->nc, .from = ca->from, .until = ca->until },
	    0)) != NULL;
}

/* The files */

static bool
make_dir(struct ca *ca, const char *dir, char **cause)
{
	ca->made_dir = mkdir(dir, 0700) == 0;
	if ((ca->made_dir || errno == EEXIST) &&
	    (ca->dir = realpath(dir, NULL)) != NULL)
		return true;
	return tls_x509_cause(cause, "%s: %s", dir, strerror(errno));
}

static bool
find_paths(struct ca *ca)
{
	return asprintf(&ca->cert_path, "%s/" TLS_CA_CERTIFICATE, ca->dir) !=
	    -1 && asprintf(&ca->key_path, "%s/" TLS_CA_KEY, ca->dir) != -1;
}

/*
 * Of a key, or of a certificate and one that may stand behind it.  What is in
 * the BIO is wiped when that is freed.
 */
static bool
add_pem(struct ca *ca, const char *name, EVP_PKEY *key, X509 *cert,
    X509 *behind)
{
	struct tls_ca_file *file = &ca->files[ca->nfiles];
	BIO *pem = BIO_new(BIO_s_mem());
	char *p = NULL;
	long len;
	bool ok;

	ok = pem != NULL && (key != NULL ? PEM_write_bio_PKCS8PrivateKey(pem,
	    key, NULL, NULL, 0, NULL, NULL) : PEM_write_bio_X509(pem, cert)) &&
	    (behind == NULL || PEM_write_bio_X509(pem, behind));
	if (!ok || (len = BIO_get_mem_data(pem, &p)) <= 0) {
		BIO_free(pem);
		return false;
	}
	ca->pem[ca->npem++] = pem;
	*file = (struct tls_ca_file){ .name = name, .mode = key != NULL ?
	    0600 : 0644, .p = p, .len = (size_t)len };
	ca->nfiles++;
	return true;
}

/* The last file is what clients trust: without the system's, that alone. */
static bool
add_bundle(struct ca *ca, FILE *out)
{
	const struct tls_ca_file *trust = &ca->files[ca->nfiles - 1];
	char *own = NULL, *cause = NULL;

	if (asprintf(&own, "%s/" TLS_CA_BUNDLE, ca->dir) == -1)
		return false;
	if (!tls_bundle_system(&ca->bundle, own, &cause))
		fprintf(out, "# %s: " TLS_CA_BUNDLE " has the CA alone\n",
		    cause != NULL ? cause : "out of memory");
	free(cause);
	free(own);
	text_puts(&ca->bundle, ca->bundle.len > 0 ? "\n" : "");
	text_put(&ca->bundle, trust->p, trust->len);
	ca->files[ca->nfiles++] = (struct tls_ca_file){ .name = TLS_CA_BUNDLE,
	    .mode = 0644, .p = ca->bundle.p, .len = ca->bundle.len };
	return !ca->bundle.failed;
}

static bool
make_files(struct ca *ca, FILE *out, char **cause)
{
	return find_paths(ca) &&
	    add_pem(ca, TLS_CA_KEY, ca->key, NULL, NULL) &&
	    (ca->root == NULL || add_pem(ca, TLS_CA_ROOT_KEY, ca->root_key,
	    NULL, NULL)) &&
	    add_pem(ca, TLS_CA_CERTIFICATE, NULL, ca->cert, ca->root) &&
	    (ca->root == NULL || add_pem(ca, TLS_CA_ROOT, NULL, ca->root,
	    NULL)) && add_bundle(ca, out) &&
	    tls_ca_files_make(ca->dir, ca->files, ca->nfiles, cause);
}

/* What to do with them */

/* A path as a YAML scalar. */
static void
put_path(FILE *out, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";

	if (path[strspn(path, plain)] == '\0') {
		fputs(path, out);
		return;
	}
	putc('\'', out);
	for (; *path != '\0'; path++) {
		if (*path == '\'')
			putc('\'', out);
		putc(*path, out);
	}
	putc('\'', out);
}

static bool
is_same(const char *path, const char *other)
{
	char *real = path != NULL ? realpath(path, NULL) : NULL;
	bool same = real != NULL && strcmp(real, other) == 0;

	free(real);
	return same;
}

static void
tell_bounds(FILE *out, const struct ca *ca, const struct tls_ca_bounds *b)
{
	unsigned names = b->n[HTTP1_NAME];
	unsigned addresses = b->n[HTTP1_IPV4] + b->n[HTTP1_IPV6];
	char date[16] = "";
	struct tm tm;

	if (gmtime_r(&ca->until, &tm) != NULL)
		strftime(date, sizeof date, "%Y-%m-%d", &tm);
	fprintf(out, "# %s may speak for ", ca->cert_path);
	if (names > 0)
		fprintf(out, "%u name%s and all below %s", names,
		    names == 1 ? "" : "s", names == 1 ? "it" : "them");
	if (addresses > 0)
		fprintf(out, "%s%u address%s", names > 0 ? ", and " : "",
		    addresses, addresses == 1 ? "" : "es");
	fprintf(out, ", until %s.\n", date);
}

static void
tell_conf(FILE *out, const struct ca *ca, const struct conf *conf)
{
	if (is_same(conf->tls_ca_certificate, ca->cert_path) &&
	    is_same(conf->tls_ca_key, ca->key_path))
		return;
	fprintf(out, "# In %s:\ntls: {ca_certificate: ",
	    conf->path != NULL ? conf->path : "the configuration");
	put_path(out, ca->cert_path);
	fputs(", ca_key: ", out);
	put_path(out, ca->key_path);
	fputs("}\n", out);
}

static void
tell_extension(FILE *out, const struct ca *ca,
    const struct tls_ca_order *order)
{
	unsigned i;

	if (order->nwithin == 0) {
		fputs("# To other hosts it cannot be extended; one that can is "
		    "made with --within.\n", out);
		return;
	}
	fprintf(out, "# \"sluice ca add HOST\" extends it, so that who trusts "
	    "%s/" TLS_CA_ROOT "\n# need not be told, to", ca->dir);
	for (i = 0; i < order->nwithin; i++)
		fprintf(out, "%s %s", i > 0 ? "," : "", order->within[i]);
	fputs(".  " TLS_CA_ROOT_KEY " is needed for that alone: keep it "
	    "elsewhere.\n", out);
}

static void
tell(FILE *out, const struct ca *ca, const struct conf *conf,
    const struct tls_ca_order *order, const struct tls_ca_bounds *b)
{
	tell_bounds(out, ca, b);
	tell_extension(out, ca, order);
	tell_conf(out, ca, conf);
}

static void
ca_free(struct ca *ca)
{
	while (ca->npem > 0)
		BIO_free(ca->pem[--ca->npem]);
	EVP_PKEY_free(ca->key);
	X509_free(ca->cert);
	EVP_PKEY_free(ca->root_key);
	X509_free(ca->root);
	text_free(&ca->bundle);
	free(ca->key_path);
	free(ca->cert_path);
	free(ca->dir);
}

bool
tls_ca_make(const struct conf *conf, const struct tls_ca_order *order,
    FILE *out, char **cause)
{
	struct tls_ca_bounds bounds = { 0 };
	struct ca ca = { 0 };
	bool ok;

	*cause = NULL;
	ok = tls_ca_bounds_of_conf(&bounds, conf, cause) &&
	    tls_ca_bounds_close(&bounds) &&
	    sign(&ca, conf, order, &bounds, cause) &&
	    make_dir(&ca, order->dir, cause) && make_files(&ca, out, cause);
	if (ok)
		tell(out, &ca, conf, order, &bounds);
	else {
		if (*cause == NULL)
			(void)tls_x509_cause(cause, "out of memory");
		if (ca.made_dir)
			(void)rmdir(order->dir);
	}
	tls_ca_bounds_free(&bounds);
	ca_free(&ca);
	return ok;
}

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tls/tls_ca.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/secret.h"
#include "conf/conf.h"
#include "http/http1.h"
#include "policy/host_pattern.h"
#include "tls/tls_x509.h"

/*
 * What the CA may speak for is said in its certificate, so that whoever trusts
 * it need not trust who holds the key any further.
 */

#define YEARS	5
#define SKEW	(60 * 60)	/* how far a client's clock is behind */
#define CN_SIZE	(64 + 1)	/* ub-common-name */
#define SYSTEM	"/usr/local/share/ca-certificates/sluice.crt"
#define BUNDLE	"/etc/ssl/certs/ca-certificates.crt"

/* What it may speak for: the constraints, and how many of each kind. */
struct bounds {
	NAME_CONSTRAINTS	*nc;
	unsigned		 n[HTTP1_IPV6 + 1];	/* by http1_host_kind */
};

struct ca {
	EVP_PKEY		*key;
	X509			*cert;
	char			*dir;		/* absolute */
	bool			 made_dir;
	char			*key_path;	/* NULL: not made */
	char			*cert_path;
	time_t			 until;		/* seconds since 1970 */
};

/* Name constraints (RFC 5280 4.2.1.10) */

/* Takes the name; NULL is an error, too. */
static bool
add_tree(STACK_OF(GENERAL_SUBTREE) **trees, GENERAL_NAME *base)
{
	GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();

	if (*trees == NULL)
		*trees = sk_GENERAL_SUBTREE_new_null();
	if (base == NULL || tree == NULL || *trees == NULL ||
	    sk_GENERAL_SUBTREE_push(*trees, tree) <= 0) {
		GENERAL_NAME_free(base);
		GENERAL_SUBTREE_free(tree);
		return false;
	}
	GENERAL_NAME_free(tree->base);
	tree->base = base;
	return true;
}

static bool
has_tree(const STACK_OF(GENERAL_SUBTREE) *trees, GENERAL_NAME *base)
{
	int i;

	for (i = 0; i < sk_GENERAL_SUBTREE_num(trees); i++) {
		if (GENERAL_NAME_cmp(sk_GENERAL_SUBTREE_value(trees, i)->base,
		    base) == 0)
			return true;
	}
	return false;
}

/*
 * A dNSName stands for itself and all below it, so "example.org" and
 * "*.example.org" are the same here, and an exact host cannot be had without
 * what is below it.  Ports cannot be told apart either.
 */
static bool
permit(struct bounds *b, const struct http1_host *host)
{
	GENERAL_NAME *base = tls_x509_host_base(host);

	if (base != NULL && has_tree(b->nc->permittedSubtrees, base)) {
		GENERAL_NAME_free(base);
		return true;
	}
	b->n[host->kind]++;
	return add_tree(&b->nc->permittedSubtrees, base);
}

static bool
exclude(struct bounds *b, int type, size_t zeros)
{
	static const unsigned char zero[2 * sizeof(struct in6_addr)];
	GENERAL_NAME *base = GENERAL_NAME_new();
	ASN1_STRING *value = ASN1_STRING_type_new(type == GEN_DNS ?
	    V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);

	if (base == NULL || value == NULL ||
	    !ASN1_STRING_set(value, zero, (int)zeros)) {
		GENERAL_NAME_free(base);
		ASN1_STRING_free(value);
		return false;
	}
	GENERAL_NAME_set0_value(base, type, value);
	return add_tree(&b->nc->excludedSubtrees, base);
}

/*
 * Constraints on one type of name leave the others free.  So the types that no
 * host needs are excluded: all below "", and all networks of length 0, each
 * family for itself, since to GnuTLS a permitted IPv4 network says nothing of
 * IPv6 addresses.  Mailboxes and URIs are left out: what this CA signs is good
 * for servers alone (extendedKeyUsage), and OpenSSL knows no base that would
 * exclude all of them.
 */
static bool
exclude_rest(struct bounds *b)
{
	return (b->n[HTTP1_NAME] > 0 || exclude(b, GEN_DNS, 0)) &&
	    (b->n[HTTP1_IPV4] > 0 ||
	    exclude(b, GEN_IPADD, 2 * sizeof(struct in_addr))) &&
	    (b->n[HTTP1_IPV6] > 0 ||
	    exclude(b, GEN_IPADD, 2 * sizeof(struct in6_addr)));
}

/* A rule that no constraint can be made of; with its place, if it has one. */
static bool
wrong_rule(const struct conf *conf, const struct rule *rule, char **cause)
{
	char place[PATH_MAX + 32] = "";

	if (conf->path != NULL && rule->https_at.line != 0)
		snprintf(place, sizeof place, "%s:%u:%u: ", conf->path,
		    rule->https_at.line, rule->https_at.column);
	return tls_x509_cause(cause, "%shttps: intercept in %s stands for "
	    "every host, and a CA cannot be constrained to that; name the "
	    "hosts, as in *.example.org", place, rule->name);
}

/* One of a rule's hosts, by its pattern. */
static bool
permit_hosts(struct bounds *b, const struct conf *conf,
    const struct rule *rule, const char *hosts, char **cause)
{
	struct host_pattern pattern;
	const char *expected;

	expected = host_pattern_parse(&pattern, hosts, strlen(hosts));
	if (expected != NULL)
		return tls_x509_cause(cause, "%s: expected %s", hosts,
		    expected);
	if (pattern.host.name[0] == '\0')
		return wrong_rule(conf, rule, cause);
	if (!permit(b, &pattern.host))
		return tls_x509_cause(cause, "out of memory");
	return true;
}

static bool
permit_rule(struct bounds *b, const struct conf *conf,
    const struct rule *rule, char **cause)
{
	unsigned i;

	if (rule->https != RULE_HTTPS_INTERCEPT)
		return true;
	if (!permit_hosts(b, conf, rule, rule->name, cause))
		return false;
	for (i = 0; i < rule->nsame; i++) {
		if (!permit_hosts(b, conf, rule, rule->same[i], cause))
			return false;
	}
	return true;
}

static bool
find_bounds(struct bounds *b, const struct conf *conf, char **cause)
{
	size_t i;

	if ((b->nc = NAME_CONSTRAINTS_new()) == NULL)
		return tls_x509_cause(cause, "out of memory");
	if (conf->fallback.https == RULE_HTTPS_INTERCEPT)
		return wrong_rule(conf, &conf->fallback, cause);
	for (i = 0; i < conf->nrules; i++) {
		if (!permit_rule(b, conf, &conf->rules[i], cause))
			return false;
	}
	if (b->nc->permittedSubtrees == NULL)
		return tls_x509_cause(cause, "no host has https: intercept, "
		    "so there is nothing for a CA to sign");
	if (!exclude_rest(b))
		return tls_x509_cause(cause, "out of memory");
	return true;
}

/* The certificate */

/* Such as "sluice CA of build7 2026-11-25": for people who look at lists. */
static bool
set_subject(X509 *cert, const struct tm *day)
{
	X509_NAME *name = X509_get_subject_name(cert);
	char host[32] = "", date[16], cn[CN_SIZE];

	/* a long name is cut, and then not terminated */
	(void)gethostname(host, sizeof host - 1);
	strftime(date, sizeof date, "%Y-%m-%d", day);
	snprintf(cn, sizeof cn, "sluice CA of %s %s", host, date);
	return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
	    (const unsigned char *)cn, -1, -1, 0) &&
	    X509_set_issuer_name(cert, name);
}

static bool
fill(X509 *cert, const struct bounds *b)
{
	return tls_x509_extension(cert, NID_basic_constraints,
	    "critical,CA:TRUE,pathlen:0") &&
	    tls_x509_extension(cert, NID_key_usage,
	    "critical,keyCertSign,cRLSign") &&
	    tls_x509_extension(cert, NID_ext_key_usage, "serverAuth") &&
	    tls_x509_key_ids(cert, NULL) &&
	    X509_add1_ext_i2d(cert, NID_name_constraints, b->nc, 1,
	    X509V3_ADD_DEFAULT) == 1;
}

static bool
sign(struct ca *ca, const struct bounds *b, char **cause)
{
	time_t now = time(NULL);
	struct tm day;

	gmtime_r(&now, &day);
	ca->until = now + YEARS * 365 * (time_t)86400;
	secret_guard();
	if ((ca->key = tls_x509_key()) != NULL &&
	    (ca->cert = tls_x509_new(ca->key)) != NULL &&
	    tls_x509_stamp(ca->cert, now - SKEW, ca->until) &&
	    set_subject(ca->cert, &day) && fill(ca->cert, b) &&
	    tls_x509_sign(ca->cert, ca->key))
		return true;
	return tls_x509_cause(cause, "out of memory");
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

/* A new file, with its mode from the first moment on; or -1. */
static int
create(const char *dir, const char *name, mode_t mode, char **made,
    char **cause)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", dir, name) == -1) {
		tls_x509_cause(cause, "out of memory");
		return -1;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd != -1) {
		*made = path;
		return fd;
	}
	if (errno == EEXIST)
		tls_x509_cause(cause, "%s: is there already, and is not "
		    "overwritten", path);
	else
		tls_x509_cause(cause, "%s: %s", path, strerror(errno));
	free(path);
	return -1;
}

static bool
write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n == -1 && errno != EINTR)
			return false;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return true;
}

/*
 * Writes the one that is not NULL, and closes the file.  What is in the BIO is
 * wiped when that is freed.
 */
static bool
put(int fd, const char *path, EVP_PKEY *key, X509 *cert, char **cause)
{
	BIO *pem = BIO_new(BIO_s_mem());
	char *p = NULL;
	long len;
	bool ok;

	errno = ENOMEM;
	ok = pem != NULL && (cert != NULL ? PEM_write_bio_X509(pem, cert) :
	    PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL));
	if (ok && (len = BIO_get_mem_data(pem, &p)) > 0)
		ok = write_all(fd, p, (size_t)len);
	if (!ok)
		tls_x509_cause(cause, "%s: cannot write: %s", path,
		    strerror(errno));
	BIO_free(pem);
	if (close(fd) == -1 && ok)
		ok = tls_x509_cause(cause, "%s: cannot write: %s", path,
		    strerror(errno));
	return ok;
}

static bool
make_files(struct ca *ca, char **cause)
{
	int fd;

	fd = create(ca->dir, "ca.key", 0600, &ca->key_path, cause);
	if (fd == -1 || !put(fd, ca->key_path, ca->key, NULL, cause))
		return false;
	fd = create(ca->dir, "ca.pem", 0644, &ca->cert_path, cause);
	return fd != -1 && put(fd, ca->cert_path, NULL, ca->cert, cause);
}

static void
remove_files(const struct ca *ca, const char *dir)
{
	if (ca->key_path != NULL)
		unlink(ca->key_path);
	if (ca->cert_path != NULL)
		unlink(ca->cert_path);
	if (ca->made_dir)
		rmdir(dir);
}

/* What to do with them */

/* A path as a word of the shell's, or a YAML scalar ('' for a '). */
static void
put_path(FILE *out, const char *path, const char *quote)
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
			fputs(quote, out);
		else
			putc(*path, out);
	}
	putc('\'', out);
}

static void
put_word(FILE *out, const char *before, const char *path, const char *behind)
{
	fputs(before, out);
	put_path(out, path, "'\\''");
	fputs(behind, out);
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
tell_bounds(FILE *out, const struct ca *ca, const struct bounds *b)
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
	put_path(out, ca->cert_path, "''");
	fputs(", ca_key: ", out);
	put_path(out, ca->key_path, "''");
	fputs("}\n", out);
}

static void
tell(FILE *out, const struct ca *ca, const struct conf *conf,
    const struct bounds *b)
{
	tell_bounds(out, ca, b);
	fputs("# The system, with it curl and Python:\n", out);
	put_word(out, "sudo cp ", ca->cert_path, " " SYSTEM
	    " && sudo update-ca-certificates\n");
	fputs("# Python's requests, where it brings a list of its own:\n"
	    "export REQUESTS_CA_BUNDLE=" BUNDLE "\n"
	    "# Node:\n", out);
	put_word(out, "export NODE_EXTRA_CA_CERTS=", ca->cert_path, "\n");
	tell_conf(out, ca, conf);
}

static void
ca_free(struct ca *ca)
{
	EVP_PKEY_free(ca->key);
	X509_free(ca->cert);
	free(ca->key_path);
	free(ca->cert_path);
	free(ca->dir);
}

bool
tls_ca_make(const struct conf *conf, const char *dir, FILE *out, char **cause)
{
	struct bounds bounds = { 0 };
	struct ca ca = { 0 };
	bool ok;

	*cause = NULL;
	ok = find_bounds(&bounds, conf, cause) && sign(&ca, &bounds, cause) &&
	    make_dir(&ca, dir, cause) && make_files(&ca, cause);
	if (ok)
		tell(out, &ca, conf, &bounds);
	else
		remove_files(&ca, dir);
	NAME_CONSTRAINTS_free(bounds.nc);
	ca_free(&ca);
	return ok;
}

/* SPDX-License-Identifier: ISC */
#include "tls/tls_ca.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>

#include "check_run.h"
#include "check_tls.h"
#include "conf/conf.h"
#include "tls/tls_ca_files.h"

/*
 * The CA that is made: its fields, its files, what it says; and that nobody
 * believes it outside its constraints, though whoever has the key signs what
 * he likes.
 */

#define RULES	8

static struct rule	 rules[RULES];
static struct conf	 conf;
static char		*said;		/* by the last that was made */

static void
add_rule(const char *name, enum rule_https https)
{
	ck_assert_uint_lt(conf.nrules, RULES);
	rules[conf.nrules].name = name;
	rules[conf.nrules++].https = https;
}

static void
intercept(const char *name)
{
	add_rule(name, RULE_HTTPS_INTERCEPT);
}

static void
ca_setup(void)
{
	setup();
	memset(rules, 0, sizeof rules);
	memset(&conf, 0, sizeof conf);
	conf.rules = rules;
	conf.fallback.name = "defaults";
	said = NULL;
}

static void
ca_teardown(void)
{
	free(said);
	free(conf.tls_ca_certificate);
	free(conf.tls_ca_key);
	free(conf.path);
	if (access(in_dir("ca"), F_OK) == 0)
		remove_dir(in_dir("ca"));
	teardown();
}

static bool
make_unchecked(const char *name, char **cause)
{
	size_t size;
	FILE *out;
	bool ok;

	free(said);
	said = NULL;
	out = open_memstream(&said, &size);
	ok = tls_ca_make(&conf, &(struct tls_ca_order){ .dir = in_dir(name) },
	    out, cause);
	fclose(out);
	return ok;
}

static bool
make_in(const char *name, char **cause)
{
	bool ok = make_unchecked(name, cause);

	ck_assert_uint_eq(ERR_peek_error(), 0);
	return ok;
}

static X509 *
read_cert(const char *name)
{
	FILE *in = fopen(in_dir(name), "r");
	X509 *cert;

	ck_assert_ptr_nonnull(in);
	cert = PEM_read_X509(in, NULL, NULL, NULL);
	ck_assert_ptr_nonnull(cert);
	fclose(in);
	return cert;
}

/* Makes one in DIR/ca. */
static struct signer
make(void)
{
	struct signer ca;
	char *cause = NULL;
	FILE *in;
	bool ok = make_in("ca", &cause);

	ck_assert_msg(ok, "%s", cause);
	ck_assert_ptr_null(cause);
	ca.cert = read_cert("ca/ca.pem");
	in = fopen(in_dir("ca/ca.key"), "r");
	ck_assert_ptr_nonnull(in);
	ca.key = PEM_read_PrivateKey(in, NULL, NULL, NULL);
	ck_assert_ptr_nonnull(ca.key);
	fclose(in);
	return ca;
}

static void
signer_free(struct signer *ca)
{
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
}

static bool
exists(const char *name)
{
	struct stat st;

	return lstat(in_dir(name), &st) == 0;
}

static mode_t
mode(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(in_dir(name), &st), 0);
	return st.st_mode & 07777;
}

/* The certificate */

static void
ck_extension(X509 *cert, int nid, bool critical, const char *want)
{
	BIO *out = BIO_new(BIO_s_mem());
	X509_EXTENSION *ext;
	char *text;
	long len;
	int i = X509_get_ext_by_NID(cert, nid, -1);

	ck_assert_int_ge(i, 0);
	ext = X509_get_ext(cert, i);
	ck_assert_int_eq(X509_EXTENSION_get_critical(ext), critical);
	ck_assert(X509V3_EXT_print(out, ext, 0, 0));
	BIO_write(out, "", 1);
	len = BIO_get_mem_data(out, &text);
	ck_assert_int_gt(len, 0);
	ck_assert_str_eq(text, want);
	BIO_free(out);
}

static time_t
seconds(const ASN1_TIME *t)
{
	struct tm tm;

	ck_assert(ASN1_TIME_to_tm(t, &tm));
	return timegm(&tm);
}

START_TEST(fields)
{
	struct signer ca;
	time_t now = time(NULL);
	char cn[80], date[16], group[32];
	struct tm tm;

	intercept("api.example");
	ca = make();
	ck_assert_int_eq(X509_get_version(ca.cert), X509_VERSION_3);
	ck_assert_int_gt(X509_NAME_get_text_by_NID(X509_get_subject_name(
	    ca.cert), NID_commonName, cn, sizeof cn), 0);
	gmtime_r(&now, &tm);
	strftime(date, sizeof date, "%Y-%m-", &tm);
	ck_assert_int_eq(strncmp(cn, "sluice CA of ", 13), 0);
	ck_assert_ptr_nonnull(strstr(cn, date));
	ck_assert_int_eq(X509_self_signed(ca.cert, 1), 1);
	ck_assert(X509_check_private_key(ca.cert, ca.key));
	ck_assert(EVP_PKEY_get_group_name(ca.key, group, sizeof group, NULL));
	ck_assert_str_eq(group, "prime256v1");
	ck_assert_int_eq(X509_get_signature_nid(ca.cert),
	    NID_ecdsa_with_SHA256);
	ck_assert_int_le(seconds(X509_get0_notBefore(ca.cert)), now);
	ck_assert_int_ge(seconds(X509_get0_notBefore(ca.cert)), now - DAY);
	ck_assert_int_ge(seconds(X509_get0_notAfter(ca.cert)),
	    now + 5 * 365 * DAY);
	ck_assert_int_lt(seconds(X509_get0_notAfter(ca.cert)),
	    now + 5 * 366 * DAY);
	signer_free(&ca);
}
END_TEST

START_TEST(extensions)
{
	struct signer ca;

	intercept("api.example");
	ca = make();
	ck_assert_int_eq(X509_get_ext_count(ca.cert), 6);
	ck_extension(ca.cert, NID_basic_constraints, true,
	    "CA:TRUE, pathlen:0");
	ck_extension(ca.cert, NID_key_usage, true,
	    "Certificate Sign, CRL Sign");
	ck_extension(ca.cert, NID_ext_key_usage, false,
	    "TLS Web Server Authentication");
	ck_assert_int_eq(ASN1_OCTET_STRING_cmp(
	    X509_get0_subject_key_id(ca.cert),
	    X509_get0_authority_key_id(ca.cert)), 0);
	signer_free(&ca);
}
END_TEST

/* Ports and what is named twice make no difference; the rest is not named. */
START_TEST(constraints)
{
	struct signer ca;

	intercept("api.example");
	intercept("api.example:8443");
	intercept("*.example.org");
	intercept("example.org");
	intercept("192.0.2.7:80");
	intercept("[2001:db8::1]:8443");
	add_rule("tunnel.example", RULE_HTTPS_TUNNEL);
	add_rule("*", RULE_HTTPS_UPSTREAM);
	ca = make();
	ck_extension(ca.cert, NID_name_constraints, true,
	    "Permitted:\n"
	    "  DNS:api.example\n"
	    "  DNS:example.org\n"
	    "  IP:192.0.2.7/255.255.255.255\n"
	    "  IP:2001:DB8:0:0:0:0:0:1/"
	    "FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF");
	signer_free(&ca);
}
END_TEST

START_TEST(constraints_names_only)
{
	struct signer ca;

	intercept("*.example.org:8443");
	ca = make();
	ck_extension(ca.cert, NID_name_constraints, true,
	    "Permitted:\n"
	    "  DNS:example.org\n"
	    "Excluded:\n"
	    "  IP:0.0.0.0/0.0.0.0\n"
	    "  IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0");
	signer_free(&ca);
}
END_TEST

START_TEST(constraints_ipv4_only)
{
	struct signer ca;

	intercept("192.0.2.7");
	ca = make();
	ck_extension(ca.cert, NID_name_constraints, true,
	    "Permitted:\n"
	    "  IP:192.0.2.7/255.255.255.255\n"
	    "Excluded:\n"
	    "  DNS:\n"
	    "  IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0");
	signer_free(&ca);
}
END_TEST

/* What may be believed */

static const struct {
	const char	*hosts[4];	/* that are marked */
	const char	*name;		/* of the certificate */
	const char	*host;		/* that the client looks for */
	int		 error;
} leaves[] = {
	{ { "api.example" }, "DNS:api.example", "api.example", X509_V_OK },
	{ { "api.example" }, "DNS:b.api.example", "b.api.example", X509_V_OK },
	{ { "api.example" }, "DNS:other.example", "other.example",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "api.example" }, "DNS:badapi.example", "badapi.example",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "api.example" }, "DNS:api.example,DNS:evil.example", "evil.example",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "api.example" }, "DNS:*.evil.example", "www.evil.example",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "*.example.org" }, "DNS:a.b.example.org", "a.b.example.org",
	    X509_V_OK },
	{ { "*.example.org" }, "DNS:example.com", "example.com",
	    X509_V_ERR_PERMITTED_VIOLATION },
	/* only names are marked */
	{ { "api.example" }, "IP:192.0.2.7", "192.0.2.7",
	    X509_V_ERR_EXCLUDED_VIOLATION },
	{ { "api.example" }, "IP:2001:db8::1", "[2001:db8::1]",
	    X509_V_ERR_EXCLUDED_VIOLATION },
	/* only addresses are */
	{ { "192.0.2.7" }, "IP:192.0.2.7", "192.0.2.7", X509_V_OK },
	{ { "192.0.2.7" }, "IP:192.0.2.8", "192.0.2.8",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "192.0.2.7" }, "IP:2001:db8::1", "[2001:db8::1]",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "192.0.2.7" }, "DNS:api.example", "api.example",
	    X509_V_ERR_EXCLUDED_VIOLATION },
	{ { "[2001:db8::1]" }, "IP:2001:db8::1", "[2001:db8::1]", X509_V_OK },
	{ { "[2001:db8::1]" }, "IP:2001:db8::2", "[2001:db8::2]",
	    X509_V_ERR_PERMITTED_VIOLATION },
	{ { "[2001:db8::1]" }, "IP:192.0.2.7", "192.0.2.7",
	    X509_V_ERR_PERMITTED_VIOLATION },
	/* both */
	{ { "api.example", "192.0.2.7" }, "DNS:api.example", "api.example",
	    X509_V_OK },
	{ { "api.example", "192.0.2.7" }, "IP:192.0.2.7", "192.0.2.7",
	    X509_V_OK },
	{ { "api.example", "192.0.2.7" }, "DNS:api.example,IP:192.0.2.9",
	    "192.0.2.9", X509_V_ERR_PERMITTED_VIOLATION },
	{ { "192.0.2.7", "[2001:db8::1]" }, "IP:2001:db8::1", "[2001:db8::1]",
	    X509_V_OK },
};

static X509 *
sign_leaf(const struct signer *ca, const char *cn, const char *name)
{
	EVP_PKEY *key = make_key("EC");
	time_t now = time(NULL);
	X509 *cert;

	cert = make_cert(key, ca, cn, now - 60, now + DAY,
	    NID_basic_constraints, "critical,CA:FALSE",
	    NID_key_usage, "critical,digitalSignature",
	    NID_ext_key_usage, "serverAuth",
	    NID_subject_key_identifier, "hash",
	    NID_authority_key_identifier, "keyid",
	    name != NULL ? NID_subject_alt_name : 0, name, 0);
	EVP_PKEY_free(key);
	return cert;
}

START_TEST(believed)
{
	struct http1_host h = host(leaves[_i].host);
	struct signer ca;
	X509 *leaf;
	bool good = leaves[_i].error == X509_V_OK;
	int i;

	for (i = 0; leaves[_i].hosts[i] != NULL; i++)
		intercept(leaves[_i].hosts[i]);
	ca = make();
	leaf = sign_leaf(&ca, "x y", leaves[_i].name);
	ck_assert_int_eq(verify(ca.cert, leaf, NULL, &h, time(NULL)),
	    leaves[_i].error);
	add_cert("leaf.pem", leaf);
	ck_assert_int_eq(openssl("verify", "-x509_strict", "-purpose",
	    "sslserver", "-CAfile", in_dir("ca/ca.pem"), in_dir("leaf.pem"),
	    NULL), good);
	ck_assert_int_eq(openssl("verify", "-CAfile", in_dir("ca/ca.pem"),
	    in_dir("leaf.pem"), NULL), good);
	X509_free(leaf);
	signer_free(&ca);
}
END_TEST

/* Where there is no subjectAltName, some take the common name for the host. */
START_TEST(common_name)
{
	struct signer ca;
	X509 *leaf;

	intercept("api.example");
	ca = make();
	leaf = sign_leaf(&ca, "evil.example", NULL);
	ck_assert_int_eq(verify(ca.cert, leaf, NULL, NULL, time(NULL)),
	    X509_V_ERR_PERMITTED_VIOLATION);
	X509_free(leaf);
	signer_free(&ca);
}
END_TEST

/* pathlen:0, so no CA below it can be made that knows no constraints. */
START_TEST(no_ca_below)
{
	struct signer ca, below = { NULL, make_key("EC") };
	STACK_OF(X509)	*chain = sk_X509_new_null();
	time_t now = time(NULL);
	X509 *leaf;

	intercept("api.example");
	ca = make();
	below.cert = make_cert(below.key, &ca, "below", now - 60, now + DAY,
	    CA_EXTENSIONS, 0);
	sk_X509_push(chain, below.cert);
	leaf = sign_leaf(&below, "api.example", "DNS:api.example");
	ck_assert_int_eq(verify(ca.cert, leaf, chain, NULL, now),
	    X509_V_ERR_PATH_LENGTH_EXCEEDED);
	sk_X509_free(chain);
	X509_free(leaf);
	signer_free(&below);
	signer_free(&ca);
}
END_TEST

/* For servers alone: no mail, no code. */
START_TEST(no_other_purpose)
{
	EVP_PKEY *key = make_key("EC");
	struct signer ca;
	time_t now = time(NULL);
	X509 *leaf;

	intercept("api.example");
	ca = make();
	leaf = make_cert(key, &ca, "x", now - 60, now + DAY,
	    NID_subject_alt_name, "email:x@evil.example",
	    NID_ext_key_usage, "emailProtection",
	    NID_authority_key_identifier, "keyid", 0);
	add_cert("leaf.pem", leaf);
	ck_assert(!openssl("verify", "-purpose", "smimesign", "-CAfile",
	    in_dir("ca/ca.pem"), in_dir("leaf.pem"), NULL));
	X509_free(leaf);
	EVP_PKEY_free(key);
	signer_free(&ca);
}
END_TEST

/* Nothing to sign, or everything */

static void
refused(const char *want)
{
	char *cause = NULL;

	ck_assert(!make_in("ca", &cause));
	ck_assert_str_eq(said, "");
	ck_assert(!exists("ca"));
	ck_cause(cause, NULL, want);
}

START_TEST(no_host)
{
	const char *want = "no host has https: intercept, so there is "
	    "nothing for a CA to sign";

	refused(want);
	add_rule("api.example", RULE_HTTPS_TUNNEL);
	add_rule("b.example", RULE_HTTPS_UPSTREAM);
	refused(want);
}
END_TEST

START_TEST(every_host)
{
	intercept("api.example");
	intercept("*:8443");
	refused("https: intercept in *:8443 stands for every host, and a CA "
	    "cannot be constrained to that; name the hosts, as in "
	    "*.example.org");
	conf.path = strdup("a.yaml");
	rules[1].https_at.line = 12;
	rules[1].https_at.column = 5;
	refused("a.yaml:12:5: https: intercept in *:8443 stands for every "
	    "host, and a CA cannot be constrained to that; name the hosts, as "
	    "in *.example.org");
}
END_TEST

START_TEST(by_default)
{
	intercept("api.example");
	conf.fallback.https = RULE_HTTPS_INTERCEPT;
	refused("https: intercept in defaults stands for every host, and a CA "
	    "cannot be constrained to that; name the hosts, as in "
	    "*.example.org");
}
END_TEST

/* Files */

static unsigned
count_files(const char *name)
{
	DIR *d = opendir(in_dir(name));
	struct dirent *e;
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	closedir(d);
	return n;
}

START_TEST(modes)
{
	struct signer ca;
	mode_t old = umask(0);

	intercept("api.example");
	ca = make();
	umask(old);
	ck_assert_uint_eq(mode("ca"), 0700);
	ck_assert_uint_eq(mode("ca/ca.key"), 0600);
	ck_assert_uint_eq(mode("ca/ca.pem"), 0644);
	ck_assert_uint_eq(mode("ca/bundle.pem"), 0644);
	ck_assert_uint_eq(count_files("ca"), 3);
	signer_free(&ca);
}
END_TEST

START_TEST(directory_that_is_there)
{
	struct signer ca;

	intercept("api.example");
	ck_assert_int_eq(mkdir(in_dir("ca"), 0755), 0);
	put_text("ca/other", "", 0644);
	ca = make();
	ck_assert_uint_eq(mode("ca"), 0755);
	ck_assert(exists("ca/other"));
	signer_free(&ca);
}
END_TEST

/* No part of it is overwritten, and no other part is left. */
START_TEST(files_that_are_there)
{
	static const char *const names[] = {
		"ca/ca.key", "ca/ca.pem", "ca/bundle.pem",
	};
	const char *there = names[_i];
	char *cause = NULL;
	struct stat st;
	int i;

	intercept("api.example");
	ck_assert_int_eq(mkdir(in_dir("ca"), 0700), 0);
	put_text(there, "mine", 0600);
	ck_assert(!make_in("ca", &cause));
	ck_cause(cause, there, ": is there already, and is not overwritten");
	ck_assert_int_eq(stat(in_dir(there), &st), 0);
	ck_assert_int_eq(st.st_size, 4);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(exists(names[i]), i == _i);
	ck_assert_uint_eq(count_files("ca"), 1);
	ck_assert_str_eq(said, "");
}
END_TEST

/* A link is there, too, wherever it leads. */
START_TEST(link_that_is_there)
{
	char *cause = NULL;

	intercept("api.example");
	ck_assert_int_eq(mkdir(in_dir("ca"), 0700), 0);
	ck_assert_int_eq(symlink("../elsewhere", in_dir("ca/ca.key")), 0);
	ck_assert(!make_in("ca", &cause));
	ck_cause(cause, "ca/ca.key", ": is there already, and is not "
	    "overwritten");
	ck_assert(!exists("elsewhere"));
}
END_TEST

START_TEST(no_directory)
{
	char *cause = NULL;

	intercept("api.example");
	ck_assert(!make_in("a/b", &cause));
	ck_cause(cause, "a/b", ": No such file or directory");
	put_text("file", "", 0600);
	ck_assert(!make_in("file", &cause));
	ck_cause(cause, "file/ca.key", ": Not a directory");
	ck_assert(exists("file"));
}
END_TEST

/*
 * A file that cannot be written whole is not left, nor what was made for it.
 * Check notes each assertion in a file of its own, which the limit would cut
 * short too: there is none while it holds.
 */
START_TEST(no_room)
{
	struct rlimit old, none;
	char *cause = NULL;
	bool ok;
	int lowered, raised;

	intercept("api.example");
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 300;	/* enough for the key */
	lowered = setrlimit(RLIMIT_FSIZE, &none);
	ok = make_unchecked("ca", &cause);
	raised = setrlimit(RLIMIT_FSIZE, &old);
	ck_assert_int_eq(lowered, 0);
	ck_assert_int_eq(raised, 0);
	ck_assert(!ok);
	ck_cause(cause, "ca/ca.pem", ": cannot write: File too large");
	ck_assert(!exists("ca"));
}
END_TEST

/* What it says */

static void	 ck_said(const char *, ...)
		    __attribute__((format(printf, 1, 2)));

static void
ck_said(const char *format, ...)
{
	char *want;
	va_list ap;

	va_start(ap, format);
	ck_assert_int_ne(vasprintf(&want, format, ap), -1);
	va_end(ap);
	ck_assert_msg(strstr(said, want) != NULL, "%s in %s", want, said);
	free(want);
}

/* In place of the C library's: somebody presses ^C before it is there. */
static int	 signal_at_fsync;

int
fsync(int fd)
{
	(void)fd;
	if (signal_at_fsync != 0)
		(void)raise(signal_at_fsync);
	return 0;
}

static void
make_interrupted(int sig)
{
	char *cause = NULL;
	static const struct tls_ca_file files[] = {
		{ "a.key", 0600, "a", 1 }, { "b.key", 0600, "b", 1 },
	};

	(void)signal(sig, SIG_DFL);
	signal_at_fsync = sig;
	_exit(tls_ca_files_make(in_dir("ca"), files, 2, &cause) ? 0 : 1);
}

/* All that is there, keys of one letter. */
static int
count_keys(void)
{
	struct dirent *e;
	int n = 0;
	DIR *d = opendir(in_dir("ca"));

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") !=
		    0) {
			ck_assert_str_eq(e->d_name + 1, ".key");
			n++;
		}
	closedir(d);
	return n;
}

static void
run_interrupted(int sig)
{
	const struct rlimit none = { 0, 0 };
	int status;
	pid_t pid;

	ck_assert_int_eq(mkdir(in_dir("ca"), 0700), 0);
	if ((pid = fork()) == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		make_interrupted(sig);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == sig);
}

START_TEST(interrupted)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

	run_interrupted(sigs[_i]);
	ck_assert_int_eq(count_keys(), 2);
}
END_TEST

/* Nor is a key left by one that nobody can hold back, under any name. */
START_TEST(killed)
{
	int fd = open(dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd == -1)
		return;		/* this file system cannot do better */
	close(fd);
	run_interrupted(SIGKILL);
	ck_assert_int_eq(count_keys(), 0);
}
END_TEST

START_TEST(says)
{
	struct signer ca;
	char *real = realpath(dir, NULL);

	conf.path = strdup("/etc/sluice.yaml");
	intercept("api.example");
	ca = make();
	ck_said("# %s/ca/ca.pem may speak for 1 name and all below it, until ",
	    real);
	ck_said("\n# To other hosts it cannot be extended; one that can is "
	    "made with --within.\n");
	ck_said("\n# In /etc/sluice.yaml:\ntls: {ca_certificate: %s/ca/ca.pem, "
	    "ca_key: %s/ca/ca.key}\n", real, real);
	free(real);
	signer_free(&ca);
}
END_TEST

START_TEST(says_nothing_that_is_set)
{
	struct signer ca;

	conf.tls_ca_certificate = strdup(in_dir("ca/ca.pem"));
	conf.tls_ca_key = strdup(in_dir("ca/../ca/ca.key"));
	intercept("192.0.2.7");
	intercept("192.0.2.8");
	ca = make();
	ck_assert_ptr_null(strstr(said, "ca_certificate"));
	ck_said("may speak for 2 addresses, until ");
	signer_free(&ca);
}
END_TEST

START_TEST(quotes)
{
	char *cause = NULL, *real = realpath(dir, NULL);

	intercept("api.example");
	intercept("b.example");
	intercept("192.0.2.7");
	ck_assert(make_in("it's, so", &cause));
	ck_said("may speak for 2 names and all below them, and 1 address, "
	    "until ");
	ck_said("{ca_certificate: '%s/it''s, so/ca.pem', ca_key: "
	    "'%s/it''s, so/ca.key'}\n", real, real);
	remove_dir(in_dir("it's, so"));
	free(real);
}
END_TEST

static Suite *
tls_ca_suite(void)
{
	Suite *suite = suite_create("tls_ca");
	TCase *certificate = tcase_create("certificate");
	TCase *belief = tcase_create("belief");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(certificate, ca_setup, ca_teardown);
	tcase_add_test(certificate, fields);
	tcase_add_test(certificate, extensions);
	tcase_add_test(certificate, constraints);
	tcase_add_test(certificate, constraints_names_only);
	tcase_add_test(certificate, constraints_ipv4_only);
	tcase_add_test(certificate, no_host);
	tcase_add_test(certificate, every_host);
	tcase_add_test(certificate, by_default);
	suite_add_tcase(suite, certificate);

	tcase_add_checked_fixture(belief, ca_setup, ca_teardown);
	tcase_set_timeout(belief, 60);
	tcase_add_loop_test(belief, believed, 0,
	    sizeof leaves / sizeof leaves[0]);
	tcase_add_test(belief, common_name);
	tcase_add_test(belief, no_ca_below);
	tcase_add_test(belief, no_other_purpose);
	suite_add_tcase(suite, belief);

	tcase_add_checked_fixture(files, ca_setup, ca_teardown);
	tcase_add_test(files, modes);
	tcase_add_test(files, directory_that_is_there);
	tcase_add_loop_test(files, files_that_are_there, 0, 3);
	tcase_add_test(files, link_that_is_there);
	tcase_add_test(files, no_directory);
	tcase_add_test(files, no_room);
	tcase_add_loop_test(files, interrupted, 0, 4);
	tcase_add_test(files, killed);
	tcase_add_test(files, says);
	tcase_add_test(files, says_nothing_that_is_set);
	tcase_add_test(files, quotes);
	suite_add_tcase(suite, files);
	return suite;
}

int
main(void)
{
	return run_suite(tls_ca_suite());
}

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_TLS_H
#define SLUICE_CHECK_TLS_H

#include <sys/stat.h>
#include <sys/wait.h>

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "http/http1.h"
#include "http/http1_host.h"

/*
 * Keys, certificates and files that are made without the code under test, and
 * what OpenSSL thinks of certificates.
 */

#define NOW	((time_t)1800000000)	/* 2027-01-15T08:00:00Z */
#define DAY	((time_t)86400)
#define UNUSED	__attribute__((unused))

/* Each test has a directory of its own. */
static char	 dir[256];

UNUSED static void
setup(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof dir, "%s/sluice-check.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

/* It and what is in it, but for full directories. */
UNUSED static void
remove_dir(const char *path)
{
	struct dirent *e;
	DIR *d = opendir(path);

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			ck_assert_int_eq(unlinkat(dirfd(d), e->d_name,
			    e->d_type == DT_DIR ? AT_REMOVEDIR : 0), 0);
	closedir(d);
	ck_assert_int_eq(rmdir(path), 0);
}

UNUSED static void
teardown(void)
{
	remove_dir(dir);
}

/* Good until the eighth call after this one. */
UNUSED static const char *
in_dir(const char *name)
{
	static char paths[8][300];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", dir, name);
	return path;
}

UNUSED static void
put_text(const char *name, const char *text, mode_t mode)
{
	FILE *out = fopen(in_dir(name), "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(chmod(in_dir(name), mode), 0);
}

UNUSED static void
put_key(const char *name, EVP_PKEY *key)
{
	FILE *out = fopen(in_dir(name), "w");

	ck_assert_ptr_nonnull(out);
	ck_assert(PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL));
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(chmod(in_dir(name), 0600), 0);
}

/* Behind what is there. */
UNUSED static void
add_cert(const char *name, X509 *cert)
{
	FILE *out = fopen(in_dir(name), "a");

	ck_assert_ptr_nonnull(out);
	ck_assert(PEM_write_X509(out, cert));
	ck_assert_int_eq(fclose(out), 0);
}

/* "EC", "RSA", "ED25519" */
UNUSED static EVP_PKEY *
make_key(const char *type)
{
	EVP_PKEY *key;

	if (strcmp(type, "EC") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, type, "P-256");
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)2048);
	ck_assert_ptr_nonnull(key);
	return key;
}

struct signer {
	X509		*cert;
	EVP_PKEY	*key;
};

UNUSED static void
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_msg(ext != NULL, "%s", value);
	ck_assert(X509_add_ext(cert, ext, -1));
	X509_EXTENSION_free(ext);
}

UNUSED static void
sign_cert(X509 *cert, EVP_PKEY *key)
{
	bool plain = EVP_PKEY_is_a(key, "ED25519");

	ck_assert_int_gt(X509_sign(cert, key, plain ? NULL : EVP_sha256()), 0);
}

/*
 * A certificate for a key (by: NULL, signed with that itself), with
 * extensions: pairs of NID and text, ended by 0.  cn NULL: no subject.
 */
UNUSED static X509 *
make_cert(EVP_PKEY *key, const struct signer *by, const char *cn, time_t from,
    time_t until, ...)
{
	X509 *cert = X509_new(), *issuer;
	va_list ap;
	int nid;

	ck_assert_ptr_nonnull(cert);
	issuer = by != NULL ? by->cert : cert;
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 7);
	ASN1_TIME_set(X509_getm_notBefore(cert), from);
	ASN1_TIME_set(X509_getm_notAfter(cert), until);
	X509_set_pubkey(cert, key);
	if (cn != NULL)
		X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
		    MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	va_start(ap, until);
	while ((nid = va_arg(ap, int)) != 0)
		add_extension(cert, issuer, nid, va_arg(ap, const char *));
	va_end(ap);
	sign_cert(cert, by != NULL ? by->key : key);
	return cert;
}

#define CA_EXTENSIONS							\
	NID_basic_constraints, "critical,CA:TRUE",			\
	NID_key_usage, "critical,keyCertSign,cRLSign",			\
	NID_subject_key_identifier, "hash",				\
	NID_authority_key_identifier, "keyid"

UNUSED static struct http1_host
host(const char *text)
{
	struct http1_host h;

	ck_assert_int_eq(http1_host_parse(&h, text, strlen(text)), HTTP1_OK);
	return h;
}

/*
 * X509_V_OK, or why a client that trusts the CA does not take the certificate,
 * as strictly as can be; h NULL: for any host.
 */
UNUSED static int
verify(X509 *ca, X509 *cert, STACK_OF(X509) *chain, const struct http1_host *h,
    time_t now)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int error;

	ck_assert(X509_STORE_add_cert(store, ca));
	ck_assert(X509_STORE_CTX_init(ctx, store, cert, chain));
	ck_assert(X509_STORE_CTX_set_default(ctx, "ssl_server"));
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, now);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	if (h != NULL && h->kind == HTTP1_NAME)
		ck_assert(X509_VERIFY_PARAM_set1_host(param, h->name, 0));
	else if (h != NULL)
		ck_assert(X509_VERIFY_PARAM_set1_ip_asc(param, h->name));
	X509_verify_cert(ctx);
	error = X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return error;
}

/* Whether "openssl ARGUMENTS", ended by NULL, exits with 0. */
UNUSED static bool
openssl(const char *argument, ...)
{
	posix_spawn_file_actions_t actions;
	char *argv[16] = { (char *)(uintptr_t)"openssl" };
	char *env[] = { NULL };
	int n = 1, status;
	va_list ap;
	pid_t pid;

	va_start(ap, argument);
	for (; argument != NULL && n < 15; argument = va_arg(ap, const char *))
		argv[n++] = (char *)(uintptr_t)argument;
	va_end(ap);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	ck_assert_int_eq(posix_spawnp(&pid, "openssl", &actions, NULL, argv,
	    env), 0);
	posix_spawn_file_actions_destroy(&actions);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* One line in cause: name's path and what; frees it. */
UNUSED static void
ck_cause(char *cause, const char *name, const char *what)
{
	char want[512];

	snprintf(want, sizeof want, "%s%s", name != NULL ? in_dir(name) : "",
	    what);
	ck_assert_ptr_nonnull(cause);
	ck_assert_str_eq(cause, want);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	free(cause);
}

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_TLS_CA_H
#define SLUICE_CHECK_TLS_CA_H

#include "tls/tls_ca.h"

#include <sys/stat.h>

#include "check_tls.h"
#include "conf/conf.h"

/* What the tests of a CA that is made share: its hosts, making and reading. */

#define RULES	8

static struct rule	 rules[RULES];
static struct conf	 conf;
static char		*said;		/* by the last that was made */

static inline void
add_rule(const char *name, enum rule_https https)
{
	ck_assert_uint_lt(conf.nrules, RULES);
	rules[conf.nrules].name = name;
	rules[conf.nrules++].https = https;
}

static inline void
intercept(const char *name)
{
	add_rule(name, RULE_HTTPS_INTERCEPT);
}

static inline void
ca_setup(void)
{
	setup();
	memset(rules, 0, sizeof rules);
	memset(&conf, 0, sizeof conf);
	conf.rules = rules;
	conf.fallback.name = "defaults";
	said = NULL;
}

static inline void
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

static inline bool
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

static inline bool
make_in(const char *name, char **cause)
{
	bool ok = make_unchecked(name, cause);

	ck_assert_uint_eq(ERR_peek_error(), 0);
	return ok;
}

static inline X509 *
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
static inline struct signer
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

static inline void
signer_free(struct signer *ca)
{
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
}

static inline bool
exists(const char *name)
{
	struct stat st;

	return lstat(in_dir(name), &st) == 0;
}

#endif

/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tls/tls_ca_certificate.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "tls/tls_x509.h"

#define CN_SIZE	128	/* 64 are used at most: ub-common-name */

/*
 * No two below one root have the same name: a client that knows an old one
 * would take it for its successor, whose key it has.
 */
static void
put_number(char text[16], X509 *cert)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	const unsigned char *p = ASN1_STRING_get0_data(serial);

	if (ASN1_STRING_length(serial) >= 8)
		snprintf(text, 16, " %02x%02x%02x%02x", p[4], p[5], p[6],
		    p[7]);
}

/* Such as "sluice CA of build7 2026-11-25": for people who look at lists. */
static bool
set_names(X509 *cert, const struct tls_ca_certificate *c)
{
	X509_NAME *name = X509_get_subject_name(cert);
	char host[32] = "", date[16] = "", number[16] = "", cn[CN_SIZE];
	struct tm day;

	if (c->issuer != NULL)
		put_number(number, cert);
	if (gmtime_r(&c->from, &day) != NULL)
		strftime(date, sizeof date, "%Y-%m-%d", &day);
	/* a long name is cut, and then not terminated */
	(void)gethostname(host, sizeof host - 1);
	snprintf(cn, sizeof cn, "sluice %s of %s %s%s", c->what, host, date,
	    number);
	return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
	    (const unsigned char *)cn, -1, -1, 0) &&
	    X509_set_issuer_name(cert, c->issuer != NULL ?
	    X509_get_subject_name(c->issuer) : name);
}

static bool
fill(X509 *cert, const struct tls_ca_certificate *c, unsigned depth)
{
	char constraints[64];

	snprintf(constraints, sizeof constraints,
	    "critical,CA:TRUE,pathlen:%u", depth);
	return tls_x509_extension(cert, NID_basic_constraints, constraints) &&
	    tls_x509_extension(cert, NID_key_usage,
	    "critical,keyCertSign,cRLSign") &&
	    tls_x509_extension(cert, NID_ext_key_usage, "serverAuth") &&
	    tls_x509_key_ids(cert, c->issuer) && (c->constraints == NULL ||
	    X509_add1_ext_i2d(cert, NID_name_constraints, c->constraints, 1,
	    X509V3_ADD_DEFAULT) == 1);
}

X509 *
tls_ca_certificate(const struct tls_ca_certificate *c, unsigned depth)
{
	X509 *cert;

	secret_guard();
	if ((cert = tls_x509_new(c->key)) != NULL &&
	    tls_x509_stamp(cert, c->from, c->until) && set_names(cert, c) &&
	    fill(cert, c, depth) && tls_x509_sign(cert, c->issuer_key))
		return cert;
	X509_free(cert);
	return NULL;
}

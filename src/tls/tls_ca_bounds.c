/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tls/tls_ca_bounds.h"

#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "policy/host_pattern.h"
#include "tls/tls_x509.h"

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
bool
tls_ca_bounds_add(struct tls_ca_bounds *b, const struct http1_host *host)
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
exclude(struct tls_ca_bounds *b, int type, size_t zeros)
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
bool
tls_ca_bounds_close(struct tls_ca_bounds *b)
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
permit_hosts(struct tls_ca_bounds *b, const struct conf *conf,
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
	if (!tls_ca_bounds_add(b, &pattern.host))
		return tls_x509_cause(cause, "out of memory");
	return true;
}

static bool
permit_rule(struct tls_ca_bounds *b, const struct conf *conf,
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

bool
tls_ca_bounds_of_conf(struct tls_ca_bounds *b, const struct conf *conf,
    char **cause)
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
	return true;
}

bool
tls_ca_bounds_of_pattern(struct tls_ca_bounds *b, const char *text,
    bool *every, char **cause)
{
	struct host_pattern pattern;
	const char *expected;

	expected = host_pattern_parse(&pattern, text, strlen(text));
	if (expected != NULL)
		return tls_x509_cause(cause, "%s: expected %s", text,
		    expected);
	*every = pattern.host.name[0] == '\0';
	if (!*every && !tls_ca_bounds_add(b, &pattern.host))
		return tls_x509_cause(cause, "out of memory");
	return true;
}

bool
tls_ca_bounds_of_certificate(struct tls_ca_bounds *b, X509 *certificate)
{
	const GENERAL_NAME *base;
	int i, n;

	b->nc = X509_get_ext_d2i(certificate, NID_name_constraints, NULL,
	    NULL);
	if (b->nc == NULL)
		return false;
	sk_GENERAL_SUBTREE_pop_free(b->nc->excludedSubtrees,
	    GENERAL_SUBTREE_free);
	b->nc->excludedSubtrees = NULL;
	n = sk_GENERAL_SUBTREE_num(b->nc->permittedSubtrees);
	for (i = 0; i < n; i++) {
		base = sk_GENERAL_SUBTREE_value(b->nc->permittedSubtrees,
		    i)->base;
		if (base->type == GEN_DNS)
			b->n[HTTP1_NAME]++;
		else if (base->type == GEN_IPADD)
			b->n[ASN1_STRING_length(base->d.iPAddress) ==
			    2 * sizeof(struct in_addr) ? HTTP1_IPV4 :
			    HTTP1_IPV6]++;
	}
	return true;
}

void
tls_ca_bounds_free(struct tls_ca_bounds *b)
{
	NAME_CONSTRAINTS_free(b->nc);
	b->nc = NULL;
}

/* SPDX-License-Identifier: ISC */
#include "tls/tls_warnings.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "conf/conf.h"
#include "conf/conf_warnings.h"
#include "http/http1_host.h"
#include "policy/host_pattern.h"
#include "tls/tls_context.h"

/* A host that a pattern stands for. */
static bool
example_host(const char *pattern, struct http1_host *host)
{
	struct host_pattern p;
	char name[HTTP1_HOST + 3];

	if (host_pattern_parse(&p, pattern, strlen(pattern)) != NULL)
		return false;
	*host = p.host;
	if (!p.wildcard)
		return true;
	snprintf(name, sizeof name, "x%s%s", p.host.name[0] != '\0' ? "." : "",
	    p.host.name);
	return http1_host_parse(host, name, strlen(name)) == HTTP1_OK;
}

/* Nobody who looks at it goes on with a certificate that is not in force. */
static void
warn_of_time(const struct conf *conf, struct place at, const char *in,
    const char *name, X509 *x, void (*line)(const char *, void *), void *arg)
{
	const ASN1_TIME *when;
	const char *is;
	char text[32];
	struct tm tm;

	if (x == NULL)
		return;
	if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0) {
		when = X509_get0_notAfter(x);
		is = "expired at";
	} else if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0) {
		when = X509_get0_notBefore(x);
		is = "is not valid before";
	} else
		return;
	if (ASN1_TIME_to_tm(when, &tm) == 1 &&
	    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		conf_warn(conf, at, line, arg, "%s%s.tls.certificate: it %s "
		    "%s", in, name, is, text);
}

static bool
may_speak_for(const struct conf *conf, const char *pattern)
{
	struct http1_host host;

	return !example_host(pattern, &host) ||
	    tls_contexts_permit(conf, &host);
}

/* Of all hosts of a rule, one is told of. */
static void
warn_of_ca(const struct conf *conf, const struct rule *rule,
    void (*line)(const char *, void *), void *arg)
{
	const char *host = rule->name;
	unsigned i = 0;

	while (may_speak_for(conf, host)) {
		if (i == rule->nsame)
			return;
		host = rule->same[i++];
	}
	conf_warn(conf, rule->https_at, line, arg, "hosts.%s: "
	    "tls.ca_certificate may not speak for %s%s: CONNECT is refused "
	    "until a CA made with this configuration is there (\"sluice ca\")",
	    rule->name, i == 0 ? "it" : host, i == 0 ? "" :
	    ", which is in same");
}

static void
warn_of(const struct conf *conf, const struct rule *rule,
    void (*line)(const char *, void *), void *arg)
{
	if (rule->tls_certificate != NULL)
		warn_of_time(conf, rule->tls_at, "hosts.", rule->name,
		    tls_contexts_certificate(conf, rule), line, arg);
	if (!rule->tls_verify)
		conf_warn(conf, rule->at, line, arg, "hosts.%s: tls.verify is "
		    "false: whoever answers there is taken for the host",
		    rule->name);
	if (rule->https == RULE_HTTPS_INTERCEPT)
		warn_of_ca(conf, rule, line, arg);
}

static void
warn_of_listeners(const struct conf *conf, const char *in,
    const struct conf_addresses *addresses,
    SSL_CTX *(*context)(const struct conf *, size_t),
    void (*line)(const char *, void *), void *arg)
{
	char key[32];
	SSL_CTX *ctx;
	size_t i;

	for (i = 0; i < addresses->n; i++) {
		if ((ctx = context(conf, i)) == NULL)
			continue;
		snprintf(key, sizeof key, "[%zu]", i);
		warn_of_time(conf, addresses->list[i].tls_at, in, key,
		    SSL_CTX_get0_certificate(ctx), line, arg);
	}
}

void
tls_warnings(const struct conf *conf,
    void (*line)(const char *, void *), void *arg)
{
	size_t i;

	warn_of_listeners(conf, "listen", &conf->listen, tls_contexts_listener,
	    line, arg);
	warn_of_listeners(conf, "admin.web", &conf->admin_web,
	    tls_contexts_web, line, arg);
	for (i = 0; i < conf->nrules; i++)
		warn_of(conf, &conf->rules[i], line, arg);
	if (!conf->fallback.tls_verify)
		conf_warn(conf, conf->fallback.at, line, arg, "%s: tls.verify "
		    "is false: whoever answers is taken for the host",
		    conf->fallback.name);
}

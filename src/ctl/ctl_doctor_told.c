/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/conf.h"
#include "ctl/ctl_doctor_clients.h"
#include "ctl/ctl_doctor_direct.h"
#include "ctl/ctl_doctor_proxy.h"
#include "tls/tls_bundle.h"

#define HOSTS	5	/* that are named, of those that are bypassed */

/* Whom they ask without it */

/* The entry of either that has a rule's hosts bypassed; NULL: none. */
static const char *
entry_of(const struct ctl_doctor_subject *s, const struct rule *rule,
    const char **of, size_t *n)
{
	static const char *const names[] = { "no_proxy", "NO_PROXY" };
	const char *entry = NULL, *port = "";
	char name[300];
	size_t i;

	snprintf(name, sizeof name, "%s", rule->name);
	if (rule->has_port && strrchr(name, ':') != NULL) {
		port = strrchr(rule->name, ':') + 1;
		*strrchr(name, ':') = '\0';
	}
	for (i = 0; entry == NULL && i < 2; i++) {
		*of = names[i];
		entry = ctl_doctor_direct(ctl_doctor_proxy_value(s, names[i]),
		    name, port, n);
	}
	return entry;
}

static void
check_direct(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	const char *entry, *of;
	size_t i, n, found = 0;

	for (i = 0; s->conf != NULL && i < s->conf->nrules; i++) {
		entry = entry_of(s, &s->conf->rules[i], &of, &n);
		if (entry == NULL || ++found > HOSTS)
			continue;
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "NO_PROXY", "\"%.*s\" in "
		    "%s has programs ask %s without the proxy, and its "
		    "limits: take it out", (int)n, entry, of,
		    s->conf->rules[i].name);
	}
	if (found > HOSTS)
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "NO_PROXY", "%zu other "
		    "hosts as well", found - HOSTS);
	if (found == 0 && s->conf != NULL &&
	    (ctl_doctor_proxy_value(s, "no_proxy")[0] != '\0' ||
	    ctl_doctor_proxy_value(s, "NO_PROXY")[0] != '\0'))
		ctl_doctor_find(f, CTL_DOCTOR_OK, "NO_PROXY", "none of the "
		    "hosts that the configuration names");
}

/* Whom they trust */

static const char *const trusting[] = {
	"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT",
	"AWS_CA_BUNDLE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO",
	"npm_config_cafile", "PERL_LWP_SSL_CA_FILE", "NODE_EXTRA_CA_CERTS",
	"DENO_CERT",
};
#define TRUSTING	(sizeof trusting / sizeof trusting[0])

/* "CURL_CA_BUNDLE, PIP_CERT": those that name the file, from one on. */
static void
put_names(struct text *t, const struct ctl_doctor_subject *s, size_t from,
    const char *path)
{
	size_t i;

	for (i = from; i < TRUSTING; i++)
		if (strcmp(ctl_doctor_proxy_value(s, trusting[i]), path) == 0) {
			text_puts(t, i > from ? ", " : "");
			text_puts(t, trusting[i]);
		}
	text_put(t, "", 1);
}

static void
check_file(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s,
    const char *names, const char *path)
{
	char *cause = NULL;
	bool all;

	if (!tls_bundle_has(path, s->client->trust, &all, &cause))
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "trust", "%s: %s", names,
		    cause != NULL ? cause : "out of memory");
	else if (!all)
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "trust", "%s: %s lacks the "
		    "CA; sluice env and sluice ca make a bundle that has it",
		    names, path);
	else
		ctl_doctor_find(f, CTL_DOCTOR_OK, "trust", "%s: %s has the CA",
		    names, path);
	free(cause);
}

/* Each file once. */
static void
check_trust(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	struct text names = { .p = NULL };
	const char *path;
	size_t i, k;

	for (i = 0; i < TRUSTING; i++) {
		path = ctl_doctor_proxy_value(s, trusting[i]);
		for (k = 0; k < i && strcmp(ctl_doctor_proxy_value(s,
		    trusting[k]), path) != 0; k++)
			continue;
		if (path[0] == '\0' || k < i)
			continue;
		text_reset(&names);
		put_names(&names, s, i, path);
		check_file(f, s, names.failed ? trusting[i] : names.p, path);
	}
	text_free(&names);
}

/* Who is tried */

static void
check_programs(struct ctl_doctor_findings *f)
{
	const struct ctl_doctor_client *c = ctl_doctor_clients();
	char path[PATH_MAX];

	while (c->name != NULL && !ctl_doctor_client_find(c, path))
		c++;
	if (c->name == NULL)
		ctl_doctor_find(f, CTL_DOCTOR_NOTE, "programs", "none that can "
		    "be tried is in PATH: nothing was");
	else
		ctl_doctor_find(f, CTL_DOCTOR_NOTE, "programs", "are tried "
		    "without their files of settings (~/.curlrc, ~/.gitconfig, "
		    "~/.npmrc, pip.conf and the like) and a desktop's: what "
		    "those say of a proxy is not seen");
}

bool
ctl_doctor_check_told(struct ctl_doctor_findings *f,
    const struct ctl_doctor_subject *s)
{
	bool ours = ctl_doctor_proxy(f, s);

	check_direct(f, s);
	if (s->client->trust != NULL)
		check_trust(f, s);
	if (ours)
		check_programs(f);
	return ours;
}

/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "conf/conf.h"
#include "ctl/ctl_json.h"
#include "tls/tls_bundle.h"

#define HOSTS	5	/* that are named, of those that are bypassed */

static const char *
value_of(const struct ctl_doctor_subject *s, const char *name)
{
	const char *value = getenv(name);
	unsigned i;

	for (i = 0; s->variables != NULL && i < s->variables->n; i++)
		if (strcmp(s->variables->list[i].name, name) == 0)
			value = s->variables->list[i].value;
	return value != NULL ? value : "";
}

/* The proxy */

/* "http://name:password@localhost:3128/": what is between @ and the end. */
static size_t
authority_of(const char *url, const char **begin)
{
	const char *p = strstr(url, "://"), *at;
	size_t n;

	p = p != NULL ? p + 3 : url;
	n = strcspn(p, "/?#");
	at = memrchr(p, '@', n);
	if (at != NULL) {
		n -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	*begin = p;
	return n;
}

static bool
is_loopback(const char *host, size_t n)
{
	return (n == 9 && strncasecmp(host, "localhost", 9) == 0) ||
	    (n > 4 && strncmp(host, "127.", 4) == 0) ||
	    (n == 5 && strncmp(host, "[::1]", 5) == 0);
}

/* The same place: one name of the loopback is as good as another. */
static bool
is_same(const char *a, const char *b)
{
	const char *x, *y, *xport, *yport;
	size_t xn = authority_of(a, &x), yn = authority_of(b, &y);

	if (xn == yn && strncasecmp(x, y, xn) == 0)
		return true;
	xport = memrchr(x, ':', xn);
	yport = memrchr(y, ':', yn);
	return xport != NULL && yport != NULL &&
	    xn - (size_t)(xport - x) == yn - (size_t)(yport - y) &&
	    strncmp(xport, yport, xn - (size_t)(xport - x)) == 0 &&
	    is_loopback(x, (size_t)(xport - x)) &&
	    is_loopback(y, (size_t)(yport - y));
}

static bool
is_ours(const struct ctl_doctor_subject *s, const char *url)
{
	const json_t *list = ctl_member(s->client->answer, "proxies");
	const char *one;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		one = json_string_value(json_array_get(list, i));
		if (one != NULL && is_same(url, one))
			return true;
	}
	return false;
}

/* Returns false where one of them names another proxy. */
static bool
check_proxy(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	static const char *const names[] = {
		"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY",
		"all_proxy", "ALL_PROXY",
	};
	const char *value, *begin;
	unsigned i, ours = 0, others = 0;
	size_t n;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		value = value_of(s, names[i]);
		if (value[0] == '\0')
			continue;
		if (is_ours(s, value)) {
			ours++;
			continue;
		}
		others++;
		n = authority_of(value, &begin);
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "proxy", "%s names %.*s, "
		    "and this daemon listens at %s: export %s=%s", names[i],
		    (int)n, begin, s->client->proxy, names[i],
		    s->client->proxy);
	}
	if (ours + others == 0)
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "proxy", "no variable names "
		    "it, so most programs go direct: eval \"$(sluice env)\", "
		    "or sluice exec PROGRAM");
	else if (others == 0)
		ctl_doctor_find(f, CTL_DOCTOR_OK, "proxy", "%u variable%s "
		    "name%s it", ours, ours == 1 ? "" : "s", ours == 1 ? "s" :
		    "");
	return others == 0;
}

/* Whom they ask without it */

static bool
ends_with(const char *text, const char *end, size_t n)
{
	size_t len = strlen(text);

	return len >= n && strncasecmp(text + len - n, end, n) == 0;
}

/*
 * Whether an entry of NO_PROXY stands for a rule's hosts, or some of them, as
 * the most generous of programs read it.
 */
static bool
is_bypassed(const char *rule, const char *entry, size_t n)
{
	if (n == 1 && entry[0] == '*')
		return true;
	if (n > 2 && strncmp(entry, "*.", 2) == 0) {
		entry += 2;
		n -= 2;
	} else if (n > 1 && entry[0] == '.') {
		entry++;
		n--;
	}
	if (strncmp(rule, "*.", 2) == 0)
		rule += 2;
	return ends_with(rule, entry, n) && (strlen(rule) == n ||
	    rule[strlen(rule) - n - 1] == '.');
}

/* The entry that a rule's hosts are bypassed by; NULL: none. */
static const char *
entry_of(const char *list, const char *rule, size_t *n)
{
	while (*list != '\0') {
		list += strspn(list, ", ");
		*n = strcspn(list, ", ");
		if (*n > 0 && is_bypassed(rule, list, *n))
			return list;
		list += *n;
	}
	return NULL;
}

static void
check_direct(struct ctl_doctor_findings *f, const struct ctl_doctor_subject *s)
{
	const char *list = value_of(s, "no_proxy"), *entry;
	char rule[256];
	size_t i, n, found = 0;

	if (list[0] == '\0')
		list = value_of(s, "NO_PROXY");
	for (i = 0; s->conf != NULL && i < s->conf->nrules; i++) {
		snprintf(rule, sizeof rule, "%s", s->conf->rules[i].name);
		if (s->conf->rules[i].has_port && strrchr(rule, ':') != NULL)
			*strrchr(rule, ':') = '\0';
		if ((entry = entry_of(list, rule, &n)) == NULL)
			continue;
		if (++found <= HOSTS)
			ctl_doctor_find(f, CTL_DOCTOR_BAD, "NO_PROXY", "\"%.*s"
			    "\" in it has programs ask %s without the proxy, "
			    "and its limits: take it out", (int)n, entry,
			    s->conf->rules[i].name);
	}
	if (found > HOSTS)
		ctl_doctor_find(f, CTL_DOCTOR_BAD, "NO_PROXY", "%zu other "
		    "hosts as well", found - HOSTS);
	if (found == 0 && list[0] != '\0')
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
		if (strcmp(value_of(s, trusting[i]), path) == 0) {
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
		path = value_of(s, trusting[i]);
		for (k = 0; k < i && strcmp(value_of(s, trusting[k]), path) !=
		    0; k++)
			continue;
		if (path[0] == '\0' || k < i)
			continue;
		text_reset(&names);
		put_names(&names, s, i, path);
		check_file(f, s, names.failed ? trusting[i] : names.p, path);
	}
	text_free(&names);
}

bool
ctl_doctor_check_told(struct ctl_doctor_findings *f,
    const struct ctl_doctor_subject *s)
{
	bool ours = check_proxy(f, s);

	check_direct(f, s);
	if (s->client->trust != NULL)
		check_trust(f, s);
	if (ours)
		ctl_doctor_find(f, CTL_DOCTOR_NOTE, "programs", "are tried "
		    "without their files of settings (~/.curlrc, ~/.gitconfig, "
		    "~/.npmrc, pip.conf and the like): what those say of a "
		    "proxy is not seen");
	return ours;
}

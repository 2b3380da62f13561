/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/ctl_doctor_java.h"
#include "ctl/ctl_doctor_url.h"
#include "ctl/ctl_json.h"

#define BLANKS	" \t\r\n\"'=;{}"

struct tally {
	struct ctl_doctor_findings *f;
	const struct ctl_doctor_subject *s;
	unsigned	 ours, others;
	bool		 http, https;	/* it is named for that */
};

const char *
ctl_doctor_proxy_value(const struct ctl_doctor_subject *s, const char *name)
{
	const char *value = getenv(name);
	unsigned i;

	for (i = 0; s->variables != NULL && i < s->variables->n; i++)
		if (strcmp(s->variables->list[i].name, name) == 0)
			value = s->variables->list[i].value;
	return value != NULL ? value : "";
}

static bool
has_scheme(const struct ctl_doctor_url *u, const struct ctl_doctor_url *v)
{
	return u->nscheme == v->nscheme &&
	    strncasecmp(u->scheme, v->scheme, u->nscheme) == 0;
}

/* Whether the daemon listens there; strict: and is asked so. */
static bool
is_ours(const struct ctl_doctor_subject *s, const struct ctl_doctor_url *u,
    bool strict)
{
	const json_t *list = ctl_member(s->client->answer, "proxies");
	struct ctl_doctor_url v;
	const char *one;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		one = json_string_value(json_array_get(list, i));
		if (one == NULL)
			continue;
		ctl_doctor_url_parse(&v, one);
		if (ctl_doctor_url_same(u, &v) && (!strict ||
		    has_scheme(u, &v)))
			return true;
	}
	return false;
}

/* Returns whether it names the daemon, and says what else it does. */
static bool
check_url(struct tally *t, const char *name, const char *value)
{
	const char *proxy = t->s->client->proxy;
	struct ctl_doctor_url u;

	ctl_doctor_url_parse(&u, value);
	if (u.unclear)
		ctl_doctor_find(t->f, CTL_DOCTOR_BAD, "proxy", "%s has a "
		    "character in its name or password that is to be written "
		    "as %%XX: programs do not agree where they end, and some "
		    "ask another host", name);
	else if (is_ours(t->s, &u, true)) {
		t->ours++;
		return true;
	} else
		ctl_doctor_find(t->f, CTL_DOCTOR_BAD, "proxy", "%s names "
		    "%.*s://%.*s, and this daemon listens at %s: export %s=%s",
		    name, (int)u.nscheme, u.scheme, (int)u.nauthority,
		    u.authority, proxy, name, proxy);
	t->others++;
	return false;
}

static void
check_variables(struct tally *t)
{
	static const struct {
		const char	*name;
		bool		 http, https;
	} names[] = {
		{ "http_proxy", true, false }, { "HTTP_PROXY", true, false },
		{ "https_proxy", false, true }, { "HTTPS_PROXY", false, true },
		{ "all_proxy", true, true }, { "ALL_PROXY", true, true },
		{ "npm_config_proxy", false, false },
		{ "npm_config_http_proxy", false, false },
		{ "npm_config_https_proxy", false, false },
		{ "NPM_CONFIG_PROXY", false, false },
		{ "NPM_CONFIG_HTTP_PROXY", false, false },
		{ "NPM_CONFIG_HTTPS_PROXY", false, false },
		{ "CARGO_HTTP_PROXY", false, false },
		{ "PIP_PROXY", false, false },
	};
	const char *value;
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		value = ctl_doctor_proxy_value(t->s, names[i].name);
		if (value[0] == '\0' || !check_url(t, names[i].name, value))
			continue;
		t->http |= names[i].http;
		t->https |= names[i].https;
	}
}

/* "-Dhttp.proxyHost=localhost -Dhttp.proxyPort=3128"; whether it has any. */
static bool
check_java_text(struct tally *t, const char *name, const char *text)
{
	struct ctl_doctor_java java;
	struct ctl_doctor_url u;
	const char *at = text;
	bool any = false;
	char url[300];

	while (ctl_doctor_java_next(text, &at, &java)) {
		any = true;
		if (java.nhost == 0)
			continue;
		snprintf(url, sizeof url, "%s://%.*s:%u", java.http ? "http" :
		    "socks", (int)(java.nhost < 255 ? java.nhost : 255),
		    java.host, java.port);
		ctl_doctor_url_parse(&u, url);
		if (java.http && is_ours(t->s, &u, false))
			continue;
		t->others++;
		ctl_doctor_find(t->f, CTL_DOCTOR_BAD, "proxy", "%s names "
		    "%.*s, and this daemon listens at %s", name,
		    (int)u.nauthority, u.authority, t->s->client->proxy);
	}
	return any;
}

/* Its own file counts where no option says it. */
static void
check_java(struct tally *t)
{
	static const char *const names[] = {
		"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS",
	};
	char *own;
	bool any = false;
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		any |= check_java_text(t, names[i],
		    ctl_doctor_proxy_value(t->s, names[i]));
	if (any || (own = ctl_doctor_java_properties()) == NULL)
		return;
	(void)check_java_text(t, "Java's net.properties", own);
	free(own);
}

/* Whether a line of a file of settings is about which proxy is asked. */
static bool
is_of_proxy(const char *line)
{
	static const char *const not[] = {
		"use", "no_", "no-", "nop", "proxy", "#", "//",
	};
	size_t i;

	line += strspn(line, " \t");
	for (i = 0; i < sizeof not / sizeof not[0]; i++)
		if (strncasecmp(line, not[i], strlen(not[i])) == 0)
			return false;
	return strcasestr(line, "proxy") != NULL;
}

/* Its last word is the value: http_proxy = URL, Acquire::http::Proxy "URL"; */
static void
check_line(struct tally *t, const char *name, char *line)
{
	char *word = NULL, *one, *rest = line;
	struct ctl_doctor_url u;

	if (!is_of_proxy(line))
		return;
	while ((one = strsep(&rest, BLANKS)) != NULL)
		if (one[0] != '\0')
			word = one;
	if (word == NULL || strcasecmp(word, "DIRECT") == 0)
		return;
	ctl_doctor_url_parse(&u, word);
	if (!u.unclear && is_ours(t->s, &u, true))
		return;
	t->others++;
	ctl_doctor_find(t->f, CTL_DOCTOR_BAD, "proxy", "the file that %s "
	    "names has another proxy, %.*s, and this daemon listens at %s",
	    name, (int)u.nauthority, u.authority, t->s->client->proxy);
}

static void
check_file(struct tally *t, const char *name)
{
	const char *path = ctl_doctor_proxy_value(t->s, name);
	FILE *f = path[0] != '\0' ? fopen(path, "re") : NULL;
	char line[1024];

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		check_line(t, name, line);
	if (f != NULL)
		fclose(f);
}

/* What is told of where no other is named. */
static void
tell(const struct tally *t)
{
	const char *proxy = t->s->client->proxy;

	if (t->ours == 0)
		ctl_doctor_find(t->f, CTL_DOCTOR_BAD, "proxy", "no variable "
		    "names it, so most programs go direct: eval \"$(sluice "
		    "env)\", or sluice exec PROGRAM");
	else if (!t->http || !t->https)
		ctl_doctor_find(t->f, CTL_DOCTOR_BAD, "proxy", "no variable "
		    "names it for %s://, which goes direct: export %s_proxy=%s",
		    t->http ? "https" : "http", t->http ? "https" : "http",
		    proxy);
	else
		ctl_doctor_find(t->f, CTL_DOCTOR_OK, "proxy", "%u variable%s "
		    "name%s it", t->ours, t->ours == 1 ? "" : "s",
		    t->ours == 1 ? "s" : "");
}

bool
ctl_doctor_proxy(struct ctl_doctor_findings *f,
    const struct ctl_doctor_subject *s)
{
	struct tally t = { .f = f, .s = s };

	check_variables(&t);
	check_java(&t);
	check_file(&t, "WGETRC");
	check_file(&t, "APT_CONFIG");
	if (t.others == 0)
		tell(&t);
	return t.others == 0;
}

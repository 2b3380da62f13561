/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_variables.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/ctl_trust.h"
#include "tls/tls_bundle.h"

/*
 * Where clouds give keys to whoever asks: neither a proxy's business nor
 * reachable through one.  Programs do not agree whether a name stands for what
 * is below it; so it is there twice.
 */
#define METADATA	"169.254.169.254,169.254.170.2,fd00:ec2::254," \
			"100.100.100.200,metadata.google.internal," \
			".metadata.google.internal"

enum kind {
	PROXY,			/* the proxy's URL */
	DIRECT,			/* who is asked without it */
	SWITCH,			/* "1" */
	/* What follows is there only with a CA. */
	BUNDLE,			/* a file: the system's certificates and it */
	ALONE,			/* a file: it alone, which adds to others */
	WGET,			/* a file of settings that names a bundle */
	/* ... and these in any case. */
	APT,			/* a file of settings */
	NODE,			/* options of Node */
	JAVA,			/* options of a Java machine */
	PHP,			/* where settings are */
};

/* Both cases, since curl and wget know http_proxy only in the lower one. */
static const struct {
	const char	*name;
	enum kind	 kind;
} table[] = {
	{ "http_proxy", PROXY },
	{ "https_proxy", PROXY },
	{ "HTTP_PROXY", PROXY },
	{ "HTTPS_PROXY", PROXY },
	{ "no_proxy", DIRECT },
	{ "NO_PROXY", DIRECT },
	{ "NODE_USE_ENV_PROXY", SWITCH },
	{ "PERL_LWP_ENV_PROXY", SWITCH },
	{ "NODE_OPTIONS", NODE },
	{ "SSL_CERT_FILE", BUNDLE },
	{ "CURL_CA_BUNDLE", BUNDLE },
	{ "REQUESTS_CA_BUNDLE", BUNDLE },
	{ "PIP_CERT", BUNDLE },
	{ "AWS_CA_BUNDLE", BUNDLE },
	{ "GIT_SSL_CAINFO", BUNDLE },
	{ "CARGO_HTTP_CAINFO", BUNDLE },
	{ "npm_config_cafile", BUNDLE },
	{ "PERL_LWP_SSL_CA_FILE", BUNDLE },
	{ "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", BUNDLE },
	{ "NODE_EXTRA_CA_CERTS", ALONE },
	{ "DENO_CERT", ALONE },
	{ "WGETRC", WGET },
	{ "PHP_INI_SCAN_DIR", PHP },
	{ "APT_CONFIG", APT },
	{ "JAVA_TOOL_OPTIONS", JAVA },
};

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? value : "";
}

/* What the environment has, in whichever case. */
static const char *
own_direct(void)
{
	const char *own = environment("no_proxy");

	return own[0] != '\0' ? own : environment("NO_PROXY");
}

const char *
ctl_variables_direct(void)
{
	const char *own = own_direct();

	return own[0] != '\0' && strcmp(own, METADATA) != 0 ? own : NULL;
}

static void
put_direct(struct text *t)
{
	const char *own = own_direct();

	text_puts(t, own);
	if (strstr(own, METADATA) == NULL)
		text_putf(t, "%s%s", own[0] != '\0' ? "," : "", METADATA);
}

/*
 * Java goes to loopback without a proxy unless it is told of no such host, and
 * takes a store instead of its own, not beside it.
 */
static void
put_options(struct text *t, const struct ctl_client *client, const char *dir)
{
	static const char *const schemes[] = { "http", "https" };
	size_t i;

	for (i = 0; i < 2; i++)
		text_putf(t, "-D%s.proxyHost=%s -D%s.proxyPort=%s ",
		    schemes[i], client->host, schemes[i], client->port);
	text_puts(t, "-Dhttp.nonProxyHosts=");
	if (client->trust == NULL)
		return;
	text_puts(t, " -Djavax.net.ssl.trustStore=");
	text_puts(t, strchr(dir, ' ') != NULL ? "\"" : "");
	text_puts(t, dir);
	text_puts(t, "/" CTL_TRUST_STORE);
	text_puts(t, strchr(dir, ' ') != NULL ? "\"" : "");
	text_puts(t, " -Djavax.net.ssl.trustStoreType=PKCS12"
	    " -Djavax.net.ssl.trustStorePassword=" TLS_BUNDLE_PASSWORD);
}

/* Puts it behind what is in the environment, unless it is there by now. */
static void
put_behind(struct text *t, const char *name, const char *between,
    struct text *more)
{
	const char *own = environment(name);

	text_puts(t, own);
	text_put(more, "", 1);
	if (more->failed)
		t->failed = true;
	else if (strstr(own, more->p) == NULL) {
		text_puts(t, between);
		text_puts(t, more->p);
	}
	text_free(more);
}

static void
put_file(struct text *t, const char *dir, const char *name)
{
	text_puts(t, dir);
	text_puts(t, "/");
	text_puts(t, name);
}

/* In quotes, for the path may have spaces. */
static void
put_node_word(struct text *t, const char *dir)
{
	const char *p;

	text_puts(t, "\"");
	for (p = dir; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			text_puts(t, "\\");
		text_put(t, p, 1);
	}
	text_puts(t, "/" CTL_TRUST_NODE "\"");
}

/* What stands between a program's options that there are and others. */
static const char *
more_of(const char *name)
{
	return environment(name)[0] != '\0' ? " " : "";
}

static void
put(struct text *t, enum kind kind, const struct ctl_client *client,
    const char *dir)
{
	struct text more = { .p = NULL };

	switch (kind) {
	case PROXY:
		text_puts(t, client->proxy);
		return;
	case DIRECT:
		put_direct(t);
		return;
	case SWITCH:
		text_puts(t, "1");
		return;
	case BUNDLE:
		put_file(t, dir, CTL_TRUST_BUNDLE);
		return;
	case ALONE:
		put_file(t, dir, CTL_TRUST_CA);
		return;
	case WGET:
		put_file(t, dir, CTL_TRUST_WGET);
		return;
	case APT:
		put_file(t, dir, CTL_TRUST_APT);
		return;
	case PHP:
		/* an empty one is where PHP's own settings are */
		put_file(&more, dir, CTL_TRUST_PHP);
		put_behind(t, "PHP_INI_SCAN_DIR", ":", &more);
		return;
	case NODE:
		text_puts(&more, "--require=");
		put_node_word(&more, dir);
		put_behind(t, "NODE_OPTIONS", more_of("NODE_OPTIONS"), &more);
		return;
	case JAVA:
		put_options(&more, client, dir);
		put_behind(t, "JAVA_TOOL_OPTIONS",
		    more_of("JAVA_TOOL_OPTIONS"), &more);
		return;
	}
}

static bool
needs_ca(enum kind kind)
{
	return kind == BUNDLE || kind == ALONE || kind == WGET;
}

void
ctl_variables_make(struct ctl_variables *v, const struct ctl_client *client,
    const char *dir)
{
	struct text value;
	size_t i;

	*v = (struct ctl_variables){ .n = 0 };
	for (i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (needs_ca(table[i].kind) && client->trust == NULL)
			continue;
		value = (struct text){ .p = NULL };
		put(&value, table[i].kind, client, dir);
		text_put(&value, "", 1);
		v->failed |= value.failed;
		v->list[v->n].name = table[i].name;
		v->list[v->n++].value = value.p;
	}
}

void
ctl_variables_free(struct ctl_variables *v)
{
	unsigned i;

	for (i = 0; i < v->n; i++)
		free(v->list[i].value);
	v->n = 0;
}

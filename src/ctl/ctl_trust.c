/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_node.h"
#include "ctl/ctl_php.h"
#include "tls/tls_bundle.h"

#define PHP	CTL_TRUST_PHP "/sluice.ini"
#define PHP_LOADED CTL_TRUST_PHP "/sluice-proxy.php"
#define WGETRC_MAX	65536	/* bytes of a user's own that are taken over */
#define TRUSTED_MAX	(4 << 20)	/* the same of certificates */

static const char *const files[] = {
	CTL_TRUST_CA, CTL_TRUST_BUNDLE, CTL_TRUST_STORE, CTL_TRUST_WGET,
	CTL_TRUST_APT, CTL_TRUST_NODE, PHP, PHP_LOADED,
};

/* What names a file of certificates, and what stands for that from then on. */
static const struct {
	const char	*name;
	const char	*file;
} trusted[] = {
	{ "CURL_CA_BUNDLE", CTL_TRUST_BUNDLE },
	{ "REQUESTS_CA_BUNDLE", CTL_TRUST_BUNDLE },
	{ "PIP_CERT", CTL_TRUST_BUNDLE },
	{ "AWS_CA_BUNDLE", CTL_TRUST_BUNDLE },
	{ "GIT_SSL_CAINFO", CTL_TRUST_BUNDLE },
	{ "CARGO_HTTP_CAINFO", CTL_TRUST_BUNDLE },
	{ "npm_config_cafile", CTL_TRUST_BUNDLE },
	{ "PERL_LWP_SSL_CA_FILE", CTL_TRUST_BUNDLE },
	{ "NODE_EXTRA_CA_CERTS", CTL_TRUST_CA },
	{ "DENO_CERT", CTL_TRUST_CA },
};

struct trust {
	const struct ctl	*ctl;
	const struct ctl_client	*client;
	const char		*dir;
	struct text		 bundle;
};

static bool
path_of(char path[PATH_MAX], const char *dir, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", dir, name);

	return n > 0 && n < PATH_MAX;
}

/* A new one, whatever somebody may have put there; what is no secret is 0644. */
static FILE *
create(const char *path, mode_t mode)
{
	int fd;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    mode);
	return fd != -1 ? fdopen(fd, "w") : NULL;
}

/*
 * Whoever reads the file while another one is put in its place has the one or
 * the other whole.
 */
static int
put(struct trust *t, const char *name, mode_t mode,
    const struct text *content)
{
	char path[PATH_MAX], beside[PATH_MAX];
	FILE *f;
	bool ok;

	if (content->failed)
		return ctl_fail(t->ctl, CTL_FAILED, "out of memory");
	if (!path_of(path, t->dir, name) ||
	    snprintf(beside, sizeof beside, "%s.%ld", path,
	    (long)getpid()) >= PATH_MAX)
		return ctl_fail(t->ctl, CTL_FAILED, "%s: the path is too long",
		    t->dir);
	f = create(beside, mode);
	ok = f != NULL && fwrite(content->p, 1, content->len, f) ==
	    content->len;
	ok = (f == NULL || fclose(f) == 0) && ok && rename(beside, path) == 0;
	if (ok)
		return CTL_DONE;
	(void)unlink(beside);
	return ctl_fail(t->ctl, CTL_FAILED, "%s: %s", path, strerror(errno));
}

/* The same of a text that is freed. */
static int
put_freed(struct trust *t, const char *name, struct text *content)
{
	int status = put(t, name, 0644, content);

	text_free(content);
	return status;
}

/*
 * Returns what a variable names, unless it is one of these files already; or
 * NULL.
 */
static const char *
own_file(const struct trust *t, const char *variable, const char *name)
{
	const char *said = getenv(variable);
	char ours[PATH_MAX];

	if (said == NULL || said[0] == '\0' ||
	    (path_of(ours, t->dir, name) && strcmp(said, ours) == 0))
		return NULL;
	return said;
}

/* What wget would read if no WGETRC were there. */
static void
put_own_wgetrc(const struct trust *t, struct text *rc)
{
	const char *said = own_file(t, "WGETRC", CTL_TRUST_WGET);
	const char *home = getenv("HOME");
	char path[PATH_MAX] = "";
	FILE *f;

	if (said != NULL)
		(void)snprintf(path, sizeof path, "%s", said);
	else if (home != NULL)
		(void)path_of(path, home, ".wgetrc");
	if (path[0] == '\0' || (f = fopen(path, "re")) == NULL)
		return;
	if (text_reserve(rc, WGETRC_MAX))
		rc->len += fread(rc->p, 1, WGETRC_MAX, f);
	fclose(f);
	text_puts(rc, "\n");
}

static int
put_wgetrc(struct trust *t)
{
	struct text rc = { .p = NULL };
	int status;

	put_own_wgetrc(t, &rc);
	text_puts(&rc, "ca_certificate = ");
	text_puts(&rc, t->dir);
	text_puts(&rc, "/" CTL_TRUST_BUNDLE "\n");
	/* a user's own may have passwords */
	status = put(t, CTL_TRUST_WGET, 0600, &rc);
	text_free(&rc);
	return status;
}

static void
put_setting(struct text *ini, const struct trust *t, const char *key,
    const char *name)
{
	text_puts(ini, key);
	text_puts(ini, " = \"");
	text_puts(ini, t->dir);
	text_puts(ini, "/");
	text_puts(ini, name);
	text_puts(ini, "\"\n");
}

static int
put_php(struct trust *t)
{
	struct text ini = { .p = NULL }, script = { .p = NULL };
	char dir[PATH_MAX];
	int status;

	if (path_of(dir, t->dir, CTL_TRUST_PHP))
		(void)mkdir(dir, 0755);
	text_put(&script, (const char *)ctl_php_script, ctl_php_script_len);
	status = put_freed(t, PHP_LOADED, &script);
	if (status != CTL_DONE)
		return status;
	put_setting(&ini, t, "auto_prepend_file", PHP_LOADED);
	if (t->client->trust != NULL) {
		put_setting(&ini, t, "curl.cainfo", CTL_TRUST_BUNDLE);
		put_setting(&ini, t, "openssl.cafile", CTL_TRUST_BUNDLE);
	}
	return put_freed(t, PHP, &ini);
}

static int
put_apt(struct trust *t)
{
	struct text conf = { .p = NULL };
	const char *own = own_file(t, "APT_CONFIG", CTL_TRUST_APT);

	if (own != NULL) {
		text_puts(&conf, "#include \"");
		text_puts(&conf, own);
		text_puts(&conf, "\";\n");
	}
	text_putf(&conf, "Acquire::http::Proxy \"%s\";\n"
	    "Acquire::https::Proxy \"%s\";\n", t->client->proxy,
	    t->client->proxy);
	/* as the user _apt it would be another one's process */
	if (geteuid() == 0)
		text_puts(&conf, "APT::Sandbox::User \"root\";\n");
	if (t->client->trust != NULL) {
		text_puts(&conf, "Acquire::https::CAInfo \"");
		text_puts(&conf, t->dir);
		text_puts(&conf, "/" CTL_TRUST_BUNDLE "\";\n");
	}
	return put_freed(t, CTL_TRUST_APT, &conf);
}

static int
put_node(struct trust *t)
{
	struct text script = { .p = NULL };

	text_put(&script, (const char *)ctl_node_script,
	    ctl_node_script_len);
	return put_freed(t, CTL_TRUST_NODE, &script);
}

static int
put_store(struct trust *t)
{
	struct text store = { .p = NULL };
	char *cause = NULL;
	int status;

	if (tls_bundle_pkcs12(&store, &t->bundle, &cause))
		status = put(t, CTL_TRUST_STORE, 0644, &store);
	else
		status = ctl_fail(t->ctl, CTL_FAILED, "%s", cause != NULL ?
		    cause : "out of memory");
	text_free(&store);
	free(cause);
	return status;
}

/* Puts a file of certificates, if it can be read. */
static void
add_file(struct text *t, const char *path)
{
	FILE *f = path != NULL ? fopen(path, "re") : NULL;

	if (f == NULL)
		return;
	text_puts(t, "\n");
	if (text_reserve(t, TRUSTED_MAX))
		t->len += fread(t->p + t->len, 1, TRUSTED_MAX, f);
	text_puts(t, "\n");
	fclose(f);
}

/* Whom variables that are set anew have had programs trust, each file once. */
static void
add_trusted(struct trust *t, struct text *ca)
{
	const size_t n = sizeof trusted / sizeof trusted[0];
	const char *path, *before;
	size_t i, k;

	for (i = 0; i < n; i++) {
		path = own_file(t, trusted[i].name, trusted[i].file);
		for (k = 0; k < i && path != NULL; k++) {
			before = getenv(trusted[k].name);
			if (before != NULL && strcmp(before, path) == 0 &&
			    trusted[k].file == trusted[i].file)
				path = NULL;
		}
		add_file(strcmp(trusted[i].file, CTL_TRUST_CA) == 0 ? ca :
		    &t->bundle, path);
	}
}

static int
put_bundle(struct trust *t)
{
	struct text ca = { .p = NULL };
	char own[PATH_MAX] = "", *cause = NULL;
	int status;

	(void)path_of(own, t->dir, CTL_TRUST_BUNDLE);
	if (!tls_bundle_system(&t->bundle, own, &cause))
		ctl_note(t->ctl, "%s: programs that are told of the CA will "
		    "trust nobody else", cause != NULL ? cause :
		    "out of memory");
	free(cause);
	text_puts(&t->bundle, t->bundle.len > 0 ? "\n" : "");
	text_puts(&t->bundle, t->client->trust);
	text_puts(&ca, t->client->trust);
	add_trusted(t, &ca);
	status = put_freed(t, CTL_TRUST_CA, &ca);
	return status != CTL_DONE ? status : put(t, CTL_TRUST_BUNDLE, 0644,
	    &t->bundle);
}

int
ctl_trust_write(const struct ctl *c, const struct ctl_client *client,
    const char *dir)
{
	int (*const steps[])(struct trust *) = {
		put_apt, put_node, put_php,
		/* with a CA */
		put_bundle, put_store, put_wgetrc,
	};
	struct trust t = { .ctl = c, .client = client, .dir = dir };
	size_t i, n = client->trust != NULL ?
	    sizeof steps / sizeof steps[0] : 3;
	int status = CTL_DONE;

	for (i = 0; i < n && status == CTL_DONE; i++)
		status = steps[i](&t);
	text_free(&t.bundle);
	return status;
}

void
ctl_trust_remove(const char *dir)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof files / sizeof files[0]; i++)
		if (path_of(path, dir, files[i]))
			(void)unlink(path);
	if (path_of(path, dir, CTL_TRUST_PHP))
		(void)rmdir(path);
	(void)rmdir(dir);
}

/* SPDX-License-Identifier: ISC */
#include "conf/conf_store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "base/text.h"
#include "conf/conf_list.h"
#include "conf/conf_password.h"
#include "conf/conf_warnings.h"
#include "policy/store.h"

/* The keys */

bool
conf_store_url(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	const char *wrong = store_parse(field, node->text);

	(void)option;
	if (wrong == store_no_memory)
		return conf_wrong(&w->report, NULL, "out of memory");
	return wrong == NULL || conf_wrong(&w->report, node, "%s", wrong);
}

static bool
add_sentinel(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	const char *wrong = store_add_sentinel(field, node->text);

	(void)option;
	if (wrong == store_no_memory)
		return conf_wrong(&w->report, NULL, "out of memory");
	return wrong == NULL || conf_wrong(&w->report, node, "%s", wrong);
}

bool
conf_store_sentinels(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	return conf_list_read(w, option, node, add_sentinel, field);
}

static bool
finish_sentinels(struct conf_walk *w, const struct conf_node *node,
    const struct store *s)
{
	const struct conf_node *sentinel = conf_node_value(node, "sentinel");

	if (sentinel != NULL && s->nsentinels == 0)
		return conf_walk_wrong(w, node, "sentinel", "without "
		    "addresses, expected such as {addresses: "
		    "[10.0.0.6, 10.0.0.7]}");
	if (sentinel != NULL && s->port != 0)
		return conf_walk_wrong(w, node, "redis", "a port beside "
		    "sentinel, expected the name alone by which sentinels "
		    "know the master, such as redis://mymaster/0");
	return true;
}

/* What its keys must be together. */
static bool
finish(struct conf_walk *w, const struct conf_node *node,
    const struct store *s)
{
	struct http1_host host;

	if (s->name == NULL)
		return conf_wrong(&w->report, node, "no redis, expected one "
		    "such as {redis: redis://10.0.0.5:6379/0}");
	if (!finish_sentinels(w, node, s))
		return false;
	if (s->nsentinels == 0 && !store_host(s, &host))
		return conf_walk_wrong(w, node, "redis", "no host that is "
		    "valid, expected such as redis://10.0.0.5:6379");
	if (s->password != NULL && s->password_file != NULL)
		return conf_walk_wrong(w, node, "password_file", "beside a "
		    "password in the URL, expected one of them");
	if (s->user != NULL && s->password == NULL && s->password_file == NULL)
		return conf_walk_wrong(w, node, "redis", "a user without a "
		    "password, expected password_file beside it");
	if (s->ca != NULL && !s->tls)
		return conf_walk_wrong(w, node, "ca", "beside a URL of "
		    "redis://, expected rediss://");
	return true;
}

bool
conf_store_read(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	return conf_walk_mapping(w, node, "a mapping such as {redis: "
	    "redis://10.0.0.5:6379/0}") &&
	    conf_walk_level(w, option->behind, node, field) &&
	    finish(w, node, &w->conf->store);
}

void
conf_store_print(FILE *out, const struct conf_option *option,
    const void *field)
{
	const struct store *s = &((const struct conf *)field)->store;

	(void)option;
	fputs(s->name != NULL ? s->name : "none", out);
}

/* Passwords */

static bool
wrong(const struct conf *conf, struct place at, const char *key,
    const char *path, const char *why, char **cause)
{
	if (asprintf(cause, "%s:%u:%u: %s: %s: %s", conf->path, at.line,
	    at.column, key, path, why) == -1)
		*cause = NULL;
	return false;
}

static bool
load(const struct conf *conf, struct place at, const char *key,
    const char *path, char **password, char **cause)
{
	char buf[CONF_PASSWORD];
	const char *why;
	size_t len = 0;

	*cause = NULL;
	if (path == NULL)
		return true;
	why = conf_password_read(path, buf, &len);
	if (why == NULL)
		*password = strndup(buf, len);
	explicit_bzero(buf, sizeof buf);
	return why != NULL ? wrong(conf, at, key, path, why, cause) :
	    *password != NULL;
}

/* 32 hexadecimal digits. */
static const char *
read_key(const char *text, size_t len, unsigned char key[STORE_KEY_BYTES])
{
	size_t i;

	if (len != 2 * STORE_KEY_BYTES)
		return "is not 32 hexadecimal digits";
	for (i = 0; i < STORE_KEY_BYTES; i++) {
		int high = text_hex(text[2 * i]), low = text_hex(text[2 * i + 1]);

		if (high == -1 || low == -1)
			return "is not 32 hexadecimal digits";
		key[i] = (unsigned char)(high << 4 | low);
	}
	return NULL;
}

static bool
load_key(const struct conf *conf, struct store *s, char **cause)
{
	char buf[CONF_PASSWORD];
	const char *why;
	size_t len = 0;

	if (s->key_file == NULL)
		return true;
	why = conf_password_read(s->key_file, buf, &len);
	if (why == NULL)
		why = read_key(buf, len, s->key);
	explicit_bzero(buf, sizeof buf);
	return why == NULL || wrong(conf, s->key_at, "store.key_file",
	    s->key_file, why, cause);
}

bool
conf_store_load(struct conf *conf, char **cause)
{
	struct store *s = &conf->store;

	if (s->password != NULL)
		secret_guard();
	return load(conf, s->password_at, "store.password_file",
	    s->password_file, &s->password, cause) &&
	    load(conf, s->sentinel_password_at, "store.sentinel.password_file",
	    s->sentinel_password_file, &s->sentinel_password, cause) &&
	    load_key(conf, s, cause);
}

static void
warn_of(const struct conf *conf, struct place at, const char *what,
    const char *path, void (*line)(const char *, void *), void *arg)
{
	struct stat st;

	if (path != NULL && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
		conf_warn(conf, at, line, arg, "%s: %s can be read by others "
		    "(mode %04o)", what, path, (unsigned)st.st_mode & 07777);
}

void
conf_store_warnings(const struct conf *conf,
    void (*line)(const char *, void *), void *arg)
{
	const struct store *s = &conf->store;

	if (s->password != NULL && s->password_file == NULL)
		warn_of(conf, s->at, "store.redis has a password in it",
		    conf->path, line, arg);
	warn_of(conf, s->password_at, "store.password_file", s->password_file,
	    line, arg);
	warn_of(conf, s->key_at, "store.key_file", s->key_file, line, arg);
	warn_of(conf, s->sentinel_password_at, "store.sentinel.password_file",
	    s->sentinel_password_file, line, arg);
}

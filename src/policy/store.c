/* SPDX-License-Identifier: ISC */
#include "policy/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/same.h"
#include "base/text.h"
#include "http/http1_host.h"

#define SECRET_MAX	1024	/* bytes, decoded */
#define DB_MAX		99999

const char store_no_memory[] = "out of memory";

/* The URL */

static const char *
skip_scheme(struct store *s, const char *url)
{
	static const char plain[] = "redis://", tls[] = "rediss://";

	s->tls = strncasecmp(url, tls, sizeof tls - 1) == 0;
	if (s->tls)
		return url + sizeof tls - 1;
	if (strncasecmp(url, plain, sizeof plain - 1) == 0)
		return url + sizeof plain - 1;
	return NULL;
}

/* Text of the URL, decoded; NULL with *wrong. */
static char *
take_text(const char *p, size_t n, const char **wrong)
{
	char *text = malloc(n + 1);
	size_t used, len = 0;
	int c = 0;

	*wrong = store_no_memory;
	if (text == NULL)
		return NULL;
	for (; n > 0 && (c = text_decode(p, n, &used)) >= 0; p += used, n -= used)
		text[len++] = (char)c;
	text[len] = '\0';
	if (n == 0 && len <= SECRET_MAX)
		return text;
	explicit_bzero(text, len);
	free(text);
	*wrong = n == 0 ? "a user or password of more than 1024 bytes" :
	    "a user or password with a control character or a % without two "
	    "digits, expected such as %40 for an @";
	return NULL;
}

/* What stands before the @: USER, USER:PASSWORD or :PASSWORD. */
static const char *
take_login(struct store *s, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n), *wrong = NULL;
	size_t len = colon != NULL ? (size_t)(colon - p) : n;

	if (len > 0 && (s->user = take_text(p, len, &wrong)) == NULL)
		return wrong;
	if (colon != NULL && len + 1 < n &&
	    (s->password = take_text(colon + 1, n - len - 1, &wrong)) == NULL)
		return wrong;
	return NULL;
}

/* "/" and a number, or nothing. */
static const char *
take_db(struct store *s, const char *p)
{
	static const char wrong[] = "a path that is no number of a database, "
	    "expected such as redis://10.0.0.5:6379/0";
	unsigned db = 0;

	if (*p == '/')
		p++;
	for (; *p >= '0' && *p <= '9'; p++)
		if ((db = db * 10 + (unsigned)(*p - '0')) > DB_MAX)
			return wrong;
	s->db = db;
	return *p == '\0' ? NULL : wrong;
}

/* What may be the name of a host, of an address or of what sentinels know. */
static bool
is_name(const char *p, size_t n)
{
	size_t i;

	if (n == 0 || n > STORE_NAME)
		return false;
	for (i = 0; i < n; i++)
		if (!(p[i] >= '0' && p[i] <= '9') &&
		    !(p[i] >= 'a' && p[i] <= 'z') &&
		    !(p[i] >= 'A' && p[i] <= 'Z') && p[i] != '-' &&
		    p[i] != '.' && p[i] != '_')
			return false;
	return true;
}

/* What is wrong with a host and its port: the host, or only what follows. */
static const char *
wrong_host(const char *p, size_t n)
{
	struct http1_host host;
	const char *colon = memrchr(p, ':', n);

	if (colon != NULL &&
	    http1_host_parse(&host, p, (size_t)(colon - p)) == HTTP1_OK)
		return "no port that is valid, expected one from 1 to 65535, "
		    "such as redis://10.0.0.5:6379";
	return "no host that is valid, expected such as redis://10.0.0.5:6379";
}

static const char *
take_host(struct store *s, const char *p, size_t n)
{
	struct http1_host host = { .kind = HTTP1_NAME };
	const char *colon = memchr(p, ':', n);
	size_t len = colon != NULL ? (size_t)(colon - p) : n;

	/* what sentinels know it by need not be the name of a host */
	if (http1_host_parse(&host, p, n) != HTTP1_OK &&
	    (colon != NULL || !is_name(p, n)))
		return wrong_host(p, n);
	s->port = host.port;
	/* and is another one in lower case */
	s->host = host.kind == HTTP1_NAME ? strndup(p, len) :
	    strdup(host.name);
	return s->host != NULL ? NULL : store_no_memory;
}

/* For people, and for who compares: all but the password. */
static const char *
make_name(struct store *s)
{
	bool v6 = strchr(s->host, ':') != NULL;
	struct text t = { NULL, 0, 0, false };

	text_puts(&t, s->tls ? "rediss://" : "redis://");
	text_puts(&t, v6 ? "[" : "");
	text_puts(&t, s->host);
	text_puts(&t, v6 ? "]" : "");
	if (s->port != 0)
		text_putf(&t, ":%u", s->port);
	text_putf(&t, "/%u", s->db);
	text_put(&t, "", 1);
	if (t.failed)
		text_free(&t);
	s->name = t.p;
	return t.p != NULL ? NULL : store_no_memory;
}

const char *
store_parse(struct store *s, const char *url)
{
	const char *p = skip_scheme(s, url), *at, *wrong = NULL;
	size_t n;

	if (p == NULL)
		return "no URL of a Redis, expected such as "
		    "redis://10.0.0.5:6379/0 or rediss://10.0.0.5:6379/0";
	if (strpbrk(p, "?#") != NULL)
		return "a query or a fragment, expected none (such a "
		    "character in a password is %3F or %23)";
	n = strcspn(p, "/");
	if ((at = memrchr(p, '@', n)) != NULL) {
		wrong = take_login(s, p, (size_t)(at - p));
		n -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	if (wrong == NULL)
		wrong = take_host(s, p, n);
	if (wrong == NULL)
		wrong = take_db(s, p + n);
	return wrong != NULL ? wrong : make_name(s);
}

/* Sentinels */

const char *
store_add_sentinel(struct store *s, const char *text)
{
	struct http1_host host, *more;

	if (http1_host_parse(&host, text, strlen(text)) != HTTP1_OK)
		return "no host and port of a sentinel, expected such as "
		    "10.0.0.6:26379";
	if (s->nsentinels == STORE_SENTINELS)
		return "more than 16 sentinels";
	more = reallocarray(s->sentinels, s->nsentinels + 1, sizeof *more);
	if (more == NULL)
		return store_no_memory;
	if (host.port == 0)
		host.port = STORE_SENTINEL_PORT;
	s->sentinels = more;
	s->sentinels[s->nsentinels++] = host;
	return NULL;
}

/* All of it */

bool
store_host(const struct store *s, struct http1_host *host)
{
	char text[HTTP1_HOST + 16];
	bool v6 = strchr(s->host, ':') != NULL;
	int n = snprintf(text, sizeof text, "%s%s%s:%u", v6 ? "[" : "",
	    s->host, v6 ? "]" : "",
	    s->port != 0 ? (unsigned)s->port : STORE_PORT);

	return n > 0 && (size_t)n < sizeof text &&
	    http1_host_parse(host, text, (size_t)n) == HTTP1_OK;
}

static bool
same_sentinels(const struct store *a, const struct store *b)
{
	size_t i;

	if (a->nsentinels != b->nsentinels)
		return false;
	for (i = 0; i < a->nsentinels; i++)
		if (a->sentinels[i].port != b->sentinels[i].port ||
		    strcmp(a->sentinels[i].name, b->sentinels[i].name) != 0)
			return false;
	return true;
}

bool
store_equals(const struct store *a, const struct store *b)
{
	return same(a->name, b->name) && same(a->user, b->user) &&
	    same(a->password, b->password) && same(a->space, b->space) &&
	    a->timeout == b->timeout && same(a->ca, b->ca) &&
	    same_sentinels(a, b) &&
	    same(a->sentinel_password, b->sentinel_password);
}

/* What was secret is not to be found in memory that was freed. */
static void
free_secret(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

void
store_free(struct store *s)
{
	free(s->name);
	free(s->host);
	free(s->user);
	free_secret(s->password);
	free(s->space);
	free(s->ca);
	free(s->password_file);
	free(s->key_file);
	explicit_bzero(s->key, sizeof s->key);
	free(s->sentinels);
	free(s->sentinel_password_file);
	free_secret(s->sentinel_password);
}

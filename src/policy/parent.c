/* SPDX-License-Identifier: ISC */
#include "policy/parent.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/same.h"
#include "base/text.h"
#include "http/http1_host.h"
#include "http/sf.h"

#define USER_MAX	255	/* bytes, decoded */

struct parent parent_direct;

const char parent_no_memory[] = "is too much: out of memory";

/* The URL */

/* Returns what stands behind the scheme; NULL: it is another one. */
static const char *
skip_scheme(struct parent *p, const char *url)
{
	static const char http[] = "http://", https[] = "https://";

	p->tls = strncasecmp(url, https, sizeof https - 1) == 0;
	if (p->tls)
		return url + sizeof https - 1;
	if (strncasecmp(url, http, sizeof http - 1) == 0)
		return url + sizeof http - 1;
	return NULL;
}

/* One byte of a user's name, decoded; -1: it may not stand there. */
static int
user_byte(const char *s, size_t n, size_t *used)
{
	int c = text_decode(s, n, used);

	/* RFC 7617 2: the colon is what ends it */
	return c == ':' ? -1 : c;
}

static const char *
take_user(struct parent *p, const char *s, size_t n)
{
	char user[USER_MAX + 1];
	size_t used, len = 0;
	int c;

	if (memchr(s, ':', n) != NULL)
		return "has a password in it, expected that in a file: {url: "
		    "http://USER@HOST:PORT, password_file: /PATH}";
	for (; n > 0; s += used, n -= used) {
		if ((c = user_byte(s, n, &used)) < 0)
			return "has a user with a colon, a control character "
			    "or a % without two digits, expected such as "
			    "%40 for an @";
		if (len == USER_MAX)
			return "has a user of more than 255 bytes";
		user[len++] = (char)c;
	}
	user[len] = '\0';
	if (len == 0)
		return "has no user before the @";
	p->user = strdup(user);
	return p->user != NULL ? NULL : parent_no_memory;
}

static bool
make_name(struct parent *p)
{
	bool v6 = p->host.kind == HTTP1_IPV6;
	struct text t = { NULL, 0, 0, false };

	text_puts(&t, p->tls ? "https://" : "http://");
	text_puts(&t, v6 ? "[" : "");
	text_puts(&t, p->host.name);
	text_puts(&t, v6 ? "]:" : ":");
	text_put_number(&t, p->host.port);
	text_put(&t, "", 1);
	if (t.failed)
		text_free(&t);
	p->name = t.p;
	return t.p != NULL;
}

static const char *
take_authority(struct parent *p, const char *s, size_t n)
{
	const char *at = memrchr(s, '@', n), *wrong = NULL;

	if (at != NULL) {
		wrong = take_user(p, s, (size_t)(at - s));
		n -= (size_t)(at + 1 - s);
		s = at + 1;
	}
	if (wrong != NULL)
		return wrong;
	if (http1_host_parse(&p->host, s, n) != HTTP1_OK)
		return "has no host and port that are valid, expected such as "
		    "http://proxy.example:3128";
	if (p->host.port == 0)
		return "has no port, expected one such as "
		    "http://proxy.example:3128";
	return make_name(p) ? NULL : parent_no_memory;
}

const char *
parent_parse(struct parent *p, const char *url)
{
	const char *s = skip_scheme(p, url), *wrong;
	size_t n;

	if (s == NULL)
		return "is no URL of a proxy, expected one such as "
		    "http://proxy.example:3128 or https://proxy.example:3129";
	n = strcspn(s, "/?#");
	if (s[n] != '\0' && strcmp(s + n, "/") != 0)
		return "has a path or a query, expected none behind the port";
	if ((wrong = take_authority(p, s, n)) == NULL)
		return NULL;
	free(p->user);
	p->user = NULL;
	return wrong;
}

/* Credentials */

/* What was secret is not to be found in memory that was freed. */
static void
wipe(char *s, size_t n)
{
	if (s != NULL)
		explicit_bzero(s, n);
	free(s);
}

bool
parent_authorize(struct parent *p, const char *password, size_t n)
{
	static const char scheme[] = "Basic ";
	size_t user = strlen(p->user), len = user + 1 + n;
	char *plain = malloc(len);
	char *value = malloc(sizeof scheme + BASE64_TEXT(len));

	if (plain != NULL && value != NULL) {
		memcpy(plain, p->user, user);
		plain[user] = ':';
		memcpy(plain + user + 1, password, n);
		memcpy(value, scheme, sizeof scheme - 1);
		base64_encode(value + sizeof scheme - 1, plain, len);
	} else {
		free(value);
		value = NULL;
	}
	wipe(plain, len);
	p->authorization = value;
	return value != NULL;
}

/* Comparing, freeing */

bool
parent_equals(const struct parent *a, const struct parent *b)
{
	return same(a->name, b->name) &&
	    a->host.absolute == b->host.absolute && same(a->user, b->user) &&
	    same(a->password_file, b->password_file) &&
	    a->tls_verify == b->tls_verify &&
	    same(a->tls_trust, b->tls_trust) &&
	    same(a->tls_certificate, b->tls_certificate) &&
	    same(a->tls_key, b->tls_key);
}

void
parent_free(struct parent *p)
{
	struct parent *next;

	for (; p != NULL; p = next) {
		next = p->next;
		wipe(p->authorization, p->authorization != NULL ?
		    strlen(p->authorization) : 0);
		free(p->name);
		free(p->user);
		free(p->password_file);
		free(p->tls_trust);
		free(p->tls_certificate);
		free(p->tls_key);
		free(p);
	}
}

/* Hosts */

bool
parent_is_local(const struct http1_host *h)
{
	static const char localhost[] = "localhost", dotted[] = ".localhost";
	size_t n = strlen(h->name), behind = sizeof dotted - 1;

	switch (h->kind) {
	case HTTP1_IPV4:
		return strncmp(h->name, "127.", 4) == 0;
	case HTTP1_IPV6:
		return strcmp(h->name, "::1") == 0;
	default:
		/* RFC 6761 6.3 */
		return strcmp(h->name, localhost) == 0 || (n > behind &&
		    strcmp(h->name + n - behind, dotted) == 0);
	}
}

/* Answers */

/* Error types (RFC 9209 2.3) that are about the proxy itself. */
static bool
is_about_itself(struct http1_str error)
{
	static const char *const types[] = {
		"connection_limit_reached", "http_request_denied",
		"http_request_error", "proxy_configuration_error",
		"proxy_internal_error", "proxy_internal_response",
		"proxy_loop_detected",
	};
	size_t i;

	for (i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (http1_str_is(error, types[i]))
			return true;
	}
	return false;
}

/* What the parameters of a member say. */
static bool
member_speaks(struct sf *s)
{
	bool itself = false, received = false;
	struct http1_str key;
	struct sf_item item;

	while (sf_parameter(s, &key, &item)) {
		if (http1_str_is(key, "received-status"))
			received = true;
		else if (http1_str_is(key, "error"))
			itself = item.type == SF_TOKEN &&
			    is_about_itself(item.text);
	}
	return itself && !received;
}

/* Whoever is nearer to us is behind, in the list and in the fields. */
bool
parent_speaks(const struct http1_head *h)
{
	bool speaks = false;
	struct sf_item item;
	struct sf s;
	unsigned i;

	for (i = 0; i < h->nfields; i++) {
		if (h->fields[i].id != HTTP1_PROXY_STATUS ||
		    !sf_is_list(h->fields[i].value))
			continue;
		sf_start(&s, h->fields[i].value);
		while (sf_member(&s, &item))
			speaks = member_speaks(&s);
	}
	return speaks;
}

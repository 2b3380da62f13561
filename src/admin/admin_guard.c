/* SPDX-License-Identifier: ISC */
#include "admin/admin_guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Origins */

/* Whether it has one, which an address of IPv6 has behind its bracket. */
static bool
has_port(const char *host)
{
	const char *end = strchr(host, ']');

	return strchr(end != NULL ? end : host, ':') != NULL;
}

bool
guard_origins_add(struct guard_origins *origins, bool tls, const char *host,
    uint16_t port)
{
	const char *scheme = tls ? "https" : "http";
	char **list, *text;
	int n;

	list = reallocarray(origins->list, origins->n + 1, sizeof *list);
	if (list == NULL)
		return false;
	origins->list = list;
	if (has_port(host) || port == (tls ? 443 : 80))
		n = asprintf(&text, "%s://%s", scheme, host);
	else
		n = asprintf(&text, "%s://%s:%u", scheme, host,
		    (unsigned)port);
	if (n == -1)
		return false;
	origins->list[origins->n++] = text;
	return true;
}

void
guard_origins_free(struct guard_origins *origins)
{
	size_t i;

	for (i = 0; i < origins->n; i++)
		free(origins->list[i]);
	free(origins->list);
	origins->list = NULL;
	origins->n = 0;
}

static bool
is_origin(const struct guard_origins *origins, struct http1_str origin)
{
	size_t i;

	for (i = 0; i < origins->n; i++) {
		if (http1_str_is(origin, origins->list[i]))
			return true;
	}
	return false;
}

static bool
is_host(const struct guard_origins *origins, struct http1_str host)
{
	size_t i;

	for (i = 0; i < origins->n; i++) {
		if (http1_str_is(host, strstr(origins->list[i], "//") + 2))
			return true;
	}
	return false;
}

/* Fields */

/*
 * At a socket that was forwarded a browser may ask, too, and then by a name
 * that somebody has registered: such names have a dot.
 */
static bool
is_local_name(struct http1_str host)
{
	return host.p == NULL || memchr(host.p, '.', host.len) == NULL ||
	    (host.len >= 9 && strncmp(host.p, "127.0.0.1", 9) == 0 &&
	    (host.len == 9 || host.p[9] == ':'));
}

/* Only from a page of ours, or from a person's own hand. */
static bool
is_own_site(struct http1_str site)
{
	return site.p == NULL || http1_str_is(site, "same-origin") ||
	    http1_str_is(site, "none");
}

/* In a time that says nothing of where they differ. */
static bool
is_token(struct http1_str got, const char *token)
{
	volatile unsigned char differ = 0;
	size_t i;

	if (got.len != strlen(token))
		return false;
	for (i = 0; i < got.len; i++)
		differ |= (unsigned char)(got.p[i] ^ token[i]);
	return differ == 0;
}

static bool
bears(struct http1_str authorization, const char *token)
{
	static const char scheme[] = "Bearer ";
	const size_t n = sizeof scheme - 1;
	struct http1_str rest;

	if (authorization.len < n ||
	    strncasecmp(authorization.p, scheme, n) != 0)
		return false;
	rest.p = authorization.p + n;
	rest.len = authorization.len - n;
	return is_token(http1_str_trim(rest), token);
}

bool
guard_is_json(struct http1_str type)
{
	const char *end = type.p != NULL ? memchr(type.p, ';', type.len) : NULL;

	if (end != NULL)
		type.len = (size_t)(end - type.p);
	return type.p != NULL &&
	    http1_str_is(http1_str_trim(type), "application/json");
}

/* Verdicts */

static struct guard_verdict
no(int status, const char *why, const char *expected)
{
	return (struct guard_verdict){ status, why, expected, false, false };
}

static struct guard_verdict
judge_socket(const struct guard_request *r)
{
	if (r->origin.p != NULL)
		return no(403, "pages of browsers may not ask at the socket",
		    "no Origin");
	if (!is_local_name(r->host))
		return no(421, "nothing here has the name in Host",
		    "Host: localhost");
	return (struct guard_verdict){ .full = true, .may_change = true };
}

static struct guard_verdict
judge_web(const struct guard_door *door, const struct guard_request *r)
{
	struct guard_verdict v = { .status = 0 };

	if (r->host.p == NULL || !is_host(door->origins, r->host))
		return no(421, "nothing here has the name in Host",
		    "localhost, 127.0.0.1 or [::1] with this port, or one of "
		    "admin.web_hosts");
	if (r->origin.p != NULL && !is_origin(door->origins, r->origin))
		return no(403, "pages of other origins may not ask",
		    "the Origin of this page, or none");
	v.full = door->token != NULL && bears(r->authorization, door->token);
	if (r->authorization.p != NULL && !v.full)
		return no(401, "the token is wrong", "Authorization: Bearer "
		    "with what is in admin.web_token_file");
	v.may_change = v.full && !door->readonly;
	if (!r->change || v.may_change)
		return v;
	if (v.full)
		return no(403, "admin.readonly: nothing is changed here",
		    "a command at the socket");
	return no(403, "without a token nothing is changed here", "a command "
	    "at the socket, or the token of admin.web_token_file");
}

struct guard_verdict
guard_judge(const struct guard_door *door, const struct guard_request *r)
{
	if (r->upgrade.p != NULL)
		return no(400, "there is nothing to upgrade to", "no Upgrade");
	if (!is_own_site(r->fetch_site))
		return no(403, "pages of other sites may not ask", "the "
		    "address opened by hand, or followed from this page");
	return door->socket ? judge_socket(r) : judge_web(door, r);
}

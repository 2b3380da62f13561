/* SPDX-License-Identifier: ISC */
#include "http/url.h"

#include "http/http1_class.h"
#include "http/http1_host.h"

#define SCHEME	(sizeof("https://") - 1)

/* The first of these bytes, or behind the last. */
static size_t
find(struct http1_str s, const char *these)
{
	size_t i = 0;

	while (i < s.len && strchr(these, s.p[i]) == NULL)
		i++;
	return i;
}

static struct http1_str
take(struct http1_str *s, size_t n)
{
	struct http1_str taken = { s->p, n };

	s->p += n;
	s->len -= n;
	return taken;
}

/* RFC 3986 3.2.1, but for what follows a '%'. */
static bool
is_user(struct http1_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!http1_is(s.p[i], HTTP1_LABEL) &&
		    (s.p[i] == '\0' ||
		    strchr(".~%!$&'()*+,;=:", s.p[i]) == NULL))
			return false;
	}
	return true;
}

/* Up to the port's colon, which in brackets is none. */
static size_t
name_length(struct http1_str authority)
{
	size_t bracket = 0;

	if (authority.len > 0 && authority.p[0] == '[')
		bracket = find(authority, "]");
	authority.p += bracket;
	authority.len -= bracket;
	return bracket + find(authority, ":");
}

bool
url_https(struct url *url, struct http1_str text)
{
	struct http1_str authority;
	size_t at;

	if (text.len < SCHEME || !http1_same(text.p, "https://", SCHEME))
		return false;
	take(&text, SCHEME);
	authority = take(&text, find(text, "/?#"));
	at = find(authority, "@");
	url->user = take(&authority, at < authority.len ? at + 1 : 0);
	url->rest = text;
	if (url->user.len > 0 &&
	    !is_user((struct http1_str){ url->user.p, at }))
		return false;
	url->name = (struct http1_str){ authority.p, name_length(authority) };
	return http1_host_parse(&url->host, authority.p, authority.len) ==
	    HTTP1_OK;
}

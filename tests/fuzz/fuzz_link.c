/* SPDX-License-Identifier: ISC */

/*
 * A value of a field of an answer, taken apart as a URL, as links and as a
 * cookie: all that is found lies in it, one behind the other, and each walk
 * ends.
 */

#include "fuzz.h"

#include "http/http1_host.h"
#include "http/link.h"
#include "http/set_cookie.h"
#include "http/url.h"

static void
require_inside(struct http1_str s, struct http1_str whole)
{
	REQUIRE(s.p >= whole.p);
	REQUIRE(s.len <= (size_t)(whole.p + whole.len - s.p));
}

static bool
holds(struct http1_str s, char c)
{
	return s.len > 0 && memchr(s.p, c, s.len) != NULL;
}

/* Its pieces, one after another, are all of it. */
static void
check_url(struct http1_str value)
{
	static const size_t scheme = sizeof("https://") - 1;
	struct http1_host host;
	struct url url;

	if (!url_https(&url, value))
		return;
	require_inside(url.user, value);
	require_inside(url.name, value);
	require_inside(url.rest, value);
	REQUIRE(url.user.p == value.p + scheme);
	REQUIRE(url.name.p == url.user.p + url.user.len);
	REQUIRE(url.rest.p + url.rest.len == value.p + value.len);
	REQUIRE(url.user.len == 0 || url.user.p[url.user.len - 1] == '@');
	/* no reader finds another host there */
	REQUIRE(!holds(url.name, '@') && !holds(url.name, '\\'));
	REQUIRE(!holds(url.name, '/') && !holds(url.name, '\0'));
	REQUIRE(url.rest.len == 0 || strchr("/?#", *url.rest.p) != NULL);
	REQUIRE(url.host.name[0] != '\0');
	REQUIRE(http1_host_parse(&host, url.name.p, url.name.len) == HTTP1_OK);
	REQUIRE(strcmp(host.name, url.host.name) == 0);
}

static void
check_links(struct http1_str value)
{
	struct http1_str rest = value, target;
	const char *at = value.p;

	while (link_next(&rest, &target)) {
		require_inside(target, value);
		require_inside(rest, value);
		REQUIRE(target.p > at && target.p[-1] == '<');
		REQUIRE(target.p[target.len] == '>');
		REQUIRE(!holds(target, '>'));
		at = target.p + target.len;
		REQUIRE(rest.p > at);
		check_url(target);
	}
}

static void
check_cookie(struct http1_str value)
{
	struct http1_str rest = value, part;
	const char *at = value.p;
	bool secure = false;

	while (set_cookie_next(&rest, &part)) {
		REQUIRE(part.p == at && part.len > 0);
		at += part.len;
		REQUIRE(rest.p == at);
		REQUIRE(!holds((struct http1_str){ part.p + 1, part.len - 1 },
		    ';'));
		secure = secure || set_cookie_is_secure(part);
		REQUIRE(!set_cookie_is_secure(part) ||
		    !set_cookie_is_cross_site(part));
	}
	REQUIRE(at == value.p + value.len);
	REQUIRE(secure == set_cookie_has_secure(value));
	(void)set_cookie_needs_secure(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = exact_copy(data, size);
	const struct http1_str value = { copy, size };

	check_url(value);
	check_links(value);
	check_cookie(value);
	free(copy);
	return 0;
}

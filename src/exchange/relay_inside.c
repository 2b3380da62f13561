/* SPDX-License-Identifier: ISC */
#include "exchange/relay_inside.h"

#include "base/text.h"
#include "http/http1.h"
#include "http/link.h"
#include "http/set_cookie.h"
#include "http/url.h"

static void
put_str(struct text *t, struct http1_str s)
{
	text_put(t, s.p, s.len);
}

/* A reference (RFC 3986 4.1); most are put as they are. */
static void
put_reference(struct text *t, struct http1_str reference,
    const struct relay_inside *inside)
{
	uint16_t port = 0;
	struct url url;

	if (!url_https(&url, reference) ||
	    !inside->plain(inside->arg, &url.host, &port)) {
		put_str(t, reference);
		return;
	}
	text_puts(t, "http://");
	put_str(t, url.user);
	put_str(t, url.name);
	if (port != 0) {
		text_puts(t, ":");
		text_put_number(t, port);
	}
	put_str(t, url.rest);
}

/* All that is no target stays, what cannot be read included. */
static void
put_links(struct text *t, struct http1_str value,
    const struct relay_inside *inside)
{
	struct http1_str rest = value, target;
	const char *kept = value.p;

	while (link_next(&rest, &target)) {
		text_put(t, kept, (size_t)(target.p - kept));
		put_reference(t, target, inside);
		kept = target.p + target.len;
	}
	text_put(t, kept, (size_t)(value.p + value.len - kept));
}

/*
 * With Secure the attributes for other sites' requests go, or browsers would
 * ignore the cookie.  One that had no Secure is as its host wants it.
 */
static void
put_cookie(struct text *t, struct http1_str value)
{
	struct http1_str part;

	if (set_cookie_needs_secure(value) || !set_cookie_has_secure(value)) {
		put_str(t, value);
		return;
	}
	while (set_cookie_next(&value, &part))
		if (!set_cookie_is_secure(part) &&
		    !set_cookie_is_cross_site(part))
			put_str(t, part);
}

bool
relay_inside_put(struct text *t, const struct http1_field *f,
    const struct relay_inside *inside)
{
	bool links = http1_str_is(f->name, "link");
	bool cookie = http1_str_is(f->name, "set-cookie");

	if (cookie ? !inside->cookies : !inside->links || !(links ||
	    http1_str_is(f->name, "location") ||
	    http1_str_is(f->name, "content-location")))
		return false;
	put_str(t, f->name);
	text_puts(t, ": ");
	if (cookie)
		put_cookie(t, f->value);
	else if (links)
		put_links(t, f->value, inside);
	else
		put_reference(t, f->value, inside);
	text_puts(t, "\r\n");
	return true;
}

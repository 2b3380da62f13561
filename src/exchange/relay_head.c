/* SPDX-License-Identifier: ISC */
#include "exchange/relay_head.h"

#include <string.h>

#include "base/text.h"
#include "exchange/max_forwards.h"
#include "exchange/proxy_status.h"
#include "exchange/relay_codings.h"
#include "exchange/relay_inside.h"
#include "http/http1.h"
#include "http/http1_fields.h"
#include "http/http1_head.h"

/* Text */

static void
put_str(struct text *t, struct http1_str s)
{
	text_put(t, s.p, s.len);
}

static void
put_via(struct text *t, const struct http1_head *h, const char *name)
{
	if (name == NULL)
		return;
	text_puts(t, h->minor == 0 ? "Via: 1.0 " : "Via: 1.1 ");
	text_puts(t, name);
	text_puts(t, "\r\n");
}

static void
put_length(struct text *t, uint64_t n)
{
	text_puts(t, "Content-Length: ");
	text_put_number(t, n);
	text_puts(t, "\r\n");
}

static void
put_field(struct text *t, const struct http1_field *f)
{
	char *p;

	if (!text_reserve(t, f->name.len + f->value.len + 4))
		return;
	p = mempcpy(t->p + t->len, f->name.p, f->name.len);
	p = mempcpy(p, ": ", 2);
	p = mempcpy(p, f->value.p, f->value.len);
	p = mempcpy(p, "\r\n", 2);
	t->len = (size_t)(p - t->p);
}

/* Requests */

void
relay_authority(struct text *t, const struct http1_host *h, bool dot,
    uint16_t port)
{
	text_puts(t, h->kind == HTTP1_IPV6 ? "[" : "");
	text_puts(t, h->name);
	text_puts(t, dot ? "." : "");
	text_puts(t, h->kind == HTTP1_IPV6 ? "]" : "");
	if (port != 0) {
		text_puts(t, ":");
		text_put_number(t, port);
	}
}

static void
put_target(struct text *t, const struct http1_head *h)
{
	if (h->to_proxy) {
		text_puts(t, "http://");
		/* resolved there: a name that is whole stays so */
		relay_authority(t, &h->host, h->host.absolute, h->host.port);
		if (h->path.len == 0)
			return;		/* RFC 9112 3.2.4 */
	}
	if (h->path.len == 0)
		text_puts(t, http1_str_equals(h->method, "OPTIONS") ? "*" :
		    "/");
	else if (h->path.p[0] == '?') {
		text_put(t, "/", 1);
		put_str(t, h->path);
	} else
		put_str(t, h->path);
}

static void
put_host(struct text *t, const struct http1_host *h, bool dot, uint16_t port,
    bool tls)
{
	text_puts(t, "Host: ");
	relay_authority(t, h, dot, port == (tls ? 443 : 80) ? 0 : port);
	text_puts(t, "\r\n");
}

static void
put_request_field(struct text *t, const struct http1_field *f,
    const struct http1_field *limit, struct http1_str least)
{
	switch (f->id) {
	case HTTP1_HOST_FIELD:
	case HTTP1_CONTENT_LENGTH:
	case HTTP1_TRANSFER_ENCODING:
		return;
	case HTTP1_MAX_FORWARDS:
		if (least.len == 0)
			break;
		if (f == limit && !f->hop)
			max_forwards_put(t, least);
		return;
	default:
		break;
	}
	if (!f->hop)
		put_field(t, f);
}

/*
 * "trailers" is a word of its own, without weight (RFC 9110 10.1.4); what only
 * contains it is another transfer coding.
 */
static bool
wants_trailers(const struct http1_head *h)
{
	struct http1_str value, word;
	unsigned i;

	for (i = 0; i < h->nfields; i++) {
		if (h->fields[i].id != HTTP1_TE)
			continue;
		value = h->fields[i].value;
		while (http1_list_next(&value, &word)) {
			if (http1_str_is(word, "trailers"))
				return true;
		}
	}
	return false;
}

static bool
is_credential(const struct http1_field *f)
{
	return http1_str_is(f->name, "authorization") ||
	    http1_str_is(f->name, "cookie");
}

static void
put_request(struct text *t, const struct http1_head *h,
    const struct relay_request *r, bool trace)
{
	const struct http1_field *limit;
	struct http1_str least = { NULL, 0 };
	bool te = wants_trailers(h);
	bool codings = r->readable && !r->plain && relay_codings_readable(h);
	unsigned i;

	/* of several one goes out, where the first was */
	(void)max_forwards_read(h, &least);
	limit = http1_find(h, HTTP1_MAX_FORWARDS);
	put_str(t, h->method);
	text_put(t, " ", 1);
	put_target(t, h);
	text_puts(t, " HTTP/1.1\r\n");
	/* what the target has, where that has it (RFC 9112 3.2) */
	put_host(t, &h->host, h->to_proxy && h->host.absolute, r->port,
	    r->tls);
	for (i = 0; i < h->nfields; i++) {
		if ((r->plain || codings) && relay_codings_is(&h->fields[i]))
			continue;
		if (!trace || !is_credential(&h->fields[i]))
			put_request_field(t, &h->fields[i], limit, least);
	}
	if (r->plain)
		text_puts(t, "Accept-Encoding: identity\r\n");
	else if (codings)
		relay_codings_put(t, h);
	if (h->body == HTTP1_CHUNKED)
		text_puts(t, "Transfer-Encoding: chunked\r\n");
	else if (h->body == HTTP1_LENGTH)
		put_length(t, h->length + (uint64_t)(int64_t)r->more);
	put_via(t, h, r->via);
	if (te)
		text_puts(t, "TE: trailers\r\n");
	if (r->offer != NULL) {
		text_puts(t, "Upgrade: ");
		text_puts(t, r->offer);
		text_puts(t, te ? "\r\nConnection: upgrade, TE\r\n" :
		    "\r\nConnection: upgrade\r\n");
	} else if (te)
		text_puts(t, "Connection: TE\r\n");
	text_puts(t, "\r\n");
}

void
relay_request(struct text *t, const struct http1_head *h,
    const struct relay_request *r)
{
	put_request(t, h, r, false);
}

void
relay_trace(struct text *t, const struct http1_head *h,
    const struct relay_request *r)
{
	put_request(t, h, r, true);
}

/* Responses */

static void
put_response_field(struct text *t, const struct http1_field *f,
    const struct relay_inside *inside)
{
	if (f->hop || f->id == HTTP1_CONTENT_LENGTH ||
	    f->id == HTTP1_TRANSFER_ENCODING)
		return;
	if (inside == NULL || !relay_inside_put(t, f, inside))
		put_field(t, f);
}

/* RFC 9110 6.6.1 */
static void
put_date(struct text *t, const char *date)
{
	text_puts(t, "Date: ");
	text_puts(t, date);
	text_puts(t, "\r\n");
}

static void
put_framing(struct text *t, const struct http1_head *h,
    const struct relay_response *r)
{
	if (h->status < 200)
		return;
	if (r->framing == RELAY_CHUNKED)
		text_puts(t, "Transfer-Encoding: chunked\r\n");
	else if (r->framing == RELAY_LENGTH ||
	    (r->framing == RELAY_NO_BODY && h->has_length))
		put_length(t, h->length);
	if (r->close)
		text_puts(t, "Connection: close\r\n");
	else if (r->keep_alive)
		text_puts(t, "Connection: keep-alive\r\n");
}

void
relay_response(struct text *t, const struct http1_head *h,
    const struct relay_response *r)
{
	const struct http1_field *f;
	char timing[PROXY_STATUS_TIMING];
	bool dated = r->date == NULL || h->status < 200;
	unsigned i;

	text_puts(t, "HTTP/1.1 ");
	text_put_number(t, (uint64_t)h->status);
	text_put(t, " ", 1);
	put_str(t, h->reason);
	text_puts(t, "\r\n");
	for (i = 0; i < h->nfields; i++) {
		f = &h->fields[i];
		put_response_field(t, f, r->inside);
		dated |= f->id == HTTP1_DATE && !f->hop;
	}
	if (!dated)
		put_date(t, r->date);
	put_framing(t, h, r);
	if (r->upgrade && (f = http1_find(h, HTTP1_UPGRADE)) != NULL) {
		put_field(t, f);
		text_puts(t, "Connection: upgrade\r\n");
	}
	put_via(t, h, r->via);
	if (h->status >= 200 || h->status == 101) {
		proxy_status_put(t, r->tell_status ? h->status : 0,
		    r->resent);
		text_puts(t, proxy_status_timing(timing, r->wait, r->resent));
	}
	text_puts(t, "\r\n");
}

void
relay_last_chunk(struct text *t, const struct http1_head *trailers)
{
	unsigned i;

	text_puts(t, "0\r\n");
	for (i = 0; trailers != NULL && i < trailers->nfields; i++)
		put_field(t, &trailers->fields[i]);
	text_puts(t, "\r\n");
}

/* SPDX-License-Identifier: ISC */
#include "exchange/relay.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
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
	if (!text_reserve(t, f->name.len + f->value.len + 4))
		return;
	put_str(t, f->name);
	text_put(t, ": ", 2);
	put_str(t, f->value);
	text_put(t, "\r\n", 2);
}

/* Requests */

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* Behind the comment at p, or NULL where it does not end. */
static const char *
skip_comment(const char *p, const char *end)
{
	unsigned depth = 0;

	for (; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return NULL;
}

/*
 * Where the element at p ends.  A comma in a comment is none; but what begins
 * like a comment and does not end must not hide those that follow: from then on
 * there are none, which also bounds the time that this takes.
 */
static const char *
element_end(const char *p, const char *end, bool *comments)
{
	const char *behind;

	while (p < end && *p != ',') {
		behind = NULL;
		if (*p == '(' && *comments) {
			behind = skip_comment(p, end);
			*comments = behind != NULL;
		}
		p = behind != NULL ? behind : p + 1;
	}
	return p;
}

/* One element of Via: protocol, received-by, perhaps a comment. */
static bool
names_us(const char *p, const char *end, const char *name)
{
	size_t len = strlen(name);
	const char *by;

	p = skip_blanks(p, end);
	while (p < end && *p != ' ' && *p != '\t')
		p++;
	by = p = skip_blanks(p, end);
	while (p < end && *p != ' ' && *p != '\t' && *p != '(')
		p++;
	return (size_t)(p - by) == len && strncasecmp(by, name, len) == 0;
}

bool
relay_is_loop(const struct http1_head *h, const char *name)
{
	const char *p, *end, *stop;
	bool comments;
	unsigned i;

	for (i = 0; name != NULL && i < h->nfields; i++) {
		if (h->fields[i].id != HTTP1_VIA)
			continue;
		p = h->fields[i].value.p;
		end = p + h->fields[i].value.len;
		comments = true;
		for (; p < end; p = stop < end ? stop + 1 : end) {
			stop = element_end(p, end, &comments);
			if (names_us(p, stop, name))
				return true;
		}
	}
	return false;
}

/* Digits without leading zeros: of none, and of zeros, nothing is left. */
static bool
strip_zeros(struct http1_str *s)
{
	size_t i;

	for (i = 0; i < s->len; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
	}
	if (s->len == 0)
		return false;
	while (s->len > 0 && s->p[0] == '0') {
		s->p++;
		s->len--;
	}
	return true;
}

static bool
is_less(struct http1_str a, struct http1_str b)
{
	if (a.len != b.len)
		return a.len < b.len;
	return memcmp(a.p, b.p, a.len) < 0;
}

static bool
take_forwards(struct http1_str value, struct http1_str *least, bool *found)
{
	struct http1_str n;

	while (http1_list_next(&value, &n)) {
		if (!strip_zeros(&n))
			return false;
		if (!*found || is_less(n, *least))
			*least = n;
		*found = true;
	}
	return true;
}

enum relay_forwards
relay_max_forwards(const struct http1_head *h, struct http1_str *least)
{
	bool found = false;
	unsigned i;

	if (!http1_str_is(h->method, "TRACE") &&
	    !http1_str_is(h->method, "OPTIONS"))
		return RELAY_NO_LIMIT;
	for (i = 0; i < h->nfields; i++) {
		if (h->fields[i].id == HTTP1_MAX_FORWARDS &&
		    !take_forwards(h->fields[i].value, least, &found))
			return RELAY_BAD_LIMIT;
	}
	if (!found)
		return RELAY_NO_LIMIT;
	return least->len > 0 ? RELAY_LIMIT : RELAY_LIMIT_REACHED;
}

/* The line with one less than a number that is above 0, in as many digits as it takes. */
static void
put_max_forwards(struct text *t, struct http1_str n)
{
	size_t i, start = t->len + strlen("Max-Forwards: ");

	if (!text_reserve(t, n.len + strlen("Max-Forwards: \r\n")))
		return;
	text_puts(t, "Max-Forwards: ");
	put_str(t, n);
	for (i = t->len; t->p[i - 1] == '0'; i--)
		t->p[i - 1] = '9';
	t->p[i - 1]--;
	if (t->p[start] == '0' && n.len > 1) {
		memmove(t->p + start, t->p + start + 1, n.len - 1);
		t->len--;
	}
	text_puts(t, "\r\n");
}

static void
put_authority(struct text *t, const struct http1_host *h, uint16_t port)
{
	text_puts(t, h->kind == HTTP1_IPV6 ? "[" : "");
	text_puts(t, h->name);
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
		put_authority(t, &h->host, h->host.port);
		if (h->path.len == 0)
			return;		/* RFC 9112 3.2.4 */
	}
	if (h->path.len == 0)
		text_puts(t, http1_str_is(h->method, "OPTIONS") ? "*" : "/");
	else if (h->path.p[0] == '?') {
		text_put(t, "/", 1);
		put_str(t, h->path);
	} else
		put_str(t, h->path);
}

static void
put_host(struct text *t, const struct http1_host *h, uint16_t port,
    bool tls)
{
	text_puts(t, "Host: ");
	put_authority(t, h, port == (tls ? 443 : 80) ? 0 : port);
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
		if (f == limit)
			put_max_forwards(t, least);
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
	unsigned i;

	/* of several one goes out, where the first was */
	(void)relay_max_forwards(h, &least);
	limit = http1_find(h, HTTP1_MAX_FORWARDS);
	put_str(t, h->method);
	text_put(t, " ", 1);
	put_target(t, h);
	text_puts(t, " HTTP/1.1\r\n");
	put_host(t, &h->host, r->port, r->tls);
	for (i = 0; i < h->nfields; i++) {
		if (!trace || !is_credential(&h->fields[i]))
			put_request_field(t, &h->fields[i], limit, least);
	}
	if (h->body == HTTP1_CHUNKED)
		text_puts(t, "Transfer-Encoding: chunked\r\n");
	else if (h->body == HTTP1_LENGTH)
		put_length(t, h->length);
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
put_response_field(struct text *t, const struct http1_field *f)
{
	if (!f->hop && f->id != HTTP1_CONTENT_LENGTH &&
	    f->id != HTTP1_TRANSFER_ENCODING)
		put_field(t, f);
}

static void
put_framing(struct text *t, const struct http1_head *h,
    const struct relay_response *r)
{
	if (h->status < 200)
		return;
	if (r->framing == RELAY_CHUNKED)
		text_puts(t, "Transfer-Encoding: chunked\r\n");
	else if (r->framing == RELAY_LENGTH || h->has_length)
		put_length(t, h->length);
	if (r->close)
		text_puts(t, "Connection: close\r\n");
	else if (r->keep_alive)
		text_puts(t, "Connection: keep-alive\r\n");
}

/* RFC 9209 */
static void
put_proxy_status(struct text *t, const struct http1_head *h,
    const struct relay_response *r)
{
	if (!r->tell_status && r->resent == 0)
		return;
	text_puts(t, "Proxy-Status: " RELAY_NAME);
	if (r->tell_status)
		text_putf(t, "; received-status=%d", h->status);
	if (r->resent > 0)
		text_putf(t, "; details=\"sent again %u time%s after a "
		    "throttled answer\"", r->resent,
		    r->resent == 1 ? "" : "s");
	text_puts(t, "\r\n");
}

const char *
relay_timing(char buf[RELAY_TIMING], uint64_t wait, unsigned resent)
{
	double ms = (double)wait / 1e6;

	buf[0] = '\0';
	if (resent > 0)
		snprintf(buf, RELAY_TIMING, "Server-Timing: queue;dur=%.3f, "
		    "retry;desc=\"%u\"\r\n", ms, resent);
	else if (wait > 0)
		snprintf(buf, RELAY_TIMING, "Server-Timing: queue;dur=%.3f"
		    "\r\n", ms);
	return buf;
}

void
relay_response(struct text *t, const struct http1_head *h,
    const struct relay_response *r)
{
	const struct http1_field *f;
	char timing[RELAY_TIMING];
	unsigned i;

	text_puts(t, "HTTP/1.1 ");
	text_put_number(t, (uint64_t)h->status);
	text_put(t, " ", 1);
	put_str(t, h->reason);
	text_puts(t, "\r\n");
	for (i = 0; i < h->nfields; i++)
		put_response_field(t, &h->fields[i]);
	put_framing(t, h, r);
	if (r->upgrade && (f = http1_find(h, HTTP1_UPGRADE)) != NULL) {
		put_field(t, f);
		text_puts(t, "Connection: upgrade\r\n");
	}
	if (h->status >= 200 || h->status == 101) {
		put_via(t, h, r->via);
		put_proxy_status(t, h, r);
		text_puts(t, relay_timing(timing, r->wait, r->resent));
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

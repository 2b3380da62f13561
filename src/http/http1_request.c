/* SPDX-License-Identifier: ISC */
#include "http/http1_request.h"

#include <string.h>

#include "http/http1_class.h"
#include "http/http1_connection.h"
#include "http/http1_fields.h"
#include "http/http1_framing.h"
#include "http/http1_head.h"
#include "http/http1_host.h"
#include "http/http1_line.h"

static void
method_classify(struct http1_head *head)
{
	struct http1_str m = head->method;

	head->safe = http1_str_equals(m, "GET") ||
	    http1_str_equals(m, "HEAD") || http1_str_equals(m, "OPTIONS") ||
	    http1_str_equals(m, "TRACE");
	head->idempotent = head->safe || http1_str_equals(m, "PUT") ||
	    http1_str_equals(m, "DELETE");
}

/*
 * The schemes of absolute targets.  A WebSocket begins as a request (RFC 6455
 * 1.7), which some clients send with the URL that they were given.
 */
static const struct scheme {
	const char	*text;
	size_t		 len;		/* bytes, with what follows it */
	bool		 https;
} schemes[] = {
	{ "http://", 7, false },
	{ "https://", 8, true },
	{ "ws://", 5, false },
	{ "wss://", 6, true },
};

#define SCHEMES	(sizeof schemes / sizeof schemes[0])

/* The scheme that a target begins with; NULL: it is none of those. */
static const struct scheme *
find_scheme(struct http1_str t)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++)
		if (t.len >= schemes[i].len &&
		    http1_same(t.p, schemes[i].text, schemes[i].len))
			return &schemes[i];
	return NULL;
}

/*
 * Whether it is a URI whose scheme is another than ours; "host:80" is none
 * (RFC 3986 3.1).
 */
static bool
other_scheme(struct http1_str t)
{
	size_t n = 0, i;

	while (n < t.len && http1_is(t.p[n], HTTP1_TCHAR))
		n++;
	if (n == 0 || n + 1 >= t.len || t.p[n] != ':' ||
	    http1_lower(t.p[0]) < 'a' || http1_lower(t.p[0]) > 'z')
		return false;
	for (i = 0; i < SCHEMES; i++)
		if (n + 3 == schemes[i].len &&
		    http1_same(t.p, schemes[i].text, n))
			return false;
	return t.p[n + 1] < '0' || t.p[n + 1] > '9';
}

static enum http1_error
target_absolute(struct http1_head *head)
{
	struct http1_str t = head->target;
	const struct scheme *scheme = find_scheme(t);
	size_t host;		/* offsets */
	size_t path;

	if (scheme == NULL)
		return other_scheme(t) ? HTTP1_BAD_SCHEME : HTTP1_BAD_TARGET;
	path = host = scheme->len;
	while (path < t.len && t.p[path] != '/' && t.p[path] != '?')
		path++;
	head->form = HTTP1_ABSOLUTE_FORM;
	head->https = scheme->https;
	head->path.p = t.p + path;
	head->path.len = t.len - path;
	if (memchr(t.p + host, '@', path - host) != NULL)
		return HTTP1_USERINFO;
	return http1_host_parse(&head->host, t.p + host, path - host);
}

/* There is no default port for a tunnel (RFC 9110 9.3.6). */
static enum http1_error
target_authority(struct http1_head *head)
{
	enum http1_error error;

	head->form = HTTP1_AUTHORITY_FORM;
	if (memchr(head->target.p, '@', head->target.len) != NULL)
		return HTTP1_USERINFO;
	error = http1_host_parse(&head->host, head->target.p,
	    head->target.len);
	if (error == HTTP1_OK && head->host.port == 0)
		error = HTTP1_NO_PORT;
	return error;
}

static enum http1_error
target_parse(struct http1_head *head)
{
	struct http1_str t = head->target;
	size_t n = http1_span(t.p, t.len, HTTP1_TARGET);

	if (n != t.len)
		return t.p[n] == '#' ? HTTP1_FRAGMENT : HTTP1_BAD_TARGET;
	if (http1_str_equals(head->method, "CONNECT"))
		return target_authority(head);
	if (t.len == 1 && t.p[0] == '*') {
		head->form = HTTP1_ASTERISK_FORM;
		return http1_str_equals(head->method, "OPTIONS") ? HTTP1_OK :
		    HTTP1_BAD_TARGET;
	}
	if (t.p[0] == '/') {
		head->form = HTTP1_ORIGIN_FORM;
		head->path = t;
		return HTTP1_OK;
	}
	return target_absolute(head);
}

static enum http1_error
request_line(struct http1_head *head, struct http1_str line)
{
	struct http1_str method;
	enum http1_error error;

	if (!http1_line_word(&line, &method))
		return HTTP1_BAD_LINE;
	if (!http1_is_token(method.p, method.len))
		return HTTP1_BAD_METHOD;
	head->method = method;
	method_classify(head);
	if (!http1_line_word(&line, &head->target) || head->target.len == 0)
		return HTTP1_BAD_LINE;
	error = http1_line_version(line, &head->minor);
	return error == HTTP1_OK ? target_parse(head) : error;
}

/* Whether a Host says what the target has said, letter by letter. */
static bool
repeats_target(const struct http1_head *head, struct http1_str host)
{
	struct http1_str t = head->target;

	if (head->form == HTTP1_ABSOLUTE_FORM) {
		t.p += find_scheme(t)->len;
		t.len = (size_t)(head->path.p - t.p);
	} else if (head->form != HTTP1_AUTHORITY_FORM) {
		return false;
	}
	return host.len == t.len && memcmp(host.p, t.p, t.len) == 0;
}

/* The target's host wins, but a Host that is no host is still an error. */
static enum http1_error
host_check(struct http1_head *head, const struct http1_tally *tally)
{
	const struct http1_field *field;
	struct http1_host other;
	struct http1_host *host = &other;

	if (tally->count[HTTP1_HOST_FIELD] == 0)
		return head->minor == 0 ? HTTP1_OK : HTTP1_NO_HOST;
	if (tally->count[HTTP1_HOST_FIELD] > 1)
		return HTTP1_MANY_HOSTS;
	field = http1_find(head, HTTP1_HOST_FIELD);
	if (repeats_target(head, field->value))
		return HTTP1_OK;
	if (head->form == HTTP1_ORIGIN_FORM ||
	    head->form == HTTP1_ASTERISK_FORM)
		host = &head->host;
	return http1_host_parse(host, field->value.p, field->value.len);
}

static enum http1_error
request_framing(struct http1_head *head, const struct http1_tally *tally)
{
	enum http1_error error = http1_framing_parse(head, tally);

	if (error != HTTP1_OK || !http1_str_equals(head->method, "CONNECT"))
		return error;
	if (head->body == HTTP1_CHUNKED || head->length > 0)
		return HTTP1_CONNECT_BODY;
	head->body = HTTP1_NO_BODY;
	return HTTP1_OK;
}

/*
 * What expects nothing goes no further; nor does what HTTP/1.0 does not have
 * (RFC 9110 10.1.1).
 */
static enum http1_error
expect_field(struct http1_head *head, struct http1_field *field)
{
	struct http1_str value = field->value;
	struct http1_str expectation;
	bool some = false;

	while (http1_list_next(&value, &expectation)) {
		if (expectation.len == 0)
			continue;
		if (!http1_str_is(expectation, "100-continue"))
			return HTTP1_UNKNOWN_EXPECT;
		some = head->minor >= 1;
	}
	if (some)
		head->expect_continue = true;
	else
		field->hop = true;
	return HTTP1_OK;
}

static enum http1_error
expect_parse(struct http1_head *head, const struct http1_tally *tally)
{
	enum http1_error error = HTTP1_OK;

	for (unsigned i = 0; tally->count[HTTP1_EXPECT] > 0 &&
	    i < head->nfields && error == HTTP1_OK; i++) {
		if (head->fields[i].id == HTTP1_EXPECT)
			error = expect_field(head, &head->fields[i]);
	}
	return error;
}

static enum http1_error
request_parse(struct http1_head *head, const char *p, const char *end)
{
	struct http1_tally tally = { .close = false };
	struct http1_str line;
	enum http1_error error;

	if ((error = http1_line_next(&p, end, &line)) != HTTP1_OK ||
	    (error = request_line(head, line)) != HTTP1_OK ||
	    (error = http1_fields_parse(head, &tally, p, end, false)) !=
	    HTTP1_OK ||
	    (error = http1_connection_parse(head, &tally)) != HTTP1_OK ||
	    (error = request_framing(head, &tally)) != HTTP1_OK ||
	    (error = host_check(head, &tally)) != HTTP1_OK ||
	    (error = expect_parse(head, &tally)) != HTTP1_OK)
		return error;
	if (tally.count[HTTP1_CONNECTION] == 0)
		http1_connection_proxy(head, &tally);
	http1_connection_decide(head, &tally);
	if (head->minor == 0)
		head->upgrade = false;
	if (head->form == HTTP1_ORIGIN_FORM)
		return HTTP1_NOT_PROXY;
	return HTTP1_OK;
}

enum http1_error
http1_request(struct http1_head *head, const char *buf, size_t len)
{
	struct http1_str method;
	struct http1_str target;
	struct http1_str path;
	unsigned minor;
	enum http1_error error;

	http1_head_clear(head);
	error = request_parse(head, buf, buf + len);
	if (error == HTTP1_OK || error == HTTP1_NOT_PROXY)
		return error;
	method = head->method;
	target = head->target;
	path = head->path;
	minor = head->minor;
	http1_head_clear(head);
	head->method = method;
	head->target = target;
	head->path = path;
	head->minor = minor;
	return error;
}

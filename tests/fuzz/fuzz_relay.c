/* SPDX-License-Identifier: ISC */

/*
 * Heads as they are sent on.  The first byte has the ways in which that can be
 * done; the rest is a head, which is parsed, written as it goes out, and parsed
 * again: both must mean the same, and nothing may be left of what was for one
 * connection only.
 */

#include "fuzz_http1.h"

#include "base/text.h"
#include "exchange/max_forwards.h"
#include "exchange/relay_head.h"
#include "exchange/relay_inside.h"
#include "exchange/upgrade.h"
#include "http/http1_request.h"
#include "http/http1_response.h"

#define OUT_MAX	(8 * FUZZ_HEAD)

enum way {			/* bits of the first byte */
	WAY_RESPONSE	= 1,
	WAY_TLS		= 2,
	WAY_VIA		= 4,
	WAY_OLD		= 8,	/* to a client of HTTP/1.0 */
	WAY_HEAD	= 16,	/* the answer is one to HEAD */
	WAY_CLOSE	= 32,
	WAY_TRACE	= 64,
	WAY_INSIDE	= 128,	/* https:// of some hosts becomes http:// */
};

static struct http1_head in, out;

static bool
is_same(struct http1_str a, struct http1_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* How many fields have that name. */
static unsigned
count(const struct http1_head *h, enum http1_name id)
{
	unsigned i, n = 0;

	for (i = 0; i < h->nfields; i++)
		n += h->fields[i].id == id;
	return n;
}

static bool
is_framing(const struct http1_field *f)
{
	return f->id == HTTP1_CONTENT_LENGTH ||
	    f->id == HTTP1_TRANSFER_ENCODING || f->id == HTTP1_HOST_FIELD ||
	    f->id == HTTP1_MAX_FORWARDS;
}

static bool
is_secret(const struct http1_field *f)
{
	return http1_str_is(f->name, "authorization") ||
	    http1_str_is(f->name, "cookie");
}

/* Whether it may be another one in an answer to a client that is kept inside. */
static bool
may_change(const struct http1_field *f)
{
	return http1_str_is(f->name, "location") ||
	    http1_str_is(f->name, "content-location") ||
	    http1_str_is(f->name, "link") ||
	    http1_str_is(f->name, "set-cookie");
}

/* Hosts below "t" are asked for by http://, one of their ports without it. */
static bool
plain_cb(const void *arg, const struct http1_host *host, uint16_t *port)
{
	size_t len = strlen(host->name);

	(void)arg;
	*port = host->port == 0 ? 443 : host->port == 8443 ? 0 : host->port;
	return len > 2 && strcmp(host->name + len - 2, ".t") == 0;
}

static const struct relay_inside inside = {
	.links = true,
	.cookies = true,
	.plain = plain_cb,
};

/* Once it was changed, nothing is left to be changed. */
static void
check_changed(const struct http1_field *was, const struct http1_field *is)
{
	struct text again = { .failed = false };

	REQUIRE(is->value.len <= 2 * was->value.len);
	REQUIRE(relay_inside_put(&again, is, &inside));
	REQUIRE(again.len == is->name.len + is->value.len + 4);
	REQUIRE(memcmp(again.p + is->name.len + 2, is->value.p,
	    is->value.len) == 0);
	text_free(&again);
}

/* What is end to end is there, as it was and in its order; from is the last. */
static void
check_kept(unsigned way)
{
	unsigned i, at = 0;

	for (i = 0; i < in.nfields; i++) {
		const struct http1_field *f = &in.fields[i];

		if (f->hop || is_framing(f) ||
		    ((way & WAY_TRACE) && is_secret(f)))
			continue;
		while (at < out.nfields && is_framing(&out.fields[at]))
			at++;
		REQUIRE(at < out.nfields);
		REQUIRE(is_same(out.fields[at].name, f->name));
		if ((way & WAY_INSIDE) && may_change(f))
			check_changed(f, &out.fields[at]);
		else
			REQUIRE(is_same(out.fields[at].value, f->value));
		at++;
	}
}

/* Nothing is for one connection only, but what was said anew. */
static void
check_dropped(void)
{
	REQUIRE(count(&out, HTTP1_PROXY_AUTHORIZATION) == 0);
	REQUIRE(count(&out, HTTP1_PROXY_AUTHENTICATE) == 0);
	REQUIRE(count(&out, HTTP1_PROXY_CONNECTION) == 0);
	REQUIRE(count(&out, HTTP1_KEEP_ALIVE) == 0);
	REQUIRE(count(&out, HTTP1_HTTP2_SETTINGS) == 0);
	REQUIRE(count(&out, HTTP1_SLUICE_COST) == 0);
	REQUIRE(count(&out, HTTP1_SLUICE_MAX_WAIT) == 0);
	REQUIRE(count(&out, HTTP1_CONNECTION) <= 1);
	REQUIRE(count(&out, HTTP1_UPGRADE) <= 1);
	REQUIRE(count(&out, HTTP1_TE) <= 1);
	REQUIRE(count(&out, HTTP1_CONTENT_LENGTH) <= 1);
	REQUIRE(count(&out, HTTP1_TRANSFER_ENCODING) <= 1);
}

static void
check_whole(const struct text *t)
{
	struct http1_scan scan = { .seen = 0 };
	size_t end = 0;

	REQUIRE(!t->failed && t->len < OUT_MAX);
	REQUIRE(http1_scan(&scan, t->p, t->len, OUT_MAX, OUT_MAX, &end) ==
	    HTTP1_DONE);
	REQUIRE(end == t->len);
}

/* The path that is asked for, where the target had none. */
static void
check_path(void)
{
	if (in.path.len > 0 && in.path.p[0] != '?') {
		REQUIRE(is_same(out.target, in.path));
	} else if (in.path.len > 0) {
		REQUIRE(out.target.len == in.path.len + 1);
		REQUIRE(memcmp(out.target.p + 1, in.path.p, in.path.len) == 0);
	} else {
		REQUIRE(out.target.len == 1);
		REQUIRE(out.target.p[0] ==
		    (http1_str_equals(in.method, "OPTIONS") ? '*' : '/'));
	}
}

static void
check_request(const struct text *t, const struct relay_request *to,
    unsigned way)
{
	enum http1_error error;
	uint16_t port = to->tls ? 443 : 80;

	check_whole(t);
	error = http1_request(&out, t->p, t->len);
	REQUIRE(error == HTTP1_NOT_PROXY || (error == HTTP1_OK &&
	    out.form == HTTP1_ASTERISK_FORM));
	REQUIRE(is_same(out.method, in.method) && out.minor == 1);
	check_path();
	REQUIRE(strcmp(out.host.name, in.host.name) == 0);
	REQUIRE(out.host.port == (to->port == port ? 0 : to->port));
	REQUIRE(out.body == in.body && out.length == in.length);
	REQUIRE(count(&out, HTTP1_HOST_FIELD) == 1);
	REQUIRE(out.upgrade == (to->offer != NULL));
	check_dropped();
	check_kept(way & WAY_TRACE);
}

static void
relay_a_request(char *p, size_t len, unsigned way)
{
	static const struct rule rule = {
		.upgrades = { "websocket", "chat" },
		.nupgrades = 2,
	};
	struct upgrade upgrade = { .failed = false };
	struct relay_request to = {
		.tls = way & WAY_TLS,
		.via = way & WAY_VIA ? "me" : NULL,
	};
	struct text t = { .failed = false };

	if (http1_request(&in, p, len) != HTTP1_OK ||
	    in.form == HTTP1_AUTHORITY_FORM || in.host.name[0] == '\0')
		return;
	to.port = in.host.port != 0 ? in.host.port : to.tls ? 443 : 80;
	upgrade_read(&upgrade, &in, &rule);
	to.offer = upgrade.offer;
	if (way & WAY_TRACE)
		relay_trace(&t, &in, &to);
	else
		relay_request(&t, &in, &to);
	check_request(&t, &to, way);
	free(upgrade.offer);
	text_free(&t);
}

/* How the client delimits what it reads. */
static enum http1_body
body_of(enum relay_framing framing)
{
	static const enum http1_body bodies[] = {
		[RELAY_NO_BODY] = HTTP1_NO_BODY,
		[RELAY_LENGTH] = HTTP1_LENGTH,
		[RELAY_CHUNKED] = HTTP1_CHUNKED,
		[RELAY_UNTIL_CLOSE] = HTTP1_UNTIL_CLOSE,
	};

	return bodies[framing];
}

static void
check_response(const struct text *t, const struct relay_response *how,
    struct http1_str method, unsigned way)
{
	check_whole(t);
	REQUIRE(http1_response(&out, t->p, t->len, method) == HTTP1_OK);
	REQUIRE(out.status == in.status && out.minor == 1);
	REQUIRE(is_same(out.reason, in.reason));
	REQUIRE(in.status < 200 || count(&out, HTTP1_DATE) > 0);
	check_dropped();
	check_kept(way & WAY_INSIDE);
	if (in.status < 200)
		return;
	REQUIRE(out.body == body_of(how->framing));
	REQUIRE(!in.has_length || out.length == in.length);
	REQUIRE(!how->close || !out.keep_alive);
	REQUIRE(how->close || out.keep_alive);
}

static void
relay_a_response(char *p, size_t len, unsigned way)
{
	struct http1_str method = { "GET", 3 };
	struct relay_response how = {
		.via = way & WAY_VIA ? "me" : NULL,
		.date = "now",
		.close = way & WAY_CLOSE,
		.inside = way & WAY_INSIDE ? &inside : NULL,
	};
	struct text t = { .failed = false };

	if (way & WAY_HEAD)
		method = (struct http1_str){ "HEAD", 4 };
	if (http1_response(&in, p, len, method) != HTTP1_OK ||
	    in.status == 101)
		return;
	if (in.body == HTTP1_LENGTH)
		how.framing = RELAY_LENGTH;
	else if (in.body != HTTP1_NO_BODY)
		how.framing = way & WAY_OLD ? RELAY_UNTIL_CLOSE :
		    RELAY_CHUNKED;
	how.close = how.close || how.framing == RELAY_UNTIL_CLOSE;
	relay_response(&t, &in, &how);
	check_response(&t, &how, method, way);
	text_free(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum http1_error error;
	unsigned way;
	size_t end;
	char *p;

	if (size < 1 || size > FUZZ_HEAD)
		return 0;
	way = data[0];
	p = exact_copy(data + 1, size - 1);
	if (scan_whole(p, size - 1, &end, &error) == HTTP1_DONE) {
		if (way & WAY_RESPONSE)
			relay_a_response(p, end, way);
		else
			relay_a_request(p, end, way);
	}
	free(p);
	return 0;
}

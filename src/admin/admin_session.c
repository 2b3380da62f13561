/* SPDX-License-Identifier: ISC */
#include "admin/admin_session.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin_answer.h"
#include "admin/admin_body.h"
#include "admin/admin_names.h"
#include "admin/admin_query.h"
#include "admin/admin_routes.h"
#include "base/log.h"
#include "conf/conf.h"
#include "front/front.h"
#include "http/http1.h"

/*
 * The life of a request: its head is judged, and what is wrong with it
 * answered; then its body is collected, if it has one, and parsed; then its
 * handler has it, and answers now or later.  Whoever answers ends it.
 */

/* Heads */

static struct http1_str
field(const struct http1_head *h, const char *name)
{
	unsigned i;

	for (i = 0; i < h->nfields; i++) {
		if (http1_str_is(h->fields[i].name, name))
			return h->fields[i].value;
	}
	return (struct http1_str){ NULL, 0 };
}

/* What is asked by a body, since no URL would hold it, is no change. */
static bool
is_change(const struct admin_request *r)
{
	const struct admin_route *route;
	unsigned allowed;

	if (r->method == ADMIN_GET)
		return false;
	route = admin_route_find(r, &allowed);
	return route == NULL || !route->asks;
}

/* Returns whether the request may go on; it is answered where not. */
static bool
judge(const struct admin_door *door, struct admin_request *r,
    const struct http1_head *h)
{
	const struct conf *conf = door->context->conf;
	struct guard_door at = {
		.socket = door->socket,
		.origins = &door->origins,
		.token = conf->admin_token,
		.readonly = conf->admin_readonly,
	};
	struct guard_request asks = {
		.change = is_change(r),
		.host = field(h, "Host"),
		.origin = field(h, "Origin"),
		.fetch_site = field(h, "Sec-Fetch-Site"),
		.authorization = field(h, "Authorization"),
		.upgrade = field(h, "Upgrade"),
	};
	struct guard_verdict v = guard_judge(&at, &asks);

	r->by_socket = door->socket;
	r->full = v.full;
	r->by_token = v.full && !door->socket;
	r->may_change = v.may_change;
	if (v.status == 0)
		return true;
	admin_answer_problem_with(r, v.status, v.status == 401 ?
	    "WWW-Authenticate: Bearer\r\n" : "", v.expected, "%s", v.why);
	return false;
}

static void
put_allowed(char *buf, size_t size, unsigned allowed)
{
	snprintf(buf, size, "%s%s%s%s", allowed & ADMIN_GET ? ", GET, HEAD" :
	    "", allowed & ADMIN_POST ? ", POST" : "",
	    allowed & ADMIN_PUT ? ", PUT" : "",
	    allowed & ADMIN_DELETE ? ", DELETE" : "");
}

/* Finds who answers such a path. */
static bool
find_route(struct admin_request *r)
{
	char methods[64], allow[80];
	const char *nearest;
	unsigned allowed;

	if ((r->route = admin_route_find(r, &allowed)) != NULL)
		return true;
	if (allowed == 0) {
		nearest = admin_route_nearest(r);
		admin_answer_problem(r, 404, nearest != NULL ? nearest :
		    "a path of /v1/openapi.yaml", "there is no such path");
		return false;
	}
	put_allowed(methods, sizeof methods, allowed);
	snprintf(allow, sizeof allow, "Allow: %s\r\n", methods + 2);
	admin_answer_problem_with(r, 405, allow, methods + 2,
	    "that path has no such method");
	return false;
}

static bool
is_shown(struct admin_request *r)
{
	if (!r->route->needs_full || r->full)
		return true;
	admin_answer_problem(r, 403, "the socket, or Authorization: Bearer "
	    "with the token of admin.web_token_file",
	    "this is not shown without a token");
	return false;
}

/* Whether its query is one that the route takes. */
static bool
takes_query(struct admin_request *r)
{
	if (r->route->any_query)
		return true;
	if (r->query_status == 0)
		return admin_query_only(r, r->route->query);
	admin_answer_problem(r, r->query_status, NULL, r->query_status == 503 ?
	    "out of memory" :
	    "the query is malformed, or a parameter is there twice");
	return false;
}

void
admin_session_init(void)
{
	struct passwd pw, *found;
	char buf[1024];

	(void)getpwuid_r(geteuid(), &pw, buf, sizeof buf, &found);
}

/* The user at the other end, as far as that can be told. */
static void
learn_by(const struct admin_door *door, struct admin_request *r)
{
	struct front_credentials c;
	struct passwd pw, *found = NULL;
	char buf[1024];

	if (!door->socket) {
		snprintf(r->by_text, sizeof r->by_text, "the token (%s)",
		    front_peer(r->downstream));
		return;
	}
	if (!front_credentials(r->downstream, &c)) {
		snprintf(r->by_text, sizeof r->by_text, "unknown");
		return;
	}
	if (getpwuid_r(c.uid, &pw, buf, sizeof buf, &found) != 0 ||
	    found == NULL)
		pw.pw_name = NULL;
	snprintf(r->by_text, sizeof r->by_text, "%.32s%suid %u, pid %d%s",
	    pw.pw_name != NULL ? pw.pw_name : "",
	    pw.pw_name != NULL ? " (" : "", (unsigned)c.uid, (int)c.pid,
	    pw.pw_name != NULL ? ")" : "");
}

/* Handlers */

static void
put_path(char *buf, size_t size, const struct admin_request *r)
{
	size_t used = 0;
	unsigned i;

	buf[0] = '\0';
	for (i = 0; i < r->nparts && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "/%s",
		    r->parts[i]);
}

/* What is changed is logged with who did it, whatever comes of it. */
static void
handle(struct admin_request *r)
{
	static const char *const names[] = {
		[ADMIN_POST] = "POST", [ADMIN_PUT] = "PUT",
		[ADMIN_DELETE] = "DELETE",
	};
	const char *reason = json_string_value(json_object_get(r->body,
	    "reason"));
	char path[512];

	r->handled = true;
	if (is_change(r)) {
		put_path(path, sizeof path, r);
		log_info("control plane: %s %s by %s%s%.200s",
		    names[r->method], path, r->by, reason != NULL ? ": " : "",
		    reason != NULL ? reason : "");
	}
	r->route->handler(r);
}

/* Bodies */

static void
take_body(struct admin_request *r)
{
	if (admin_body_parse(r, r->route->members))
		handle(r);
}

static bool
too_large(struct admin_request *r)
{
	admin_answer_problem(r, 413, "at most 65536 bytes",
	    "the body is too large");
	return false;
}

/*
 * A change says that it is JSON, which no form of a page can: at the socket only
 * where it has a body.
 */
static bool
is_typed(const struct admin_door *door, struct admin_request *r,
    const struct http1_head *h)
{
	struct http1_str type = field(h, "Content-Type");

	if (guard_is_json(type) || (door->socket && type.p == NULL &&
	    front_body_done(r->downstream)))
		return true;
	admin_answer_problem(r, 415, "Content-Type: application/json",
	    "the body must be JSON");
	return false;
}

static void
begin_change(const struct admin_door *door, struct admin_request *r,
    const struct http1_head *h)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec v = {
		.iov_base = (void *)(uintptr_t)go_on,
		.iov_len = sizeof go_on - 1,
	};

	learn_by(door, r);
	if (!is_typed(door, r, h) ||
	    (h->body == HTTP1_LENGTH && h->length > ADMIN_BODY &&
	    !too_large(r)))
		return;
	if (front_body_done(r->downstream)) {
		take_body(r);
		return;
	}
	if (h->expect_continue)
		front_send(r->downstream, &v, 1);
	front_read_body(r->downstream, false);
}

/* Events of the front */

static void
start(void *owner, struct downstream *d, const struct http1_head *h)
{
	const struct admin_door *door = owner;
	struct admin_request *r;
	const char *why = NULL;
	int status = 0;

	r = admin_request_new(door->context, d, h, &status, &why);
	front_attach(d, r);
	if (r == NULL) {
		front_end(d, false);
		return;
	}
	if (!judge(door, r, h))
		return;
	if (status != 0) {
		admin_answer_problem(r, status, NULL, "%s", why);
		return;
	}
	if (!find_route(r) || !is_shown(r) || !takes_query(r))
		return;
	if (r->method == ADMIN_GET)
		handle(r);
	else
		begin_change(door, r, h);
}

static void
refuse(void *owner, struct downstream *d, const struct http1_head *h,
    int status, const char *why)
{
	const struct admin_door *door = owner;
	struct admin_request *r;
	const char *other;
	int ignored;

	r = admin_request_new(door->context, d, h, &ignored, &other);
	front_attach(d, r);
	if (r == NULL) {
		front_end(d, false);
		return;
	}
	r->keep = false;
	admin_answer_problem(r, status, NULL, "%s", why);
}

static void
no_handshake(void *owner, struct downstream *d, const struct http1_host *host,
    const char *why)
{
	(void)owner;
	(void)host;
	log_debug("control plane: no TLS with %s: %s", front_peer(d), why);
}

static bool
body(void *user, const char *p, size_t n)
{
	struct admin_request *r = user;

	if (r->received.len + n > ADMIN_BODY)
		return too_large(r);
	text_put(&r->received, p, n);
	return true;
}

static void
body_end(void *user, const struct http1_head *trailers)
{
	struct admin_request *r = user;

	(void)trailers;
	if (r->received.failed)
		admin_answer_problem(r, 503, NULL, "out of memory");
	else
		take_body(r);
}

static void
body_failed(void *user, int status, const char *why)
{
	struct admin_request *r = user;

	if (r->handled)
		return;
	r->keep = false;
	admin_answer_problem(r, status, NULL, "%s", why);
}

static void
writable(void *user)
{
	struct admin_request *r = user;

	if (r->streaming && r->writable != NULL)
		r->writable(r);
}

static void
heard(void *user)
{
	(void)user;
}

/* Who waits for an answer may still read it; a stream has no other end. */
static void
half_closed(void *user)
{
	struct admin_request *r = user;

	if (!r->streaming)
		return;
	if (r->ended != NULL)
		r->ended(r);
	admin_stream_end(r, false);
}

/* A handler that has yet to answer keeps the request until it does. */
static void
gone(void *user, const char *why)
{
	struct admin_request *r = user;

	(void)why;
	r->downstream = NULL;
	if (r->streaming && r->ended != NULL)
		r->ended(r);
	if (r->streaming || !r->handled)
		admin_request_free(r);
}

const struct front_events admin_session_events = {
	.start = start,
	.refuse = refuse,
	.no_handshake = no_handshake,
	.body = body,
	.body_end = body_end,
	.body_failed = body_failed,
	.writable = writable,
	.heard = heard,
	.half_closed = half_closed,
	.gone = gone,
};

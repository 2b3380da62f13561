/* SPDX-License-Identifier: ISC */
#include "proxy/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "core/hint.h"
#include "core/http1.h"
#include "log.h"
#include "proxy/access.h"
#include "proxy/dial.h"
#include "proxy/front.h"
#include "proxy/hosts.h"
#include "proxy/relay.h"
#include "proxy/reply.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

/*
 * Life of an exchange:
 *
 *   QUEUED	its host's throttle has it waiting.
 *   CONNECTING	admitted; an upstream is being dialled.
 *   SENDING	the request goes out, its body behind it.
 *   RELAYING	the response's head has been relayed.
 *   TUNNEL	two sockets are joined.
 *   ENDED	waits for burial.
 *
 * Whatever ends it comes to finish(), once: it gives back the slot, lets the
 * upstream go and writes the one log line.  The client's connection is ended
 * by whoever called finish(), because only they know how.
 */

enum phase {
	QUEUED,
	CONNECTING,
	SENDING,
	RELAYING,
	TUNNEL,
	ENDED,
};

struct exchange {
	struct worker		*worker;
	struct downstream	*downstream;
	struct upstream		*upstream;
	struct dial		*dial;		/* for a CONNECT */
	struct tunnel		*tunnel;
	enum phase		 phase;
	struct ticket		 ticket;
	struct http1_host	 host;
	struct deadline		 timer;

	/* the request */
	struct relay_text	 head;		/* as it goes out */
	size_t			 method_len;	/* head begins with it */
	bool			 is_connect;
	bool			 is_head;
	bool			 old_client;	/* speaks HTTP/1.0 */
	bool			 keep;		/* the client wants to go on */
	bool			 chunked;	/* its body */
	bool			 upgrade;
	bool			 idempotent;
	bool			 was_queued;
	bool			 half_closed;
	bool			 retried;
	struct evbuffer		*replay;	/* body sent, for a retry */
	bool			 no_replay;	/* too long for that */
	bool			 stopped;	/* no more of the body */

	/* the response */
	enum relay_framing	 framing;
	int			 status;
	bool			 head_sent;
	size_t			 skip;		/* tunnel: bytes of ours */

	/* for the log */
	uint64_t		 began;		/* ns */
	uint64_t		 admitted;	/* ns; 0: not */
	uint64_t		 in;		/* bytes of body */
	uint64_t		 out;

	struct grave		 grave;
};

static void admitted(struct exchange *);
static void set_timer(struct exchange *);

/* The end */

static const char *
method_text(const char *p, size_t len, char buf[static 32])
{
	if (len == 0)
		return NULL;
	snprintf(buf, 32, "%.*s", (int)(len < 31 ? len : 31), p);
	return buf;
}

static const char *
host_text(const struct http1_host *h, char *buf, size_t size)
{
	if (h->name[0] == '\0')
		return NULL;
	snprintf(buf, size, h->kind == HTTP1_IPV6 ? "[%s]:%u" : "%s:%u",
	    h->name, h->port);
	return buf;
}

static void
write_log(struct exchange *x, enum access_outcome outcome, const char *reason)
{
	char method[32], host[HTTP1_HOST + 16];
	uint64_t now = worker_now();
	struct access_line line = {
		.client = front_peer(x->downstream),
		.method = method_text(x->head.p, x->method_len, method),
		.host = host_text(&x->host, host, sizeof host),
		.status = x->status,
		.in = x->in,
		.out = x->out,
		.wait = (x->admitted ? x->admitted : now) - x->began,
		.upstream = x->admitted ? now - x->admitted : 0,
		.outcome = outcome,
		.reason = reason,
	};

	access_write(x->worker->access, &line);
}

static void
free_exchange(void *arg)
{
	struct exchange *x = arg;

	relay_text_free(&x->head);
	if (x->replay != NULL)
		evbuffer_free(x->replay);
	free(x);
}

static void
finish(struct exchange *x, enum access_outcome outcome, const char *reason)
{
	struct worker *w = x->worker;

	if (x->phase == ENDED)
		return;
	write_log(x, outcome, reason);
	x->phase = ENDED;
	deadline_free(&x->timer);
	dial_cancel(x->dial);
	tunnel_free(x->tunnel);
	if (x->upstream != NULL && front_body_done(x->downstream))
		upstream_release(x->upstream);
	else if (x->upstream != NULL)
		upstream_close(x->upstream);
	x->upstream = NULL;
	hosts_leave(w->hosts, &x->ticket, worker_now());
	worker_bury(w, &x->grave, free_exchange, x);
}

/* Ends an exchange whose response has not begun with an answer of our own. */
static void
answer(struct exchange *x, const struct reply *r, enum access_outcome outcome,
    const char *reason)
{
	struct downstream *d = x->downstream;
	struct reply reply = *r;

	reply.head = x->is_head;
	/* behind a refused CONNECT may come what was meant for the tunnel */
	if (!x->keep || x->is_connect || !front_body_done(d) || x->worker->draining)
		reply.close = true;
	x->status = r->status;
	x->out = reply_send(d, &reply);
	finish(x, outcome, reason);
	front_end(d, !reply.close);
}

static void
refuse(struct exchange *x, int status, const char *error, const char *detail)
{
	struct reply r = {
		.status = status,
		.error = error,
		.detail = detail,
	};

	answer(x, &r, ACCESS_REFUSED, detail);
}

/* Cuts a response off, so that the client does not take it for whole. */
static void
cut_off(struct exchange *x, enum access_outcome outcome, const char *reason)
{
	struct downstream *d = x->downstream;
	bool reset = x->phase == TUNNEL || x->framing == RELAY_UNTIL_CLOSE;

	finish(x, outcome, reason);
	front_abort(d, reset);
}

void
exchange_refuse(struct worker *w, struct downstream *d,
    const struct http1_head *head, int status, const char *why)
{
	char method[32], host[HTTP1_HOST + 16];
	struct reply r = {
		.status = status,
		.error = status == 503 ? "connection_limit_reached" :
		    "http_request_error",
		.detail = why,
		.head = http1_str_is(head->method, "HEAD"),
		.close = true,
	};
	struct access_line line = {
		.client = front_peer(d),
		.method = method_text(head->method.p, head->method.len,
		    method),
		.host = host_text(&head->host, host, sizeof host),
		.status = status,
		.outcome = ACCESS_REFUSED,
		.reason = why,
	};

	line.out = reply_send(d, &r);
	access_write(w->access, &line);
	front_end(d, false);
}

/* Deadlines */

static void
timer_cb(void *arg)
{
	struct exchange *x = arg;
	struct worker *w = x->worker;

	if (x->phase == QUEUED) {
		if (hosts_give_up(w->hosts, &x->ticket, worker_now()))
			exchange_answered(&x->ticket);
		return;
	}
	if (x->half_closed)
		cut_off(x, ACCESS_CLIENT_GONE, "half-closed and idle");
	else
		exchange_failed(x, UPSTREAM_TIMEOUT, "response timeout");
}

/*
 * When the upstream must have made progress: take more of the request, begin
 * its response, go on with it.  No deadline while it is the client that is
 * waited for; front has those.
 */
static void
set_timer(struct exchange *x)
{
	const struct conf *conf = x->ticket.conf;
	uint64_t limit = conf->timeout_response;

	if (x->phase != SENDING && x->phase != RELAYING)
		return;
	if (x->half_closed && conf->timeout_half_closed < limit)
		limit = conf->timeout_half_closed;
	if (x->phase == SENDING && !front_body_done(x->downstream) &&
	    upstream_pending(x->upstream) == 0)
		deadline_set(&x->timer, 0);
	else
		deadline_set(&x->timer, worker_now() + limit);
}

/* The beginning */

static void
trace(struct exchange *x, const struct http1_head *h)
{
	static const char fixed[] = "HTTP/1.1 200 OK\r\n"
	    "Content-Type: message/http\r\n";
	struct relay_text body = { 0 };
	struct iovec v[2];
	char head[256];
	struct http1_head copy = *h;
	unsigned i, n = 0;

	/* what RFC 9110 9.3.8 would keep out of a trace stays out */
	for (i = 0; i < h->nfields; i++) {
		if (!http1_str_is(h->fields[i].name, "authorization") &&
		    !http1_str_is(h->fields[i].name, "cookie"))
			copy.fields[n++] = h->fields[i];
	}
	copy.nfields = n;
	relay_request(&body, &copy);
	if (!x->keep || !front_body_done(x->downstream))
		x->keep = false;
	snprintf(head, sizeof head, "%sContent-Length: %zu\r\n%s\r\n", fixed,
	    body.len, x->keep ? "" : "Connection: close\r\n");
	v[0].iov_base = head;
	v[0].iov_len = strlen(head);
	v[1].iov_base = body.p;
	v[1].iov_len = body.len;
	front_send(x->downstream, v, 2);
	x->status = 200;
	x->out = body.len;
	relay_text_free(&body);
}

static void
options(struct exchange *x)
{
	struct iovec v;
	char head[256];

	if (!front_body_done(x->downstream))
		x->keep = false;
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n"
	    "Allow: CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, "
	    "TRACE\r\nContent-Length: 0\r\n%s\r\n",
	    x->keep ? "" : "Connection: close\r\n");
	v.iov_base = head;
	v.iov_len = strlen(head);
	front_send(x->downstream, &v, 1);
	x->status = 200;
}

/* Requests that end here by their own words; false: not one of them. */
static bool
answered_here(struct exchange *x, const struct http1_head *h)
{
	struct downstream *d = x->downstream;

	if (h->form != HTTP1_ASTERISK_FORM && relay_max_forwards(h) != 0)
		return false;
	if (h->form != HTTP1_ASTERISK_FORM && http1_str_is(h->method, "TRACE"))
		trace(x, h);
	else
		options(x);
	finish(x, ACCESS_FORWARDED, NULL);
	front_end(d, x->keep);
	return true;
}

static const char *
over_budget(enum hosts_answer a)
{
	if (a == HOSTS_FULL)
		return "the host's queue is full";
	return "the wait would be longer than queue.max_wait";
}

/* Refused by the throttle: says when a retry would succeed. */
static void
refuse_over_budget(struct exchange *x, enum hosts_answer a)
{
	uint64_t now = worker_now(), start = x->ticket.start;
	struct reply r = {
		.status = 429,
		.error = "http_request_denied",
		.detail = over_budget(a),
		.retry_after = 1,
	};

	if (start > now)
		r.retry_after = (start - now + 999999999) / 1000000000;
	answer(x, &r, ACCESS_REFUSED,
	    a == HOSTS_FULL ? "queue full" : "max_wait");
}

static void
ask(struct exchange *x)
{
	struct worker *w = x->worker;
	enum hosts_answer a;

	x->phase = QUEUED;
	x->ticket.worker = w;
	x->ticket.name = &x->host;
	a = hosts_ask(w->hosts, &x->ticket, THROTTLE_UNIT, x->began);
	switch (a) {
	case HOSTS_GO:
		admitted(x);
		break;
	case HOSTS_WAIT:
		x->was_queued = true;
		deadline_set(&x->timer, x->began + x->ticket.rule->max_wait);
		break;
	case HOSTS_FULL:
	case HOSTS_LATE:
		refuse_over_budget(x, a);
		break;
	case HOSTS_NO_ROOM:
		refuse(x, 503, "proxy_internal_error",
		    "limits.hosts is reached");
		break;
	}
}

static void
take_request(struct exchange *x, const struct http1_head *h)
{
	x->host = h->host;
	if (x->host.port == 0)
		x->host.port = 80;
	x->method_len = h->method.len;
	x->is_connect = h->form == HTTP1_AUTHORITY_FORM;
	x->is_head = http1_str_is(h->method, "HEAD");
	x->old_client = h->minor == 0;
	x->keep = h->keep_alive;
	x->chunked = h->body == HTTP1_CHUNKED;
	x->upgrade = h->upgrade;
	x->idempotent = h->idempotent;
	relay_request(&x->head, h);
}

void
exchange_start(struct worker *w, struct downstream *d,
    const struct http1_head *h)
{
	struct exchange *x;

	if ((x = calloc(1, sizeof *x)) == NULL) {
		exchange_refuse(w, d, h, 503, "out of memory");
		return;
	}
	x->worker = w;
	x->downstream = d;
	x->began = worker_now();
	deadline_init(&x->timer, w, timer_cb, x);
	front_attach(d, x);
	take_request(x, h);

	if (x->head.failed)
		refuse(x, 503, "proxy_internal_error", "out of memory");
	else if (w->draining)
		refuse(x, 503, "connection_limit_reached",
		    "the proxy is shutting down");
	else if (relay_is_loop(h))
		refuse(x, 508, "proxy_loop_detected",
		    "the request has passed this proxy before");
	else if (answered_here(x, h))
		return;
	else if (h->https)
		refuse(x, 501, "http_request_error",
		    "https URLs are forwarded through CONNECT only");
	else
		ask(x);
}

/* Admission */

static void
log_wait(const struct exchange *x)
{
	if (log_enabled(LOG_LEVEL_DEBUG))
		log_debug("%s: admitted after %.3f ms", x->host.name,
		    (double)(x->admitted - x->began) / 1e6);
}

static void
open_upstream(struct exchange *x, bool fresh)
{
	x->phase = CONNECTING;
	x->upstream = upstream_open(x->worker, &x->host, x, fresh,
	    !x->idempotent);
	if (x->upstream == NULL)
		refuse(x, 503, "proxy_internal_error", "out of memory");
	else if (upstream_ready(x->upstream))
		exchange_connected(x);
}

static void
dialled_cb(void *arg, int fd, enum upstream_error why)
{
	exchange_dialled(arg, fd, why);
}

static void
admitted(struct exchange *x)
{
	x->admitted = worker_now();
	deadline_set(&x->timer, 0);
	log_wait(x);
	if (!x->is_connect) {
		open_upstream(x, false);
		return;
	}
	x->phase = CONNECTING;
	x->dial = dial_start(x->worker, &x->host, dialled_cb, x);
	if (x->dial == NULL)
		refuse(x, 503, "proxy_internal_error", "out of memory");
}

void
exchange_answered(struct ticket *t)
{
	struct exchange *x = (struct exchange *)(void *)((char *)t -
	    offsetof(struct exchange, ticket));

	if (x->phase != QUEUED)
		return;
	if (t->state == TICKET_HELD)
		admitted(x);
	else
		refuse_over_budget(x, HOSTS_LATE);
}

/* The request goes out */

void
exchange_connected(struct exchange *x)
{
	struct iovec v = { .iov_base = x->head.p, .iov_len = x->head.len };

	x->phase = SENDING;
	upstream_begin(x->upstream, x->head.p, x->method_len);
	upstream_send(x->upstream, &v, 1);
	if (x->replay != NULL && evbuffer_get_length(x->replay) > 0) {
		v.iov_len = evbuffer_get_length(x->replay);
		v.iov_base = evbuffer_pullup(x->replay, -1);
		upstream_send(x->upstream, &v, 1);
	}
	set_timer(x);
	front_read_body(x->downstream);
}

/*
 * What was sent on a connection that had been idle may have to be sent again;
 * kept as long as it is short.
 */
static void
keep_for_replay(struct exchange *x, const struct iovec *v, int n)
{
	uint64_t max = x->ticket.conf->limit_buffer / 2;
	int i;

	if (x->no_replay || !x->idempotent || !upstream_reused(x->upstream) ||
	    x->retried)
		return;
	if (x->replay == NULL)
		x->replay = evbuffer_new();
	for (i = 0; i < n && x->replay != NULL; i++)
		evbuffer_add(x->replay, v[i].iov_base, v[i].iov_len);
	if (x->replay != NULL && evbuffer_get_length(x->replay) <= max)
		return;
	x->no_replay = true;
	if (x->replay != NULL)
		evbuffer_free(x->replay);
	x->replay = NULL;
}

static void
send_body(struct exchange *x, struct iovec *v, int n)
{
	keep_for_replay(x, v, n);
	upstream_send(x->upstream, v, n);
}

static bool
uploading(const struct exchange *x)
{
	return (x->phase == SENDING || x->phase == RELAYING) && !x->stopped;
}

static bool
room_upstream(const struct exchange *x)
{
	return upstream_pending(x->upstream) < x->ticket.conf->limit_buffer / 2;
}

bool
exchange_body(struct exchange *x, const char *p, size_t n)
{
	char size[20];
	struct iovec v[3];

	if (!uploading(x))
		return false;
	x->in += n;
	if (x->chunked) {
		v[0].iov_len = (size_t)snprintf(size, sizeof size, "%zx\r\n",
		    n);
		v[0].iov_base = size;
		v[1].iov_base = (char *)(uintptr_t)p;
		v[1].iov_len = n;
		v[2].iov_base = (char *)(uintptr_t)"\r\n";
		v[2].iov_len = 2;
		send_body(x, v, 3);
	} else {
		v[0].iov_base = (char *)(uintptr_t)p;
		v[0].iov_len = n;
		send_body(x, v, 1);
	}
	set_timer(x);
	return room_upstream(x);
}

void
exchange_body_end(struct exchange *x, const struct http1_head *trailers)
{
	struct relay_text t = { 0 };
	struct iovec v;

	if (!uploading(x))
		return;
	if (x->chunked) {
		relay_last_chunk(&t, trailers);
		v.iov_base = t.p;
		v.iov_len = t.len;
		send_body(x, &v, 1);
		relay_text_free(&t);
	}
	set_timer(x);
}

void
exchange_body_failed(struct exchange *x, int status, const char *why)
{
	if (x->head_sent)
		cut_off(x, ACCESS_REFUSED, why);
	else
		refuse(x, status, "http_request_error", why);
}

void
exchange_sendable(struct exchange *x)
{
	if (!uploading(x))
		return;
	set_timer(x);
	if (room_upstream(x))
		front_read_body(x->downstream);
}

/* The response comes in */

static int64_t
wall_now(void)
{
	return (int64_t)time(NULL);
}

static bool
is_listed(const struct conf_rule *rule, int status)
{
	unsigned i;

	for (i = 0; i < rule->npause_statuses; i++) {
		if (rule->pause_statuses[i] == status)
			return true;
	}
	return false;
}

/*
 * A throttled answer pauses the host for everyone, for as long as it asks; a 429
 * that does not say how long for pause.default, another status not at all.
 */
static void
consider_pause(struct exchange *x, const struct http1_head *h)
{
	const struct conf_rule *rule = x->ticket.rule;
	struct worker *w = x->worker;
	uint64_t delay = 0, now = worker_now();
	struct hint hint;

	hint_read(h, wall_now(), &hint);
	if (hint.retry_after)
		delay = hint.delay;
	else if (h->status == 429)
		delay = rule->pause_default;
	if (delay > rule->pause_max)
		delay = rule->pause_max;
	if (delay > 0 && hosts_pause(w->hosts, &x->ticket, now + delay, now))
		log_info("%s: paused for %.3f s after its answer %d",
		    x->host.name, (double)delay / 1e9, h->status);
}

/* How long it was held; 0 when it was not. */
static uint64_t
waited(const struct exchange *x)
{
	return x->was_queued ? x->admitted - x->began : 0;
}

static void
relay_head(struct exchange *x, const struct http1_head *h,
    const struct relay_response *r)
{
	struct gather *g = &x->worker->gather;

	g->head.len = 0;
	relay_response(&g->head, h, r);
	g->v[g->n].iov_base = g->head.p;
	g->v[g->n++].iov_len = g->head.len;
}

static enum relay_framing
framing_for(const struct exchange *x, const struct http1_head *h)
{
	if (h->body == HTTP1_NO_BODY)
		return RELAY_NO_BODY;
	if (h->body == HTTP1_LENGTH)
		return RELAY_LENGTH;
	return x->old_client ? RELAY_UNTIL_CLOSE : RELAY_CHUNKED;
}

/* What the client still sends, nobody wants. */
static void
stop_upload(struct exchange *x)
{
	x->stopped = true;
	front_ignore_body(x->downstream);
}

static void
relay_final(struct exchange *x, const struct http1_head *h)
{
	struct relay_response r = { 0 };

	x->status = h->status;
	x->phase = RELAYING;
	x->framing = framing_for(x, h);
	r.noted = is_listed(x->ticket.rule, h->status);
	if (r.noted)
		consider_pause(x, h);
	if (!front_body_done(x->downstream)) {
		/* an origin that refuses wants no more of it; an echo may */
		x->keep = false;
		if (h->status >= 300)
			stop_upload(x);
	}
	if (x->framing == RELAY_UNTIL_CLOSE || x->worker->draining)
		x->keep = false;
	r.framing = x->framing;
	r.close = !x->keep;
	r.keep_alive = x->keep && x->old_client;
	r.wait = waited(x);
	relay_head(x, h, &r);
	set_timer(x);
}

static void start_upgrade(struct exchange *, const struct http1_head *);

void
exchange_response(struct exchange *x, struct http1_head *h)
{
	struct relay_response r = { 0 };

	if (h->status >= 200) {
		relay_final(x, h);
	} else if (h->status == 101) {
		if (x->upgrade && h->upgrade)
			start_upgrade(x, h);
		else
			exchange_failed(x, UPSTREAM_MALFORMED,
			    "unsolicited 101");
	} else if (!x->old_client) {
		relay_head(x, h, &r);
		(void)exchange_flush(x);
		x->head_sent = false;	/* only the final one counts */
	}
}

bool
exchange_flush(struct exchange *x)
{
	struct gather *g = &x->worker->gather;

	if (g->n > 0) {
		front_send(x->downstream, g->v, g->n);
		x->head_sent = true;
	}
	g->n = 0;
	if (front_pending(x->downstream) >= x->ticket.conf->limit_buffer / 2) {
		deadline_set(&x->timer, 0);	/* the client is waited for */
		return false;
	}
	return true;
}

static void
gather(struct gather *g, const char *p, size_t n)
{
	g->v[g->n].iov_base = (char *)(uintptr_t)p;
	g->v[g->n++].iov_len = n;
}

void
exchange_data(struct exchange *x, const char *p, size_t n)
{
	struct gather *g = &x->worker->gather;
	int len;

	if (g->n + 4 > GATHER)
		(void)exchange_flush(x);
	x->out += n;
	if (x->framing == RELAY_CHUNKED) {
		len = snprintf(g->sizes[g->n], sizeof g->sizes[0], "%zx\r\n",
		    n);
		gather(g, g->sizes[g->n], (size_t)len);
		gather(g, p, n);
		gather(g, "\r\n", 2);
	} else
		gather(g, p, n);
	set_timer(x);
}

void
exchange_done(struct exchange *x, const struct http1_head *trailers)
{
	struct gather *g = &x->worker->gather;
	struct downstream *d = x->downstream;
	bool keep = x->keep;

	if (x->framing == RELAY_CHUNKED) {
		g->tail.len = 0;
		relay_last_chunk(&g->tail, trailers);
		gather(g, g->tail.p, g->tail.len);
	}
	(void)exchange_flush(x);
	finish(x, ACCESS_FORWARDED, NULL);
	front_end(d, keep);
}

void
exchange_writable(struct exchange *x)
{
	if (x->phase != RELAYING || x->upstream == NULL)
		return;
	set_timer(x);
	upstream_resume(x->upstream);
}

/* Failures */

/*
 * An idle connection may have been closed by the origin before it saw the
 * request; then the request may go out again, once (RFC 9112 9.3.1).
 */
static bool
may_retry(const struct exchange *x, enum upstream_error e)
{
	const struct upstream *u = x->upstream;

	if (e != UPSTREAM_CLOSED || x->phase != SENDING || x->retried ||
	    !upstream_reused(u) || !upstream_silent(u))
		return false;
	return upstream_unsent(u) || (x->idempotent && !x->no_replay);
}

static void
retry(struct exchange *x)
{
	x->retried = true;
	deadline_set(&x->timer, 0);
	upstream_close(x->upstream);
	x->upstream = NULL;
	open_upstream(x, true);
}

void
exchange_failed(struct exchange *x, enum upstream_error e, const char *why)
{
	const struct upstream_failure *f = upstream_failure(e);
	struct reply r = {
		.status = f->status,
		.error = f->error,
		.detail = f->detail,
	};

	if (x->upstream != NULL && may_retry(x, e)) {
		retry(x);
		return;
	}
	log_debug("%s: %s: %s", x->host.name, f->kind, why);
	if (x->upstream != NULL)
		upstream_close(x->upstream);
	x->upstream = NULL;
	if (x->head_sent)
		(void)exchange_flush(x);	/* what was good of it */
	x->worker->gather.n = 0;
	if (x->phase == TUNNEL || x->head_sent)
		cut_off(x, ACCESS_UPSTREAM_ERROR, f->kind);
	else if (e == UPSTREAM_LOOP)
		answer(x, &r, ACCESS_REFUSED, f->kind);
	else
		answer(x, &r, ACCESS_UPSTREAM_ERROR, f->kind);
}

/* The client */

void
exchange_half_closed(struct exchange *x)
{
	struct downstream *d = x->downstream;

	if (x->phase == QUEUED) {
		/* nobody half-closes and then waits for its turn */
		finish(x, ACCESS_CLIENT_GONE, NULL);
		front_abort(d, false);
		return;
	}
	x->half_closed = true;
	set_timer(x);
}

void
exchange_gone(struct exchange *x, const char *why)
{
	x->worker->gather.n = 0;
	finish(x, ACCESS_CLIENT_GONE, why);
}

/* Tunnels */

/* Joins the sockets; head is what the client is to see first. */
static void
start_tunnel(struct exchange *x, int fd, const struct relay_text *head,
    size_t ours)
{
	struct worker *w = x->worker;
	struct tunnel_start client = { .first = head->p, .len = head->len };
	struct tunnel_start upstream = { .fd = fd };
	char *early = NULL;

	client.fd = front_lend(x->downstream, &early, &upstream.len);
	upstream.first = early;
	if (client.fd != -1 && !head->failed)
		x->tunnel = tunnel_new(w, x, &client, &upstream);
	free(early);
	if (x->tunnel == NULL) {
		close(fd);
		cut_off(x, ACCESS_REFUSED, "out of memory");
		return;
	}
	x->skip = ours;
	x->phase = TUNNEL;
}

void
exchange_dialled(struct exchange *x, int fd, enum upstream_error why)
{
	struct relay_text head = { 0 };
	struct relay_response r = { 0 };
	struct http1_head *h = &x->worker->head;

	x->dial = NULL;
	if (fd == -1) {
		exchange_failed(x, why, upstream_failure(why)->detail);
		return;
	}
	memset(h, 0, sizeof *h);
	h->status = 200;
	h->reason.p = "Connection established";
	h->reason.len = strlen(h->reason.p);
	h->minor = 1;
	r.wait = waited(x);
	relay_response(&head, h, &r);
	x->status = 200;
	start_tunnel(x, fd, &head, head.len);
	relay_text_free(&head);
}

static void
start_upgrade(struct exchange *x, const struct http1_head *h)
{
	struct relay_text head = { 0 };
	struct relay_response r = { .upgrade = true };
	const char *rest;
	size_t n, ours;
	int fd;

	r.wait = waited(x);
	relay_response(&head, h, &r);
	ours = head.len;
	fd = upstream_take(x->upstream, &rest, &n);
	if (fd == -1) {
		relay_text_free(&head);
		exchange_failed(x, UPSTREAM_MALFORMED, "cannot upgrade");
		return;
	}
	relay_put(&head, rest, n);
	x->upstream = NULL;
	x->status = 101;
	start_tunnel(x, fd, &head, ours);
	relay_text_free(&head);
}

void
exchange_tunnel_passed(struct exchange *x, size_t in, size_t out)
{
	size_t skip = x->skip < out ? x->skip : out;

	x->skip -= skip;
	x->in += in;
	x->out += out - skip;
}

void
exchange_tunnel_ended(struct exchange *x, const char *why)
{
	struct downstream *d = x->downstream;

	finish(x, ACCESS_TUNNEL, why);
	front_end(d, false);
}

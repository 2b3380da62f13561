/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_internal.h"

#include <stdio.h>
#include <string.h>

#include <event2/buffer.h>

#include "base/log.h"
#include "front/front.h"
#include "exchange/upgrade.h"
#include "exchange/via.h"

/* From admission to the response's end: the request out, the response in. */

static void	 connected_cb(void *);
static void	 sendable_cb(void *);
static void	 response_cb(void *, struct http1_head *);
static void	 data_cb(void *, const char *, size_t);
static bool	 flush_cb(void *);
static void	 done_cb(void *, const struct http1_head *);
static void	 failed_cb(void *, enum failure, const char *);

static const struct upstream_events upstream_events = {
	.connected = connected_cb,
	.sendable = sendable_cb,
	.response = response_cb,
	.data = data_cb,
	.flush = flush_cb,
	.done = done_cb,
	.failed = failed_cb,
};

void
exchange_forward(struct exchange *x, bool fresh)
{
	struct upstream_target to = {
		.host = x->host,
		.client = front_address(x->downstream),
	};

	enum upstream_idle which = UPSTREAM_NONE;

	/* what cannot go out again is not to meet a connection's end */
	if (!fresh)
		which = x->idempotent ? UPSTREAM_ANY : UPSTREAM_YOUNG;
	exchange_set_phase(x, EXCHANGE_CONNECTING);
	to.host.port = x->port;
	if (x->through)
		to.host = *front_tunnel(x->downstream);
	if (x->tls) {
		to.conf = x->ticket.conf;
		to.rule = x->ticket.rule;
	}
	x->upstream = upstream_open(x->exchanges->setup.upstreams, &to, which,
	    &upstream_events, x);
	if (x->upstream == NULL)
		exchange_reject(x, 503, "proxy_internal_error",
		    "out of memory");
	else if (upstream_ready(x->upstream))
		exchange_connected(x);
}

/* The request goes out */

/* What was sent of the body before, and the client will not send again. */
static void
send_kept_body(struct exchange *x)
{
	struct iovec v = { .iov_len = x->replay.size };

	if (v.iov_len > 0) {
		v.iov_base = evbuffer_pullup(x->replay.bytes, -1);
		upstream_send(x->upstream, &v, 1);
	}
	memory_release(x->exchanges->loop->memory, &x->replay);
}

/* Once bytes may have left. */
static void
note_reached(struct exchange *x)
{
	if (!upstream_unsent(x->upstream))
		x->reached = true;
}

void
exchange_connected(struct exchange *x)
{
	struct iovec v = { .iov_base = x->head.p, .iov_len = x->head.len };
	struct http1_str method = { x->head.p, x->method_len };

	exchange_set_phase(x, EXCHANGE_SENDING);
	upstream_begin(x->upstream, method, x->ticket.conf);
	upstream_send(x->upstream, &v, 1);
	if (x->body_taken)
		send_kept_body(x);
	note_reached(x);
	if (!upstream_broken(x->upstream))
		front_read_body(x->downstream, x->expect);
	exchange_renew_timer(x);
}

static void
send_body(struct exchange *x, struct iovec *v, int n)
{
	x->body_taken = true;
	exchange_keep_body(x, v, n);
	upstream_send(x->upstream, v, n);
	note_reached(x);
}

static bool
uploading(const struct exchange *x)
{
	return (x->phase == EXCHANGE_SENDING || x->phase == EXCHANGE_RELAYING) && !x->stopped;
}

static bool
room_upstream(const struct exchange *x)
{
	return memory_room(x->exchanges->loop->memory,
	    upstream_pending(x->upstream), x->ticket.conf->limit_buffer / 2);
}

bool
exchange_body(struct exchange *x, const char *p, size_t n)
{
	char size[20];
	struct iovec v[3];

	if (!uploading(x))
		return false;
	x->expect = false;
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
	exchange_set_timer(x);
	return room_upstream(x);
}

void
exchange_body_end(struct exchange *x, const struct http1_head *trailers)
{
	struct text t = { 0 };
	struct iovec v;

	if (!uploading(x))
		return;
	if (x->chunked) {
		relay_last_chunk(&t, trailers);
		v.iov_base = t.p;
		v.iov_len = t.len;
		send_body(x, &v, 1);
		text_free(&t);
	}
	exchange_set_timer(x);
}

void
exchange_body_failed(struct exchange *x, int status, const char *why)
{
	if (x->head_sent)
		exchange_cut_off(x, ACCESS_REFUSED, why);
	else
		exchange_reject(x, status, "http_request_error", why);
}

static void
sendable_cb(void *arg)
{
	struct exchange *x = arg;

	note_reached(x);
	if (!uploading(x))
		return;
	if (room_upstream(x))
		front_read_body(x->downstream, false);
	exchange_set_timer(x);
}

/* The response comes in */

static void
send_gathered(struct exchange *x)
{
	if (gather_send(&x->exchanges->gather, x->downstream))
		x->head_sent = true;
}

/* Puts a head first into what will be sent; false without memory. */
static bool
relay_head(struct exchange *x, const struct http1_head *h,
    const struct relay_response *r)
{
	struct gather *g = &x->exchanges->gather;

	text_reset(&g->head);
	relay_response(&g->head, h, r);
	if (g->head.failed)
		return false;
	gather_add(g, g->head.p, g->head.len);
	return true;
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
	front_stop_body(x->downstream);
}

/* How the answer is to be relayed, and whether its connection stays. */
static struct relay_response
describe(struct exchange *x, const struct http1_head *h)
{
	struct relay_response r = { .via = via_name(x->ticket.conf) };

	x->framing = framing_for(x, h);
	r.tell_status = rule_pauses(x->ticket.rule, h->status) != NULL;
	r.resent = x->resent;
	if (!front_body_done(x->downstream) || x->exchanges->draining ||
	    x->framing == RELAY_UNTIL_CLOSE)
		x->keep = false;
	r.framing = x->framing;
	r.close = !x->keep;
	r.keep_alive = x->keep && x->old_client;
	r.wait = x->held;
	return r;
}

/* From now on it is relayed, and the request is not sent again. */
static void
begin_relaying(struct exchange *x)
{
	exchange_forget_body(x);
	exchange_set_phase(x, EXCHANGE_RELAYING);
	if (front_body_done(x->downstream))
		return;
	/* an origin that refuses wants no more of it; an echo may */
	x->keep = false;
	if (x->status >= 300)
		stop_upload(x);
}

/* Takes the lesson of an answer; or that waits for the answer's body. */
static void
learn(struct exchange *x, const struct http1_head *h)
{
	struct lesson lesson;
	struct hint hint;

	exchange_learn(x, h, &hint, &lesson);
	if (lesson_is_final(&lesson) ||
	    !exchange_judge(x, h, &hint, &lesson))
		exchange_teach(x, &lesson);
}

static void
relay_final(struct exchange *x, const struct http1_head *h)
{
	struct relay_response r;
	bool ok;

	x->status = h->status;
	learn(x, h);
	if (x->judging == NULL && exchange_resend(x))
		return;
	r = describe(x, h);
	if (x->judging != NULL) {
		exchange_set_phase(x, EXCHANGE_RELAYING);
		ok = exchange_judge_head(x, h, &r);
	} else {
		begin_relaying(x);
		ok = relay_head(x, h, &r);
	}
	if (ok)
		return;
	exchange_judge_drop(x);
	exchange_fail(x, FAILURE_NO_MEMORY, "out of memory");
}

static void
relay_interim(struct exchange *x, const struct http1_head *h)
{
	struct relay_response r = { 0 };

	/* a 100 for a request that goes out again was relayed already */
	if (!x->old_client && (h->status != 100 || x->expect ||
	    x->resent == 0) && relay_head(x, h, &r)) {
		send_gathered(x);
		x->head_sent = false;	/* only the final one counts */
	}
	if (h->status == 100 && x->expect) {
		x->expect = false;
		front_demand_body(x->downstream);
	}
	if (h->status == 100)
		exchange_set_timer(x);
	else
		exchange_renew_timer(x);
}

static void
response_cb(void *arg, struct http1_head *h)
{
	struct exchange *x = arg;

	if (h->status >= 200)
		relay_final(x, h);
	else if (h->status != 101)
		relay_interim(x, h);
	else if (!h->upgrade || !upgrade_was_offered(x->offer, h))
		exchange_fail(x, FAILURE_MALFORMED, "unsolicited 101");
	else if (!exchange_upgrade(x, h))
		exchange_fail(x, FAILURE_MALFORMED, "cannot upgrade");
}

static bool
flush_cb(void *arg)
{
	struct exchange *x = arg;

	if (x->discarding) {
		exchange_discard_flush(x);
		return true;
	}
	if (x->judging != NULL) {
		exchange_set_timer(x);
		return true;
	}
	send_gathered(x);
	/* a head that comes piece by piece is no progress */
	if (x->phase == EXCHANGE_RELAYING)
		exchange_set_timer(x);
	return exchange_has_room(x);
}

static void
relay_piece(struct exchange *x, const char *p, size_t n)
{
	struct gather *g = &x->exchanges->gather;

	/* the end of a body needs one more */
	if (gather_full(g, 4))
		send_gathered(x);
	x->out += n;
	if (x->framing == RELAY_CHUNKED)
		gather_add_chunk(g, p, n);
	else
		gather_add(g, p, n);
}

static void
relay_held(struct exchange *x, const struct held_answer *held)
{
	begin_relaying(x);
	gather_add(&x->exchanges->gather, held->head.p, held->head.len);
	if (held->len > 0)
		relay_piece(x, held->body, held->len);
	send_gathered(x);
}

bool
exchange_judged(struct exchange *x)
{
	struct held_answer held;
	bool again;

	exchange_judge_end(x, &held);
	again = exchange_resend(x);
	if (again)
		x->keep = held.keep;
	else
		relay_held(x, &held);
	exchange_judge_free(x, &held);
	return !again;
}

static void
data_cb(void *arg, const char *p, size_t n)
{
	struct exchange *x = arg;
	size_t taken;

	if (x->judging != NULL) {
		taken = exchange_judge_data(x, p, n);
		if (taken == n && !exchange_judge_full(x))
			return;
		/* in order, and not in memory that goes */
		p += taken;
		n -= taken;
		if (!exchange_judged(x) && !x->discarding)
			return;
	}
	if (x->discarding)
		exchange_discard(x, n);
	else if (n > 0)
		relay_piece(x, p, n);
}

static void
done_cb(void *arg, const struct http1_head *trailers)
{
	struct exchange *x = arg;
	struct gather *g = &x->exchanges->gather;
	struct downstream *d = x->downstream;
	bool keep;

	if (x->judging != NULL && !exchange_judged(x) && !x->discarding)
		return;
	if (x->discarding) {
		exchange_discard_end(x, true);
		return;
	}
	keep = x->keep;
	if (x->framing == RELAY_CHUNKED) {
		text_reset(&g->tail);
		relay_last_chunk(&g->tail, trailers);
		if (g->tail.failed) {
			exchange_fail(x, FAILURE_NO_MEMORY, "out of memory");
			return;
		}
		gather_add(g, g->tail.p, g->tail.len);
	}
	send_gathered(x);
	exchange_finish(x, ACCESS_FORWARDED, NULL);
	front_end(d, keep);
}

void
exchange_writable(struct exchange *x)
{
	if ((x->phase != EXCHANGE_SENDING && x->phase != EXCHANGE_RELAYING) ||
	    x->upstream == NULL)
		return;
	exchange_set_timer(x);
	if (exchange_has_room(x))
		upstream_resume(x->upstream);
}

static void
connected_cb(void *arg)
{
	exchange_connected(arg);
}

/* Failures */

/*
 * An idle connection may have been closed by the origin before it saw the
 * request; then the request may go out again, once (RFC 9112 9.3.1).
 */
static bool
may_retry(struct exchange *x, enum failure e)
{
	const struct upstream *u = x->upstream;

	if (e != FAILURE_CLOSED || x->phase != EXCHANGE_SENDING || x->retried ||
	    !upstream_reused(u) || !upstream_silent(u))
		return false;
	return (upstream_unsent(u) || x->idempotent) && exchange_hold_body(x);
}

static void
retry(struct exchange *x)
{
	x->retried = true;
	deadline_set(&x->timer, 0);
	front_stop_body(x->downstream);
	upstream_close(x->upstream);
	x->upstream = NULL;
	exchange_forward(x, true);
}

/* Not all that fails is the upstream's fault. */
static enum access_outcome
outcome_of(enum failure e)
{
	return e == FAILURE_LOOP || e == FAILURE_NO_MEMORY ?
	    ACCESS_REFUSED : ACCESS_UPSTREAM_ERROR;
}

void
exchange_fail(struct exchange *x, enum failure e, const char *why)
{
	const struct failure_answer *f = failure_answer(e);
	enum access_outcome outcome = outcome_of(e);
	char error[64], detail[256], reason[192];
	struct reply r = {
		.status = f->status,
		.error = f->error,
		.detail = detail,
	};

	snprintf(detail, sizeof detail, "%s%s%s",
	    f->detail != NULL ? f->detail : why, f->told ? ": " : "",
	    f->told ? why : "");
	snprintf(reason, sizeof reason, "%s%s%s",
	    f->detail != NULL ? f->kind : why, f->told ? ": " : "",
	    f->told ? why : "");

	log_debug("%s: %s: %s", x->host.name, f->kind, why);
	x->ticket.nowhere = failure_without_host(e) && !x->retried;
	if (e == FAILURE_TLS_ALERT) {
		/* RFC 9209 2.3.15 */
		snprintf(error, sizeof error, "%s; alert-id=%d", f->error,
		    upstream_alert(x->upstream));
		r.error = error;
	}
	if (x->upstream != NULL)
		upstream_close(x->upstream);
	x->upstream = NULL;
	if (x->head_sent)
		send_gathered(x);	/* what was good of it */
	gather_drop(&x->exchanges->gather);
	if (x->phase == EXCHANGE_TUNNEL || x->head_sent)
		exchange_cut_off(x, outcome, reason);
	else
		exchange_answer(x, &r, outcome, reason);
}

void
exchange_failed(struct exchange *x, enum failure e, const char *why)
{
	/* what came of it was good */
	if (x->judging != NULL && !exchange_judged(x) && !x->discarding)
		return;
	if (x->discarding)
		exchange_discard_end(x, false);
	else if (x->upstream != NULL && may_retry(x, e))
		retry(x);
	else
		exchange_fail(x, e, why);
}

static void
failed_cb(void *arg, enum failure e, const char *why)
{
	exchange_failed(arg, e, why);
}

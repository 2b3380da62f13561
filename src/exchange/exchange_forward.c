/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_forward.h"

#include "conf/conf.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_parent.h"
#include "exchange/exchange_request.h"
#include "exchange/exchange_resend.h"
#include "exchange/exchange_response.h"
#include "exchange/exchange_state.h"
#include "front/front.h"
#include "upstream/upstream.h"

static void	 connected_cb(void *);
static void	 response_cb(void *, struct http1_head *);
static void	 failed_cb(void *, enum failure, const char *);

static const struct upstream_events upstream_events = {
	.ask = exchange_parent_ask,
	.refused = exchange_parent_refused,
	.connected = connected_cb,
	.sendable = exchange_request_sendable,
	.response = response_cb,
	.data = exchange_response_data,
	.flush = exchange_response_flush,
	.done = exchange_response_done,
	.failed = failed_cb,
};

static void
open_upstream(struct exchange *x, bool fresh)
{
	const struct conf *conf = x->ticket.conf;
	const struct rule *rule = x->ticket.rule;
	struct upstream_target to = {
		.host = x->host,
		.conf = conf,
		.rule = x->tls ? rule : NULL,
		.client = exchange_client(x),
		.owner = front_bound(x->downstream),
		.signs_in = x->binds,
	};
	enum upstream_idle which = UPSTREAM_NONE;

	/* what cannot go out again is not to meet a connection's end */
	if (!fresh)
		which = x->idempotent ? UPSTREAM_ANY : UPSTREAM_YOUNG;
	exchange_set_phase(x, EXCHANGE_CONNECTING);
	x->sent_whole = false;
	to.host.port = x->port;
	if (x->through) {
		to.host = *front_tunnel(x->downstream);
		rule = conf_rule(conf, &to.host);
	}
	if (!exchange_parent_choose(x, rule, &to.host))
		return;
	to.parent = x->parent;
	to.by_tunnel = x->by_tunnel;
	x->upstream = upstream_open(x->exchanges->upstreams, &to, which,
	    &upstream_events, x);
	if (x->upstream == NULL)
		exchange_reject(x, 503, STATS_NO_MEMORY,
		    "proxy_internal_error", "out of memory");
	else if (upstream_ready(x->upstream))
		exchange_request_send(x);
}

void
exchange_forward(struct exchange *x)
{
	/* not a second idle one */
	open_upstream(x, x->retried);
}

static void
connected_cb(void *arg)
{
	struct exchange *x = arg;

	hosts_connected(x->exchanges->hosts, &x->ticket, loop_now() -
	    x->forwarded);
	exchange_request_send(x);
}

/*
 * An idle connection may have been closed by the origin before it saw the
 * request; then the request may go out again, once (RFC 9112 9.3.1).  Where the
 * origin has read it, it has counted it, too, and each time costs.
 */
static bool
may_retry(struct exchange *x)
{
	const struct upstream *u = x->upstream;

	return x->phase == EXCHANGE_SENDING && !x->retried &&
	    upstream_reused(u) && (upstream_unsent(u) || x->idempotent) &&
	    exchange_hold_body(x);
}

/* It goes out again, now or, where its host has read it, when it is its turn. */
static void
retry(struct exchange *x, bool was_read, enum failure e, const char *why)
{
	x->retried = true;
	if (was_read) {
		if (!exchange_pay_again(x))
			exchange_fail(x, e, why);
		return;
	}
	deadline_set(&x->timer, 0);
	front_stop_body(x->downstream);
	upstream_close(x->upstream);
	x->upstream = NULL;
	open_upstream(x, true);
}

/*
 * A host says 408 when it will wait for a request no longer, and closes.  What
 * was sent meanwhile over an idle connection may not have been read then (RFC
 * 9110 15.5.9); but of a request that is not whole yet, it may be the end.
 */
static bool
has_crossed(const struct exchange *x, const struct http1_head *h)
{
	return h->status == 408 && !h->keep_alive && x->sent_whole &&
	    !upstream_has_begun(x->upstream);
}

static void
response_cb(void *arg, struct http1_head *h)
{
	struct exchange *x = arg;

	/* or others would ask over it in this one's name */
	if (x->binds)
		upstream_bind(x->upstream, front_bind(x->downstream));
	/* whether it was read is not known yet: taken for so */
	if (has_crossed(x, h) && may_retry(x))
		retry(x, true, FAILURE_CLOSED, "408 (Request Timeout) of an "
		    "idle connection");
	else
		exchange_response_head(x, h);
}

void
exchange_forward_failed(struct exchange *x, enum failure e, const char *why)
{
	/* what came of it was good */
	if (x->judging != NULL && !exchange_response_judged(x) &&
	    !x->discarding)
		return;
	if (x->discarding)
		exchange_discard_end(x, false);
	else if (e == FAILURE_CLOSED && x->upstream != NULL &&
	    upstream_silent(x->upstream) && may_retry(x))
		retry(x, upstream_was_read(x->upstream), e, why);
	else
		exchange_fail(x, e, why);
}

static void
failed_cb(void *arg, enum failure e, const char *why)
{
	exchange_forward_failed(arg, e, why);
}

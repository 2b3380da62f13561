/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_connect.h"

#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "conf/conf.h"
#include "exchange/exchange_destination.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_inside.h"
#include "exchange/exchange_opening.h"
#include "exchange/exchange_parent.h"
#include "exchange/exchange_tunnel.h"
#include "exchange/via.h"
#include "front/front.h"
#include "http/http1_head.h"
#include "http/sniff.h"
#include "net/dial.h"
#include "tls/tls.h"
#include "tls/tls_context.h"
#include "upstream/parent_tunnel.h"
#include "upstream/upstream.h"

/*
 * A CONNECT between its 200 and the first word inside: many clients ask for a
 * tunnel for http:// URLs, too, and what comes through it then are requests to
 * be counted, each.  Whoever speaks first decides:
 *
 *   the upstream	it is a tunnel.
 *   TLS		it is a tunnel, or intercepted, or refused.
 *   a request line	the tunnel's cost and slot are given back, its socket
 *			becomes an idle upstream, and front reads requests.
 *   anything else	it is a tunnel, but not where the host's HTTPS is ours:
 *			nothing goes there in clear, and it was not dialled.
 *
 * Bytes that may become a request line are held back as long as they look like
 * what programs send; others go into the tunnel, which is ended if they become
 * one after all (exchange_opening_may_pass()).
 */

#define HOLD	1000000000ULL	/* ns; for the rest of what may be a method */

static void
upstream_cb(evutil_socket_t fd, short what, void *arg)
{
	struct opening *o = arg;

	(void)fd;
	(void)what;
	event_del(&o->ev);
	o->spoken = true;
	exchange_connect_heard(o->exchange);
}

/* The 200 that a CONNECT is answered with. */
static void
put_established(struct exchange *x, struct text *head)
{
	struct relay_response r = {
		.wait = x->held,
		.via = via_name(x->ticket.conf),
	};
	struct http1_head *h = &x->exchanges->loop->head;

	http1_head_clear(h);
	h->status = 200;
	h->reason.p = "Connection established";
	h->reason.len = strlen(h->reason.p);
	h->minor = 1;
	relay_response(head, h, &r);
}

/* It stands, and may be a tunnel; false without memory. */
static bool
wait_for_upstream(struct exchange *x, int fd)
{
	struct opening *o = x->opening;

	if (o->way != NULL) {
		o->spoken = parent_tunnel_spoken(o->way);
		if (!o->spoken)
			parent_tunnel_listen(o->way);
	} else {
		event_assign(&o->ev, x->exchanges->loop->base, fd,
		    EV_READ | EV_PERSIST, upstream_cb, o);
		if (event_add(&o->ev, NULL) == -1)
			return false;
		o->fd = fd;
	}
	if (x->ticket.rule->tunnel_hold == RULE_HOLD_CONNECT)
		hosts_release_slot(x->exchanges->hosts, &x->ticket,
		    loop_now());
	return true;
}

void
exchange_connect_open(struct exchange *x, int fd)
{
	struct text head = { 0 };
	struct iovec v;

	put_established(x, &head);
	if (head.failed || ((fd != -1 || x->opening->way != NULL) &&
	    !wait_for_upstream(x, fd))) {
		text_free(&head);
		if (fd != -1)
			close(fd);
		exchange_reject(x, 503, STATS_NO_MEMORY,
		    "proxy_internal_error", "out of memory");
		return;
	}
	exchange_set_phase(x, EXCHANGE_OPENED);
	x->status = 200;
	x->head_sent = true;
	v.iov_base = head.p;
	v.iov_len = head.len;
	front_send(x->downstream, &v, 1);
	text_free(&head);
	deadline_set(&x->timer, loop_now() + x->ticket.conf->timeout_header);
	front_hear(x->downstream);
	exchange_connect_heard(x);
	if (x->phase == EXCHANGE_OPENED && x->half_closed)
		exchange_connect_half_closed(x);
}

void
exchange_connect_intercept(struct exchange *x)
{
	struct exchanges *all = x->exchanges;
	const char *why;

	x->opening->tls = tls_contexts_intercept(x->ticket.conf, &x->host,
	    &all->loop->wire, front_tls(x->downstream), &why);
	if (x->opening->tls == NULL && why == NULL) {
		exchange_reject(x, 503, STATS_NO_MEMORY,
		    "proxy_internal_error", "out of memory");
		return;
	}
	if (x->opening->tls == NULL) {
		/* RFC 9209 2.3.28 */
		exchange_reject(x, 500, STATS_OTHER_REFUSAL,
		    "proxy_configuration_error", why);
		return;
	}
	x->admitted = true;		/* its requests wait, it does not */
	exchange_connect_open(x, -1);
}

static void
dialled_cb(void *arg, const struct dialled *d)
{
	struct exchange *x = arg;

	x->dial = NULL;
	if (d->fd == -1)
		exchange_fail(x, d->why, d->detail);
	else if (x->head_sent)
		exchange_tunnel_join(x, &(struct upstream_taken){
		    .fd = d->fd });
	else
		exchange_connect_open(x, d->fd);
}

/* Through a parent */

static void
way_open_cb(void *arg)
{
	struct exchange *x = arg;
	struct parent_tunnel *way = x->way;
	struct upstream_taken t;

	x->way = NULL;
	if (!x->head_sent) {
		x->opening->way = way;
		exchange_connect_open(x, -1);
		return;
	}
	parent_tunnel_take(way, &t);
	exchange_tunnel_join(x, &t);
}

static void
way_failed_cb(void *arg, enum failure e, const char *why)
{
	exchange_fail(arg, e, why);
}

static void
way_heard_cb(void *arg)
{
	struct exchange *x = arg;

	x->opening->spoken = true;
	exchange_connect_heard(x);
}

static const struct parent_tunnel_events way_events = {
	.ask = exchange_parent_ask,
	.open = way_open_cb,
	.refused = exchange_parent_refused,
	.failed = way_failed_cb,
	.heard = way_heard_cb,
};

/* Returns false without memory. */
static bool
dial(struct exchange *x)
{
	const struct dialer *dialer = x->exchanges->dialer;
	const struct dial_client client = exchange_client(x);

	if (x->parent != NULL)
		x->way = parent_tunnel_new(dialer, x->ticket.conf, x->parent,
		    &client, &way_events, x);
	else
		x->dial = dial_start(dialer, &x->host, &client, dialled_cb, x);
	return x->way != NULL || x->dial != NULL;
}

void
exchange_connect(struct exchange *x)
{
	exchange_set_phase(x, EXCHANGE_CONNECTING);
	x->dialled = true;
	if (!exchange_parent_choose(x, x->ticket.rule, &x->host) || dial(x))
		return;
	if (x->head_sent)
		exchange_abort(x, STATS_NO_MEMORY, "out of memory");
	else
		exchange_reject(x, 503, STATS_NO_MEMORY,
		    "proxy_internal_error", "out of memory");
}

/* What it becomes */

static void
become_tunnel(struct exchange *x)
{
	struct upstream_taken t;

	if (!exchange_goes_as(x, x->opening->sniff.verdict == SNIFF_TLS ?
	    DESTINATION_TLS : DESTINATION_OTHER))
		return;
	if (exchange_opening_take(x->opening, &t))
		exchange_tunnel_join(x, &t);
	else
		exchange_connect(x);
}

/* It has its 200, so that TLS has to say it: access_denied (RFC 8446 6.2). */
static void
refuse_tls(struct exchange *x, const char *why)
{
	static char alert[] = { 0x15, 3, 1, 0, 2, 2, 49 };
	struct iovec v = { .iov_base = alert, .iov_len = sizeof alert };
	struct downstream *d = x->downstream;

	front_send(d, &v, 1);
	x->refusal = STATS_OTHER_REFUSAL;
	exchange_finish(x, ACCESS_REFUSED, why);
	front_abort(d, false);
}

/* front goes on, with requests inside. */
static void
go_inside(struct exchange *x, struct tls *tls, enum access_outcome outcome)
{
	struct downstream *d = x->downstream;

	if (!front_inside(d, &x->host, x->opening->user, tls)) {
		exchange_abort(x, STATS_NO_MEMORY, "out of memory");
		return;
	}
	exchange_finish(x, outcome, NULL);
	front_end(d, true);
}

static void
become_intercepted(struct exchange *x)
{
	struct tls *tls = x->opening->tls;

	x->opening->tls = NULL;
	go_inside(x, tls, ACCESS_INTERCEPTED);
}

static void
become_secure(struct exchange *x)
{
	const char *why = exchange_inside_refuses(x);

	if (x->opening->tls != NULL)
		become_intercepted(x);
	else if (why != NULL)
		refuse_tls(x, why);
	else
		become_tunnel(x);
}

static void
become_requests(struct exchange *x)
{
	struct opening *o = x->opening;
	struct claim_turn turn = { 0 };
	struct upstream_taken t;

	/* who gave nothing back has nothing to go on with */
	exchange_opening_refund(x, o->settled ? NULL : &turn);
	front_keep_turn(x->downstream, &turn);
	if (exchange_opening_take(o, &t))
		upstream_adopt(x->exchanges->upstreams, &x->host, x->parent,
		    !front_is_local(x->downstream), &t);
	go_inside(x, NULL, ACCESS_PLAIN);
}

static void
become_other(struct exchange *x)
{
	if (exchange_opening_is_closed(x))
		exchange_abort(x, STATS_MALFORMED,
		    "neither TLS nor HTTP in a tunnel");
	else
		become_tunnel(x);
}

/* Hardly a request of a program's; it is looked at on its way, too. */
static bool
may_be_passed_on(const struct sniff *s)
{
	return s->verdict == SNIFF_MAYBE_TLS ||
	    (s->verdict == SNIFF_MAYBE_HTTP && !s->likely) ||
	    (s->verdict == SNIFF_NOTHING && s->seen > SNIFF_METHOD);
}

/* More may come that decides; how long is it waited for? */
static void
wait_for_more(struct exchange *x)
{
	const struct sniff *s = &x->opening->sniff;

	if (s->seen == 0 || exchange_opening_is_closed(x))
		return;
	if (may_be_passed_on(s) && exchange_takes_others(x))
		become_tunnel(x);
	else if (!s->in_target)
		deadline_set(&x->timer, loop_now() + HOLD);
	else if (!x->opening->in_line) {
		x->opening->in_line = true;
		deadline_set(&x->timer, loop_now() +
		    x->ticket.conf->timeout_header);
	}
}

static void
upstream_first(struct exchange *x)
{
	struct sniff *s = &x->opening->sniff;

	/* not HTTP, where the client speaks first */
	if (s->seen == 0)
		s->verdict = SNIFF_OTHER;
	become_tunnel(x);
}

void
exchange_connect_heard(struct exchange *x)
{
	struct opening *o = x->opening;
	struct sniff *s = &o->sniff;
	const char *p;
	size_t n;

	/* who does not take the 200 has to wait */
	if (x->phase != EXCHANGE_OPENED || front_pending(x->downstream) > 0)
		return;
	p = front_heard(x->downstream, &n);
	memset(s, 0, sizeof *s);
	switch (sniff(s, p, n)) {
	case SNIFF_TLS:
		become_secure(x);
		break;
	case SNIFF_HTTP:
		become_requests(x);
		break;
	case SNIFF_OTHER:
		become_other(x);
		break;
	default:
		if (o->spoken)
			upstream_first(x);
		else if (s->likely && n > x->ticket.conf->limit_head / 2)
			become_requests(x);	/* too long, front tells */
		else
			wait_for_more(x);
	}
}

/* Nobody has spoken, for long: it is a tunnel, until somebody does. */
static void
settle(struct exchange *x)
{
	const struct rule *rule = x->ticket.rule;

	x->opening->settled = true;
	exchange_tunnel_stands(x);
	deadline_set(&x->timer, loop_now() + rule->tunnel_idle);
}

void
exchange_connect_late(struct exchange *x)
{
	struct opening *o = x->opening;
	const struct sniff *s = &o->sniff;
	bool in_line = s->verdict == SNIFF_MAYBE_HTTP &&
	    (exchange_opening_is_closed(x) || (s->likely && s->in_target));

	if (in_line)
		become_requests(x);	/* front tells that it is too slow */
	else if (exchange_opening_is_closed(x))
		exchange_abort(x, STATS_TOO_SLOW, s->seen == 0 ?
		    "nothing came for timeouts.header" :
		    "neither TLS nor HTTP in a tunnel");
	else if (s->seen > 0)
		become_tunnel(x);
	else if (!o->settled)
		settle(x);
	else
		exchange_tunnel_ended(x, "idle");
}

void
exchange_connect_half_closed(struct exchange *x)
{
	struct downstream *d = x->downstream;

	if (!exchange_opening_is_closed(x)) {
		become_tunnel(x);
		return;
	}
	exchange_finish(x, ACCESS_CLIENT_GONE, NULL);
	front_abort(d, false);
}

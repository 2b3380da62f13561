/* SPDX-License-Identifier: ISC */
#include "proxy/exchange_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/dial.h"
#include "proxy/front.h"
#include "proxy/tls_context.h"
#include "proxy/tunnel.h"
#include "proxy/via.h"

/*
 * CONNECT, as a tunnel or intercepted, and Upgrade, which becomes a tunnel
 * after its 101.
 */

/* Joins the sockets; head is what the client is to see first. */
static void
start_tunnel(struct exchange *x, struct tunnel_side *upstream,
    const struct relay_text *head)
{
	const struct conf_rule *rule = x->ticket.rule;
	struct tunnel_side client = {
		.tls = front_tls(x->downstream),
		.first = head->p,
		.len = head->len,
	};
	char *early = NULL;

	client.fd = front_lend(x->downstream, &early, &upstream->len);
	upstream->first = early;
	if (client.fd != -1 && !head->failed)
		x->tunnel = tunnel_new(x->worker, x, &client, upstream,
		    x->ticket.conf, rule->tunnel_idle);
	free(early);
	if (x->tunnel == NULL) {
		close(upstream->fd);
		tls_free(upstream->tls);
		exchange_cut_off(x, ACCESS_REFUSED, "out of memory");
		return;
	}
	deadline_set(&x->timer, 0);
	x->in += upstream->len;
	x->phase = TUNNEL;
	exchange_learn_success(x);
	if (rule->tunnel_hold == CONF_HOLD_CONNECT)
		hosts_release(x->worker->hosts, &x->ticket, worker_now());
}

/* The 200 that a CONNECT is answered with. */
static void
put_established(struct exchange *x, struct relay_text *head)
{
	struct relay_response r = {
		.wait = x->held,
		.via = via_name(x->ticket.conf),
	};
	struct http1_head *h = &x->worker->head;

	http1_head_clear(h);
	h->status = 200;
	h->reason.p = "Connection established";
	h->reason.len = strlen(h->reason.p);
	h->minor = 1;
	relay_response(head, h, &r);
	x->status = 200;
}

static void
dialled_cb(void *arg, int fd, enum upstream_error why)
{
	struct exchange *x = arg;
	struct tunnel_side upstream = { .fd = fd };
	struct relay_text head = { 0 };

	x->dial = NULL;
	if (fd == -1) {
		exchange_failed(x, why, upstream_failure(why)->detail);
		return;
	}
	put_established(x, &head);
	start_tunnel(x, &upstream, &head);
	relay_text_free(&head);
}

void
exchange_connect(struct exchange *x)
{
	x->phase = CONNECTING;
	x->dial = dial_start(x->worker, &x->host,
	    front_address(x->downstream), dialled_cb, x);
	if (x->dial == NULL)
		exchange_reject(x, 503, "proxy_internal_error",
		    "out of memory");
}

void
exchange_upgrade(struct exchange *x, const struct http1_head *h)
{
	struct relay_text head = { 0 };
	struct relay_response r = {
		.upgrade = true,
		.via = via_name(x->ticket.conf),
	};
	struct upstream_taken taken;
	struct tunnel_side upstream = { 0 };

	r.wait = x->held;
	r.resent = x->resent;
	relay_response(&head, h, &r);
	if (!upstream_take(x->upstream, &taken)) {
		relay_text_free(&head);
		exchange_failed(x, UPSTREAM_MALFORMED, "cannot upgrade");
		return;
	}
	relay_put(&head, taken.rest, taken.len);
	upstream.fd = taken.fd;
	upstream.tls = taken.tls;
	x->upstream = NULL;
	x->status = 101;
	x->out += taken.len;
	start_tunnel(x, &upstream, &head);
	relay_text_free(&head);
}

void
exchange_tunnel_passed(struct exchange *x, size_t in, size_t out)
{
	x->in += in;
	x->out += out;
}

void
exchange_tunnel_ended(struct exchange *x, const char *why)
{
	struct downstream *d = x->downstream;

	exchange_finish(x, x->is_connect ? ACCESS_TUNNEL : ACCESS_UPGRADED,
	    why);
	if (why != NULL)
		front_abort(d, true);
	else
		front_end(d, false);
}

/* Interception */

void
exchange_intercept(struct exchange *x, const struct http1_head *h)
{
	struct worker *w = x->worker;
	struct downstream *d = x->downstream;
	struct relay_text head = { 0 };
	struct iovec v;
	struct tls *tls;
	const char *why;
	char user[CLAIM_USER];
	bool known = claim_user(h, user);

	tls = tls_contexts_intercept(x->ticket.conf, &x->host, &w->wire,
	    front_tls(d), &why);
	if (tls == NULL) {
		/* RFC 9209 2.3.28 */
		exchange_reject(x, 500, "proxy_configuration_error", why);
		return;
	}
	x->phase = CONNECTING;		/* its requests wait, it does not */
	x->admitted = true;
	put_established(x, &head);
	if (head.failed)
		tls_free(tls);
	if (head.failed || !front_secure(d, tls, &x->host,
	    known ? user : NULL)) {
		relay_text_free(&head);
		exchange_reject(x, 503, "proxy_internal_error",
		    "out of memory");
		return;
	}
	v.iov_base = head.p;
	v.iov_len = head.len;
	front_send(d, &v, 1);
	relay_text_free(&head);
	exchange_finish(x, ACCESS_INTERCEPTED, NULL);
	front_end(d, true);
}

/* SPDX-License-Identifier: ISC */
#include "proxy/exchange_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/dial.h"
#include "proxy/front.h"
#include "proxy/tunnel.h"

/* Exchanges that become tunnels: CONNECT, and Upgrade after its 101. */

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
		exchange_cut_off(x, ACCESS_REFUSED, "out of memory");
		return;
	}
	deadline_set(&x->timer, 0);
	x->skip = ours;
	x->phase = TUNNEL;
}

static void
dialled_cb(void *arg, int fd, enum upstream_error why)
{
	struct exchange *x = arg;
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
	r.wait = exchange_waited(x);
	relay_response(&head, h, &r);
	x->status = 200;
	start_tunnel(x, fd, &head, head.len);
	relay_text_free(&head);
}

void
exchange_connect(struct exchange *x)
{
	x->phase = CONNECTING;
	x->dial = dial_start(x->worker, &x->host, dialled_cb, x);
	if (x->dial == NULL)
		exchange_reject(x, 503, "proxy_internal_error",
		    "out of memory");
}

void
exchange_upgrade(struct exchange *x, const struct http1_head *h)
{
	struct relay_text head = { 0 };
	struct relay_response r = { .upgrade = true };
	const char *rest;
	size_t n, ours;
	int fd;

	r.wait = exchange_waited(x);
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

	exchange_finish(x, ACCESS_TUNNEL, why);
	if (why != NULL)
		front_abort(d, true);
	else
		front_end(d, false);
}

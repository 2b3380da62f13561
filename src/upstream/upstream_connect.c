/* SPDX-License-Identifier: ISC */
#include "upstream/upstream_connect.h"

#include <event2/buffer.h>

#include "conf/conf.h"
#include "net/dial.h"
#include "net/stream.h"
#include "policy/parent.h"
#include "tls/tls_context.h"
#include "upstream/connection.h"
#include "upstream/parent_tunnel.h"
#include "upstream/upstream_response.h"
#include "upstream/upstream_taken.h"
#include "upstream/upstream_target.h"
#include "upstream/upstream_tls.h"

/*
 * Three ways: the host is dialled; or the parent is, which then takes the
 * host's place; or a tunnel to the host is had through the parent, and with it
 * what TLS the parent speaks.  Then comes TLS, where it is due, whose
 * handshake whoever reads the connection goes on with.
 */

bool
upstream_is_shared(const struct upstream_target *to)
{
	return to->parent != NULL && !to->by_tunnel;
}

void
upstream_connected(struct upstream *u)
{
	u->ready = true;
	deadline_set(&u->timer, 0);
	u->events->connected(u->user);
}

void
upstream_attach(struct upstream *u, int fd, struct tls *tls)
{
	stream_open(&u->stream, u->upstreams->loop, fd,
	    u->upstreams->stream_events, u);
	if (tls != NULL)
		stream_start_tls(&u->stream, tls, TLS_WIRE_MAX *
		    u->upstreams->conf->limit_buffer, NULL);
	stream_read(&u->stream, true);
}

/* TLS */

/* Our end of the TLS that is due, inside of that which is spoken already. */
static struct tls *
new_tls(struct upstream *u)
{
	struct tls_wire *wire = &u->upstreams->loop->wire;

	if (u->tls_parent != NULL)
		return tls_contexts_connect_parent(u->conf, u->tls_parent,
		    wire);
	return tls_contexts_connect(u->conf, u->tls_rule, &u->host,
	    u->stream.tls, wire);
}

/* early: what was received of it already, or NULL. */
static void
start_tls(struct upstream *u, struct evbuffer *early)
{
	struct upstreams *all = u->upstreams;
	struct loop *l = all->loop;
	enum tls_result result;
	struct tls *tls = new_tls(u);
	char why[UPSTREAM_TLS_WHY];
	enum failure e;
	size_t n;

	if (tls == NULL) {
		if (early != NULL)
			evbuffer_free(early);
		upstream_fail(u, FAILURE_NO_MEMORY, "TLS");
		return;
	}
	stream_start_tls(&u->stream, tls,
	    TLS_WIRE_MAX * all->conf->limit_buffer, early);
	deadline_set(&u->timer, loop_now() + all->conf->timeout_header);
	result = tls_read(tls, NULL, 0, l->scratch, sizeof l->scratch, &n);
	(void)stream_flush_wire(&u->stream);
	if (result == TLS_OK)
		return;
	e = upstream_tls_failure(tls, u->at_parent, why);
	upstream_fail(u, e, why);
}

/* Directly */

static void
dialled_cb(void *arg, const struct dialled *d)
{
	struct upstream *u = arg;

	u->dial = NULL;
	if (d->fd == -1) {
		upstream_fail(u, d->why, d->detail);
		return;
	}
	upstream_attach(u, d->fd, NULL);
	if (u->tls_rule != NULL || u->tls_parent != NULL)
		start_tls(u, NULL);
	else
		upstream_connected(u);
}

/* Through a tunnel */

/* A host that speaks before it was asked, does so in TLS. */
static void
take_rest(struct upstream *u, const struct upstream_taken *t)
{
	struct evbuffer *early = NULL;

	if (t->len > 0 && ((early = evbuffer_new()) == NULL ||
	    evbuffer_add(early, t->rest, t->len) == -1)) {
		if (early != NULL)
			evbuffer_free(early);
		upstream_fail(u, FAILURE_NO_MEMORY, "out of memory");
		return;
	}
	start_tls(u, early);
}

static void
tunnel_open_cb(void *arg)
{
	struct upstream *u = arg;
	struct upstream_taken t;

	parent_tunnel_take(u->tunnel, &t);
	u->tunnel = NULL;
	u->at_parent = false;
	upstream_attach(u, t.fd, t.tls);
	if (u->tls_rule != NULL)
		take_rest(u, &t);
	else if (t.len > 0)
		upstream_fail(u, FAILURE_MALFORMED, "bytes before the request");
	else
		upstream_connected(u);
}

static void
tunnel_ask_cb(void *arg, struct text *head)
{
	struct upstream *u = arg;

	u->events->ask(u->user, head);
}

static void
tunnel_refused_cb(void *arg, const struct http1_head *head)
{
	struct upstream *u = arg;

	u->events->refused(u->user, head);
}

static void
tunnel_failed_cb(void *arg, enum failure e, const char *why)
{
	upstream_fail(arg, e, why);
}

/* Nobody listens to it: it is taken as soon as it stands. */
static const struct parent_tunnel_events tunnel_events = {
	.ask = tunnel_ask_cb,
	.open = tunnel_open_cb,
	.refused = tunnel_refused_cb,
	.failed = tunnel_failed_cb,
};

bool
upstream_connect(struct upstream *u, const struct upstream_target *to)
{
	const struct dialer *dialer = u->upstreams->dialer;
	struct dial_client client = to->client;

	u->conf = to->conf;
	u->at_parent = to->parent != NULL;
	client.to_parent = u->at_parent;
	if (!upstream_is_shared(to))
		u->tls_rule = to->rule;
	else if (to->parent->tls)
		u->tls_parent = to->parent;
	if (to->by_tunnel)
		u->tunnel = parent_tunnel_new(dialer, to->conf, to->parent,
		    &client, &tunnel_events, u);
	else
		u->dial = dial_start(dialer, &u->host, &client, dialled_cb, u);
	return u->dial != NULL || u->tunnel != NULL;
}

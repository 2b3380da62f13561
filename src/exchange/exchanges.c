/* SPDX-License-Identifier: ISC */
#include "exchange/exchanges.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/client_hash.h"
#include "conf/conf.h"
#include "exchange/access.h"
#include "exchange/exchange_connect.h"
#include "exchange/exchange_count.h"
#include "exchange/exchange_deadline.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_held.h"
#include "exchange/exchange_meter.h"
#include "exchange/exchange_request.h"
#include "exchange/exchange_response.h"
#include "exchange/exchange_start.h"
#include "exchange/exchange_state.h"
#include "exchange/recent.h"
#include "front/front.h"
#include "policy/tokens_learned.h"

/* What the client does: events of front */

static void
start_cb(void *owner, struct downstream *d, const struct http1_head *h)
{
	exchange_start(owner, d, h);
}

static void
refuse_cb(void *owner, struct downstream *d, const struct http1_head *h,
    int status, const char *why)
{
	exchange_refuse(owner, d, h, status, why);
}

static void
no_handshake_cb(void *owner, struct downstream *d,
    const struct http1_host *host, const char *why)
{
	struct exchanges *all = owner;
	char name[HTTP1_HOST + 16], reason[256];
	struct access_line line = {
		.client = front_peer(d),
		.outcome = ACCESS_CLIENT_GONE,
		.reason = reason,
	};

	if (host != NULL)
		line.host = access_host(host, host->port, name, sizeof name);
	snprintf(reason, sizeof reason, "TLS handshake: %s", why);
	access_write(all->access, &line);
}

static void
body_failed_cb(void *arg, int status, const char *why)
{
	struct exchange *x = arg;

	if (x->head_sent)
		exchange_abort(x, exchange_refusal_of(status), why);
	else
		exchange_reject(x, status, exchange_refusal_of(status),
		    "http_request_error", why);
}

static void
writable_cb(void *arg)
{
	struct exchange *x = arg;

	if (x->phase == EXCHANGE_OPENED)
		exchange_connect_heard(x);
	exchange_response_resume(x);
}

static void
heard_cb(void *x)
{
	exchange_connect_heard(x);
}

static void
half_closed_cb(void *arg)
{
	struct exchange *x = arg;
	struct downstream *d = x->downstream;

	if (x->phase == EXCHANGE_QUEUED) {
		/* nobody half-closes and then waits for its turn */
		exchange_finish(x, ACCESS_CLIENT_GONE, NULL);
		front_abort(d, false);
		return;
	}
	if (x->phase == EXCHANGE_OPENED) {
		exchange_connect_half_closed(x);
		return;
	}
	if (x->phase == EXCHANGE_CHECKING || x->phase == EXCHANGE_READING) {
		x->half_closed = true;
		return;
	}
	x->half_closed = true;
	exchange_deadline_renew(x);
}

static void
gone_cb(void *arg, const char *why)
{
	struct exchange *x = arg;

	gather_drop(&x->exchanges->gather);
	exchange_finish(x, ACCESS_CLIENT_GONE, why);
}

const struct front_events exchanges_front_events = {
	.start = start_cb,
	.refuse = refuse_cb,
	.no_handshake = no_handshake_cb,
	.body = exchange_request_body,
	.body_end = exchange_request_body_end,
	.body_failed = body_failed_cb,
	.writable = writable_cb,
	.heard = heard_cb,
	.half_closed = half_closed_cb,
	.gone = gone_cb,
};

/* All of a thread */

/* How many of its exchanges a thread keeps. */
static size_t
kept(const struct exchanges *all)
{
	if (all->conf->admin_off)
		return 0;
	return (all->conf->admin_exchanges + all->workers - 1) / all->workers;
}

struct exchanges *
exchanges_new(const struct exchanges_setup *setup)
{
	struct exchanges *all;

	if ((all = calloc(1, sizeof *all)) == NULL)
		return NULL;
	all->loop = setup->loop;
	all->conf = setup->conf;
	all->hosts = setup->hosts;
	all->upstreams = setup->upstreams;
	all->dialer = setup->dialer;
	all->over = setup->over;
	TAILQ_INIT(&all->held);
	TAILQ_INIT(&all->held_long);
	deadline_init(&all->held_timer, all->loop, exchange_held_due, all);
	deadline_init(&all->held_long_timer, all->loop, exchange_held_again,
	    all);
	all->access = access_new(setup->loop, setup->conf);
	all->hasher = client_hasher_new();
	all->workers = setup->conf->workers;
	all->recent = recent_new(kept(all));
	all->users = user_gate_new(all->loop, all->hasher,
	    setup->user_checks);
	if (all->access == NULL || all->hasher == NULL || all->users == NULL) {
		exchanges_free(all);
		return NULL;
	}
	return all;
}

void
exchanges_reload(struct exchanges *all, struct conf *conf)
{
	all->conf = conf;
	all->recent = recent_resize(all->recent, kept(all));
	access_reload(all->access, conf);
	exchange_held_reload(all);
}

void
exchanges_drain(struct exchanges *all)
{
	all->draining = true;
}

unsigned
exchanges_refuse_waiting(struct exchanges *all)
{
	struct exchange *x;
	unsigned n = 0;

	while ((x = TAILQ_FIRST(&all->held)) != NULL ||
	    (x = TAILQ_FIRST(&all->held_long)) != NULL) {
		exchange_refuse_drained(x);
		n++;
	}
	return n;
}

void
exchanges_free(struct exchanges *all)
{
	if (all->access != NULL)
		access_free(all->access);
	user_gate_free(all->users);
	client_hasher_free(all->hasher);
	deadline_free(&all->held_timer);
	deadline_free(&all->held_long_timer);
	recent_free(all->recent);
	tokens_learned_free(all->learned);
	exchange_meters_free(all);
	gather_free(&all->gather);
	text_free(&all->parent_head);
	free(all);
}

/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_start.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "exchange/exchange_admit.h"
#include "exchange/exchange_connect.h"
#include "exchange/exchange_count.h"
#include "exchange/exchange_destination.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_inside.h"
#include "exchange/exchange_local.h"
#include "exchange/exchange_misdirected.h"
#include "exchange/exchange_opening.h"
#include "exchange/exchange_state.h"
#include "exchange/exchange_timeout.h"
#include "exchange/exchange_user.h"
#include "exchange/reply.h"
#include "exchange/via.h"
#include "front/clients.h"
#include "front/front.h"

static void
take_request(struct exchange *x, const struct http1_head *h)
{
	x->host = h->host;
	if (x->host.port == 0)
		x->host.port = h->https ? 443 : 80;
	x->through = exchange_misdirected(x);
	x->port = x->host.port;
	x->tls = h->https;
	x->is_connect = h->form == HTTP1_AUTHORITY_FORM;
	x->is_head = http1_str_equals(h->method, "HEAD");
	x->old_client = h->minor == 0;
	x->keep = h->keep_alive;
	x->chunked = h->body == HTTP1_CHUNKED;
	x->expect = h->expect_continue;
	x->idempotent = h->idempotent;
	x->binds = h->binds;
	text_put(&x->head, h->method.p, h->method.len);
	x->method_len = x->head.len;	/* 0: without memory */
}

static void
reject(struct exchange *x, const struct http1_head *h, int status,
    enum stats_refusal why, const char *error, const char *detail)
{
	exchange_put_path(x, h);
	exchange_reject(x, status, why, error, detail);
}

/* It is not held: who asks too fast would have us keep all of it. */
static void
refuse_rate(struct exchange *x, const struct http1_head *h, uint64_t wait)
{
	const struct reply r = {
		.status = 429,
		.error = "http_request_denied",
		.detail = "more requests than access.rate allows",
		.wait = wait,
		.retry_after = (wait + 999999999) / 1000000000,
	};

	exchange_put_path(x, h);
	x->refusal = STATS_CLIENT_RATE;
	exchange_answer(x, &r, ACCESS_REFUSED, "access.rate");
}

/* Returns whether it may go on by access.rate; else it was refused. */
static bool
pays(struct exchange *x, const struct http1_head *h)
{
	uint64_t rate = x->ticket.conf->access_rate, wait;

	if (rate == 0 || x->client == NULL ||
	    (wait = client_pay(x->client, rate, x->began)) == 0)
		return true;
	refuse_rate(x, h, wait);
	return false;
}

/* What a tunnel is for, is not known yet. */
static bool
goes(struct exchange *x, const struct http1_head *h)
{
	if (x->is_connect)
		return exchange_goes_somehow(x);
	if (!x->through && front_is_local(x->downstream))
		return true;
	exchange_put_path(x, h);
	return exchange_goes_as(x, x->tls ? DESTINATION_TLS :
	    DESTINATION_HTTP);
}

/* Another port's may be for http:// URLs: what comes through it decides. */
static bool
refuses_tunnel(struct exchange *x, const struct http1_head *h)
{
	const char *why = x->is_connect && x->port == 443 ?
	    exchange_inside_refuses(x) : NULL;

	if (why != NULL)
		reject(x, h, 403, STATS_OTHER_REFUSAL, "http_request_denied",
		    why);
	return why != NULL;
}

/*
 * What becomes of it, by the one configuration that it has a reference to.
 * Returns false when a newer one took that one's place, by which it is to be
 * decided anew.
 */
static bool
decide(struct exchange *x, const struct http1_head *h)
{
	if (x->is_connect && !exchange_opening_new(x, h))
		exchange_reject(x, 503, STATS_NO_MEMORY,
		    "proxy_internal_error", "out of memory");
	else if (x->through && !exchange_misdirected_may_go(x))
		reject(x, h, 421, STATS_MALFORMED, "http_request_error",
		    "the request is for another host than its tunnel");
	else if (!goes(x, h) || refuses_tunnel(x, h))
		return true;
	else if (x->is_connect &&
	    x->ticket.rule->https == RULE_HTTPS_INTERCEPT)
		exchange_connect_intercept(x);
	else
		return exchange_admit(x, h);
	return true;
}

/* By the configuration that it has now. */
static void
take_limits(struct exchange *x)
{
	exchange_count_begin(x);
	if (x->ticket.conf->timeout_exchange > 0)
		deadline_init(&x->whole, x->exchanges->loop,
		    exchange_overdue, x);
}

/* The configuration that it is under, from its beginning to its end. */
static void
take_conf(struct exchange *x)
{
	struct ticket *t = &x->ticket;

	t->loop = x->exchanges->loop;
	t->hasher = x->exchanges->hasher;
	t->mail.deliver = exchange_admit_mail;
	t->name = &x->host;
	x->taken = front_take_turn(x->downstream);
	t->conf = conf_ref(x->exchanges->conf);
	t->rule = conf_rule(t->conf, &x->host);
	take_limits(x);
}

/* He is one client, wherever he comes from.  False without memory: it ended. */
static bool
become_users(struct exchange *x)
{
	const char *name = front_user(x->downstream);
	struct client_hash hash;

	if (x->client == NULL)
		return true;
	if (!client_hash(x->exchanges->hasher, "user", name, strlen(name),
	    &hash) || (x->client = front_user_client(x->downstream,
	    &hash)) == NULL) {
		exchange_reject(x, 503, STATS_NO_MEMORY,
		    "proxy_internal_error", "out of memory");
		return false;
	}
	x->memory = &x->client->memory;
	return true;
}

/*
 * Returns whether it goes on: else it waits, or was refused.  Whoever has no
 * users is not to pay for what stands on its stack.
 */
static bool __attribute__((noinline))
is_users(struct exchange *x, const struct http1_head *h)
{
	struct reply r;

	switch (exchange_user_ask(x, h, &r)) {
	case EXCHANGE_USER_GOES:
		return become_users(x) ? pays(x, h) : false;
	case EXCHANGE_USER_WAITS:
		break;
	case EXCHANGE_USER_REFUSED:
		/* who is no user pays by his address */
		if (!pays(x, h))
			break;
		exchange_put_path(x, h);
		x->refusal = STATS_ACCESS_USER;
		exchange_answer(x, &r, ACCESS_REFUSED, r.detail);
		break;
	}
	return false;
}

static void
go_on(struct exchange *x, const struct http1_head *h)
{
	while (!decide(x, h))
		take_limits(x);
}

static void
begin(struct exchange *x, const struct http1_head *h)
{
	if (x->head.failed)
		exchange_reject(x, 503, STATS_NO_MEMORY,
		    "proxy_internal_error", "out of memory");
	else if (x->exchanges->draining) {
		exchange_put_path(x, h);
		exchange_refuse_drained(x);
	} else if (x->ticket.conf->access_users != NULL ? !is_users(x, h) :
	    !pays(x, h))
		return;
	else if (via_is_loop(h, via_name(x->ticket.conf)))
		reject(x, h, 508, STATS_LOOP, "proxy_loop_detected",
		    "the request has passed this proxy before");
	else if (!exchange_local(x, h))
		go_on(x, h);
}

/*
 * With the head that it had before its user's password was checked, or its body
 * was read; who has closed his side since then does not wait for his turn.
 */
static void
begin_again(struct exchange *x, const struct http1_head *h)
{
	struct downstream *d = x->downstream;
	bool read = x->phase == EXCHANGE_READING;

	exchange_set_phase(x, EXCHANGE_STARTING);
	x->began = x->queued = loop_now();
	if (read)
		go_on(x, h);
	else
		begin(x, h);
	if (x->phase == EXCHANGE_QUEUED && x->half_closed) {
		exchange_finish(x, ACCESS_CLIENT_GONE, NULL);
		front_abort(d, false);
	}
}

void
exchange_start(struct exchanges *all, struct downstream *d,
    const struct http1_head *h)
{
	struct exchange *x = front_attached(d);

	if (x != NULL) {
		begin_again(x, h);
		return;
	}
	if ((x = calloc(1, sizeof *x)) == NULL) {
		exchange_refuse(all, d, h, 503, "out of memory");
		return;
	}
	x->exchanges = all;
	x->downstream = d;
	x->client = front_client(d);
	x->memory = front_memory(d);
	exchange_set_phase(x, EXCHANGE_STARTING);
	x->refusal = STATS_OTHER_REFUSAL;
	x->began = x->queued = loop_now();
	deadline_init(&x->timer, all->loop, exchange_timeout, x);
	front_attach(d, x);
	take_request(x, h);
	take_conf(x);
	/* RFC 9112 9.3 */
	if (x->old_client && !x->ticket.conf->keep_alive_10)
		x->keep = false;
	begin(x, h);
}

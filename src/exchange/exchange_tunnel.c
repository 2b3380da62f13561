/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_tunnel.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/once.h"
#include "conf/conf.h"
#include "exchange/exchange_count.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_learn.h"
#include "exchange/exchange_opening.h"
#include "exchange/exchange_state.h"
#include "exchange/tunnel.h"
#include "front/front.h"
#include "tls/tls.h"
#include "upstream/upstream_taken.h"

void
exchange_tunnel_stands(struct exchange *x)
{
	/* once: it has no slot any more */
	if (x->ticket.state != TICKET_HELD)
		return;
	exchange_learn_success(x);
	if (x->ticket.rule->tunnel_hold == RULE_HOLD_CONNECT)
		hosts_release(x->exchanges->hosts, &x->ticket, loop_now());
}

/* Limits of requests are written down, and tunnels are what they meet. */
static void
tell_limits(const struct exchange *x)
{
	const struct rule *rule = x->ticket.rule;

	if ((rule->limits.nrates > 0 || rule->limits.concurrency > 0) &&
	    once_first(ONCE_TUNNEL, x->host.name))
		log_info("%s: its limits count tunnels, not the requests "
		    "inside of them; \"https: intercept\" or \"https: "
		    "upstream\" changes that", x->host.name);
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

static void
passed_cb(void *arg, size_t in, size_t out)
{
	struct exchange *x = arg;

	exchange_count_in(x, in);
	exchange_count_out(x, out);
}

static void
ended_cb(void *arg, const char *why)
{
	exchange_tunnel_ended(arg, why);
}

static bool
may_pass_cb(void *arg, const char *p, size_t n)
{
	return exchange_opening_may_pass(arg, p, n);
}

static const struct tunnel_events tunnel_events = {
	.ended = ended_cb,
	.may_pass = may_pass_cb,
	.passed = passed_cb,
};

void
exchange_tunnel_start(struct exchange *x, struct tunnel_side *upstream,
    const struct text *head)
{
	const struct rule *rule = x->ticket.rule;
	struct tunnel_side client = {
		.tls = front_tls(x->downstream),
		.first = head->p,
		.len = head->len,
	};
	char *early = NULL;

	client.fd = front_lend(x->downstream, &early, &upstream->len);
	upstream->first = early;
	if (client.fd != -1 && !head->failed)
		x->tunnel = tunnel_new(x->exchanges->loop, x->memory,
		    &tunnel_events, x, &client, upstream, x->ticket.conf,
		    rule->tunnel_idle);
	free(early);
	if (x->tunnel == NULL) {
		close(upstream->fd);
		tls_free(upstream->tls);
		tls_free(upstream->tls_below);
		exchange_abort(x, STATS_NO_MEMORY, "out of memory");
		return;
	}
	if (x->is_connect)
		tell_limits(x);
	deadline_set(&x->timer, 0);
	exchange_count_in(x, upstream->len);
	exchange_set_phase(x, EXCHANGE_TUNNEL);
	hosts_tunnel(x->exchanges->hosts, &x->ticket, true);
	exchange_tunnel_stands(x);
}

void
exchange_tunnel_join(struct exchange *x, const struct upstream_taken *t)
{
	struct tunnel_side upstream = {
		.fd = t->fd,
		.tls = t->tls,
		.tls_below = t->tls_below,
	};
	struct text first = { 0 };

	text_put(&first, t->rest, t->len);
	exchange_count_out(x, t->len);
	exchange_tunnel_start(x, &upstream, &first);
	text_free(&first);
}

/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_opening.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "exchange/exchange_state.h"
#include "exchange/exchange_user.h"
#include "tls/tls.h"
#include "upstream/parent_tunnel.h"
#include "upstream/upstream_taken.h"

bool
exchange_opening_new(struct exchange *x, const struct http1_head *h)
{
	char buf[USER_NAME];
	const char *user = exchange_user_name(x, h, buf);
	struct opening *o;

	if (x->opening != NULL)
		return true;
	if ((o = calloc(1, sizeof *o)) == NULL)
		return false;
	if (user != NULL && (o->user = strdup(user)) == NULL) {
		free(o);
		return false;
	}
	o->exchange = x;
	o->fd = -1;
	x->opening = o;
	x->deposit = &o->deposit;
	return true;
}

bool
exchange_opening_take(struct opening *o, struct upstream_taken *t)
{
	if (o->way != NULL) {
		parent_tunnel_take(o->way, t);
		o->way = NULL;
		return true;
	}
	if (o->fd == -1)
		return false;
	event_del(&o->ev);
	*t = (struct upstream_taken){ .fd = o->fd };
	o->fd = -1;
	return true;
}

void
exchange_opening_refund(struct exchange *x, struct claim_turn *turn)
{
	x->cost = 0;
	hosts_refund(x->exchanges->hosts, &x->ticket, turn, loop_now());
}

void
exchange_opening_end(struct exchange *x)
{
	struct opening *o = x->opening;
	struct upstream_taken t;

	if (o == NULL)
		return;
	if (exchange_opening_take(o, &t))
		upstream_taken_drop(&t);
	tls_free(o->tls);
	/* the host has not heard of it */
	if (!x->dialled)
		exchange_opening_refund(x, NULL);
}

void
exchange_opening_free(struct exchange *x)
{
	if (x->opening != NULL)
		free(x->opening->user);
	free(x->opening);
	x->opening = NULL;
}

bool
exchange_opening_is_closed(const struct exchange *x)
{
	return x->ticket.rule->https != RULE_HTTPS_TUNNEL;
}

bool
exchange_opening_may_pass(struct exchange *x, const char *p, size_t n)
{
	return x->opening == NULL || exchange_opening_is_closed(x) ||
	    sniff(&x->opening->sniff, p, n) != SNIFF_HTTP;
}

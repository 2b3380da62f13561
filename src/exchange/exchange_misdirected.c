/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_misdirected.h"

#include <string.h>

#include "conf/conf.h"
#include "exchange/exchange_state.h"
#include "front/front.h"

static bool
is_same(const struct http1_host *a, const struct http1_host *b)
{
	return a->kind == b->kind && a->port == b->port &&
	    strcmp(a->name, b->name) == 0;
}

bool
exchange_misdirected(const struct exchange *x)
{
	const struct http1_host *tunnel = front_tunnel(x->downstream);

	return tunnel != NULL && !is_same(tunnel, &x->host);
}

static bool
has_limits(const struct rule *rule)
{
	return rule->limits.nrates > 0 || rule->limits.concurrency > 0 ||
	    rule->npaths > 0 || rule_has_total(rule);
}

/* Named, and not what is left for all others. */
static bool
has_limits_of_its_own(const struct conf *conf, const struct rule *rule)
{
	return rule != &conf->fallback && has_limits(rule);
}

/*
 * To another host than the tunnel's, through that: counted as a request to the
 * host that it is for, but only where both are sent to in clear.  No other name
 * gets around the limits of the tunnel's host: it is counted for that, and
 * where both have limits of their own it does not go.
 */
bool
exchange_misdirected_may_go(struct exchange *x)
{
	const struct conf *conf = x->ticket.conf;
	const struct http1_host *to = front_tunnel(x->downstream);
	const struct rule *rule = x->ticket.rule;
	const struct rule *tunnel = conf_rule(conf, to);

	if (rule->https != RULE_HTTPS_TUNNEL ||
	    tunnel->https != RULE_HTTPS_TUNNEL)
		return false;
	if (!has_limits_of_its_own(conf, tunnel) ||
	    (tunnel == rule && (rule->shared || is_same(to, &x->host))))
		return true;
	if (has_limits_of_its_own(conf, rule))
		return false;
	x->host = *to;
	x->ticket.rule = tunnel;
	return true;
}

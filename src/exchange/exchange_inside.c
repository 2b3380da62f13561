/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_inside.h"

#include "conf/conf.h"
#include "exchange/exchange_state.h"

/*
 * The URL that comes to the same port there: one without a port, if that leads
 * to tls.port, or else with the port, of which only 80 means another.
 */
static bool
plain(const void *arg, const struct http1_host *at, uint16_t *port)
{
	const struct conf *conf = arg;
	uint16_t wanted = at->port != 0 ? at->port : 443;
	struct http1_host host = *at;
	const struct rule *rule;

	host.port = 80;
	rule = conf_rule(conf, &host);
	*port = 0;
	if (rule->https == RULE_HTTPS_UPSTREAM && rule->tls_port == wanted)
		return true;
	host.port = *port = wanted;
	return wanted != 80 &&
	    conf_rule(conf, &host)->https == RULE_HTTPS_UPSTREAM;
}

const struct relay_inside *
exchange_inside(const struct exchange *x, struct relay_inside *inside)
{
	const struct rule *rule = x->ticket.rule;

	if (!x->inside || !(rule->upstream_rewrite || rule->upstream_strip_secure))
		return NULL;
	*inside = (struct relay_inside){
		.links = rule->upstream_rewrite,
		.cookies = rule->upstream_strip_secure,
		.plain = plain,
		.arg = x->ticket.conf,
	};
	return inside;
}

const char *
exchange_inside_refuses(const struct exchange *x)
{
	if (x->ticket.rule->https != RULE_HTTPS_UPSTREAM ||
	    !x->ticket.rule->upstream_refuse_tunnels)
		return NULL;
	return "https:// URLs of the host are not tunneled here: ask for "
	    "http://, and the proxy speaks TLS to the host";
}

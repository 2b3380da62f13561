/* SPDX-License-Identifier: ISC */
#include "admin/admin_client.h"

#include <netinet/in.h>
#include <string.h>

#include "admin/admin_answer.h"
#include "base/text.h"
#include "conf/conf.h"
#include "net/address.h"
#include "net/listen.h"
#include "tls/tls_context.h"

/*
 * An address that a client of this machine can connect to: that of all
 * interfaces is none, though Linux takes it for the loopback's.
 */
static void
reachable(const struct listener *l, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *six = (void *)to;
	struct sockaddr_in *four = (void *)to;

	*to = l->addr;
	if (to->ss_family == AF_INET &&
	    four->sin_addr.s_addr == htonl(INADDR_ANY))
		four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (to->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr))
		six->sin6_addr = in6addr_loopback;
}

/* Those of a kind: by IPv4 or IPv6, with TLS or without. */
static void
each_of(const struct listeners *ls, int family, bool tls,
    void (*put)(void *, bool tls, const char *address), void *arg)
{
	struct sockaddr_storage to;
	char address[ADDRESS_TEXT];
	const struct listener *l;
	size_t i;

	for (i = 0; i < ls->n; i++) {
		l = &ls->list[i];
		if (l->tls != tls || l->addr.ss_family != family)
			continue;
		reachable(l, &to);
		put(arg, tls, address_print((void *)&to, address,
		    sizeof address));
	}
}

/* Calls put() for each, those first which most programs can use. */
static void
each_proxy(const struct listeners *ls,
    void (*put)(void *, bool tls, const char *address), void *arg)
{
	each_of(ls, AF_INET, false, put, arg);
	each_of(ls, AF_INET6, false, put, arg);
	each_of(ls, AF_INET, true, put, arg);
	each_of(ls, AF_INET6, true, put, arg);
}

/* /v1/client */

static void
put_url(void *arg, bool tls, const char *address)
{
	char url[ADDRESS_TEXT + 16];

	snprintf(url, sizeof url, "%s://%s", tls ? "https" : "http", address);
	json_array_append_new(arg, json_string(url));
}

static json_t *
trust_json(const struct conf *conf)
{
	struct text pem = { .p = NULL };
	json_t *json;

	tls_contexts_trust(conf, &pem);
	json = pem.failed ? NULL : pem.len == 0 ? json_null() :
	    json_stringn(pem.p, pem.len);
	text_free(&pem);
	return json;
}

void
admin_client(struct admin_request *r)
{
	const struct conf *conf = r->context->conf;
	json_t *proxies = json_array();

	each_proxy(r->context->listeners, put_url, proxies);
	admin_answer_json(r, 200, json_pack("{s:o, s:o, s:b}",
	    "proxies", proxies, "certificates", trust_json(conf),
	    "users", conf->access_users != NULL));
}

/* /proxy.pac */

static void
put_proxy(void *arg, bool tls, const char *address)
{
	text_putf(arg, "%s %s; ", tls ? "HTTPS" : "PROXY", address);
}

/*
 * The script has no way round the proxy at its end: who cannot be limited is
 * not to go unlimited.  Names without a dot are of the machine or its network.
 */
void
admin_client_pac(struct admin_request *r)
{
	struct text script = { .p = NULL };
	size_t before;
	bool none;

	text_puts(&script, "function FindProxyForURL(url, host) {\n"
	    "\tif (isPlainHostName(host))\n"
	    "\t\treturn \"DIRECT\";\n"
	    "\treturn \"");
	before = script.len;
	each_proxy(r->context->listeners, put_proxy, &script);
	none = script.len == before;
	text_puts(&script, "\";\n}\n");
	/* an empty one would send browsers direct */
	if (none)
		admin_answer_problem(r, 404, NULL, "the proxy listens at no "
		    "address that browsers can use");
	else if (script.failed)
		admin_answer_problem(r, 503, NULL, "out of memory");
	else
		admin_answer_text(r, 200, "application/x-ns-proxy-autoconfig",
		    script.p, script.len);
	text_free(&script);
}

/* SPDX-License-Identifier: ISC */
#include "exchange/browser_page.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/text.h"
#include "conf/conf.h"
#include "exchange/reply.h"
#include "front/front.h"
#include "http/accept.h"
#include "http/http1.h"

#define ACCEPT	1024		/* bytes of a field that is looked at */
#define URL	128

static const struct http1_field *
find_accept(const struct http1_head *h)
{
	unsigned i;

	for (i = 0; i < h->nfields; i++) {
		if (http1_str_is(h->fields[i].name, "Accept"))
			return &h->fields[i];
	}
	return NULL;
}

/* Programs say that they take anything, or nothing of it. */
static bool
prefers_html(const struct http1_head *h)
{
	const struct http1_field *f = find_accept(h);
	struct accept_liking html, json;
	char accept[ACCEPT];

	if (f == NULL || f->value.len >= sizeof accept)
		return false;
	memcpy(accept, f->value.p, f->value.len);
	accept[f->value.len] = '\0';
	html = accept_like(accept, "text/html", "");
	json = accept_like(accept, "application/problem+json", "");
	return html.closeness == 3 && html.q > json.q;
}

/* Whether a client on this machine can use the address, and its URL. */
static bool
url_of(const struct conf_address *a, char url[URL])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	char ip[INET6_ADDRSTRLEN];
	const char *scheme = a->certificate != NULL ? "https" : "http";

	if (a->addr.ss_family == AF_INET) {
		memcpy(&in, &a->addr, sizeof in);
		if (in.sin_addr.s_addr == htonl(INADDR_ANY))
			in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		inet_ntop(AF_INET, &in.sin_addr, ip, sizeof ip);
		snprintf(url, URL, "%s://%s:%u/", scheme, ip,
		    ntohs(in.sin_port));
		return in.sin_port != 0;
	}
	if (a->addr.ss_family != AF_INET6)
		return false;
	memcpy(&in6, &a->addr, sizeof in6);
	if (IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr))
		in6.sin6_addr = in6addr_loopback;
	inet_ntop(AF_INET6, &in6.sin6_addr, ip, sizeof ip);
	snprintf(url, URL, "%s://[%s]:%u/", scheme, ip,
	    ntohs(in6.sin6_port));
	return in6.sin6_port != 0;
}

static void
put_dashboard(struct text *page, const struct conf *conf)
{
	const struct conf_addresses *web = &conf->admin_web;
	char url[URL];
	size_t i;

	for (i = 0; i < web->n && !conf->admin_off; i++) {
		if (!url_of(&web->list[i], url))
			continue;
		text_putf(page, "<p>Its dashboard is at "
		    "<a href=\"%s\">%s</a>.</p>\n", url, url);
		return;
	}
}

static void
put_escaped(struct text *page, const char *p)
{
	for (; *p != '\0'; p++) {
		if (strchr("&<>\"", *p) != NULL)
			text_putf(page, "&#%d;", *p);
		else
			text_put(page, p, 1);
	}
}

char *
browser_page(const struct conf *conf, const struct downstream *d,
    const struct http1_head *h, const struct reply *r)
{
	struct text page = { 0 };

	if (h->form != HTTP1_ORIGIN_FORM || front_tunnel(d) != NULL ||
	    !prefers_html(h))
		return NULL;
	text_puts(&page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width\">\n<title>This is a proxy</title>\n"
	    "</head>\n<body>\n<h1>This is a proxy</h1>\n"
	    "<p>Here is sluice, an HTTP proxy that keeps its clients under the "
	    "limits of the hosts that they ask. It has no pages of its own; "
	    "programs are told to use it, as by <code>http_proxy</code> and "
	    "<code>https_proxy</code>.</p>\n");
	text_putf(&page, "<p>It has answered %d: ", r->status);
	put_escaped(&page, r->detail);
	text_puts(&page, ".</p>\n");
	if (front_is_local(d))
		put_dashboard(&page, conf);
	text_put(&page, "</body>\n</html>\n", sizeof "</body>\n</html>\n");
	if (!page.failed)
		return page.p;
	text_free(&page);
	return NULL;
}

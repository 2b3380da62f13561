/* SPDX-License-Identifier: ISC */
#include "front/front_inside.h"

#include <stdlib.h>
#include <string.h>

#include "front/downstream.h"
#include "front/front_input.h"
#include "front/front_send.h"
#include "front/front_tls.h"
#include "http/http1_error.h"

/* Requests inside tunnels, with TLS or without. */

bool
front_inside(struct downstream *d, const struct http1_host *host,
    const char *user, struct tls *tls)
{
	if (user != NULL && !front_set_user(d, user)) {
		tls_free(tls);
		return false;
	}
	if ((d->inside = malloc(sizeof *d->inside)) == NULL) {
		tls_free(tls);
		return false;
	}
	*d->inside = *host;
	d->inside_tls = tls != NULL;
	d->tls_next = tls;
	return true;
}

/* What was received behind a CONNECT is the beginning of its TLS. */
static struct evbuffer *
take_early(struct downstream *d)
{
	struct evbuffer *input = bufferevent_get_input(d->bev), *early;

	if (evbuffer_get_length(input) == 0)
		return NULL;
	if ((early = evbuffer_new()) == NULL ||
	    evbuffer_remove_buffer(input, early,
	    evbuffer_get_length(input)) == -1)
		front_give_up(d);
	return early;
}

void
front_go_secure(struct downstream *d)
{
	struct evbuffer *early = take_early(d);

	front_watch(d);
	front_start_tls(d, d->tls_next, early);
	d->tls_next = NULL;
}

void
front_free_inside(struct downstream *d)
{
	free(d->inside);
	free(d->user);
}

static bool
same_host(const struct http1_host *tunnel, const struct http1_host *h)
{
	return strcmp(tunnel->name, h->name) == 0 &&
	    tunnel->kind == h->kind &&
	    (h->port == 0 || h->port == tunnel->port);
}

/*
 * In clear it may be for another host, behind the one that the tunnel goes to:
 * then it names that one, and goes on in its form.
 */
static void
pass_through(struct http1_head *h)
{
	h->to_proxy = h->form == HTTP1_ABSOLUTE_FORM;
	if (h->path.len == 1 && h->path.p[0] == '*')
		h->path.len = 0;
	h->form = HTTP1_ABSOLUTE_FORM;
}

int
front_place_inside(const struct downstream *d, struct http1_head *h,
    enum http1_error err, const char **why)
{
	bool elsewhere;

	if (err != HTTP1_OK && err != HTTP1_NOT_PROXY)
		return http1_error_status(err);
	if (h->form == HTTP1_AUTHORITY_FORM) {
		*why = "CONNECT inside a tunnel";
		return 400;
	}
	elsewhere = h->host.name[0] != '\0' &&
	    !same_host(d->inside, &h->host);
	if (elsewhere && !d->inside_tls && !h->https) {
		pass_through(h);
		return 0;
	}
	if ((h->form == HTTP1_ABSOLUTE_FORM && h->https != d->inside_tls) ||
	    elsewhere) {
		/* RFC 9110 7.4: not what the connection was made for */
		*why = "the request is for another host than its tunnel";
		return 421;
	}
	h->https = d->inside_tls;
	h->host = *d->inside;
	h->form = HTTP1_ABSOLUTE_FORM;
	if (h->path.len == 1 && h->path.p[0] == '*')
		h->path.len = 0;	/* OPTIONS *, for the host to answer */
	return 0;
}

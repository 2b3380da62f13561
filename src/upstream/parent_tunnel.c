/* SPDX-License-Identifier: ISC */
#include "upstream/parent_tunnel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"
#include "conf/conf.h"
#include "http/http1_error.h"
#include "http/http1_response.h"
#include "http/http1_scan.h"
#include "net/dial.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "net/stream.h"
#include "policy/parent.h"
#include "tls/tls_context.h"
#include "upstream/upstream_taken.h"
#include "upstream/upstream_tls.h"

/*
 * Life: the parent is dialled; then comes the handshake of TLS, where it is
 * spoken; then the CONNECT goes out and its answer is read, all of it within
 * timeouts.response; then it stands, and is taken, or listened to until then.
 * Whatever fails or refuses is told once, and nothing after it.
 */

struct parent_tunnel {
	const struct conf	*conf;
	const struct parent	*parent;
	const struct parent_tunnel_events *events;
	void			*user;
	struct loop		*loop;
	struct dial		*dial;		/* while it connects */
	struct stream		 stream;	/* once it is connected */
	struct deadline		 timer;
	bool			 asked;		/* the CONNECT was sent */
	bool			 stands;
	bool			 dead;		/* waits for burial */
	struct text		 in;		/* a head, then the host's */
	struct http1_scan	 scan;
	size_t			 interim;	/* bytes of 1xx seen */
	struct grave		 grave;
};

static void
free_tunnel(void *arg)
{
	struct parent_tunnel *p = arg;

	stream_free(&p->stream);
	text_free(&p->in);
	free(p);
}

/* Nothing of it happens any more; its memory goes by and by. */
static void
bury(struct parent_tunnel *p)
{
	p->dead = true;
	dial_cancel(p->dial);
	p->dial = NULL;
	deadline_free(&p->timer);
	loop_bury(p->loop, &p->grave, free_tunnel, p);
}

void
parent_tunnel_free(struct parent_tunnel *p)
{
	if (p == NULL || p->dead)
		return;
	stream_close(&p->stream);
	bury(p);
}

/* Nothing more is read, and no time runs out, before that is told. */
static void
stop(struct parent_tunnel *p)
{
	deadline_set(&p->timer, 0);
	if (p->stream.fd != -1)
		stream_read(&p->stream, false);
}

static void
fail(struct parent_tunnel *p, enum failure e, const char *why)
{
	stop(p);
	p->events->failed(p->user, e, why);
}

/* TLS */

int
parent_tunnel_alert(const struct parent_tunnel *p)
{
	return p->stream.tls != NULL ? tls_failure(p->stream.tls)->alert : 0;
}

static void
tls_failed(struct parent_tunnel *p)
{
	char why[UPSTREAM_TLS_WHY];
	enum failure e = upstream_tls_failure(p->stream.tls, true, why);

	fail(p, e, why);
}

/* The answer */

static void
malformed(struct parent_tunnel *p, enum http1_error error)
{
	enum failure e = FAILURE_MALFORMED;
	char buf[HTTP1_WHY];

	if (error == HTTP1_LONG_HEAD || error == HTTP1_MANY_FIELDS)
		e = FAILURE_TOO_LARGE;
	fail(p, e, http1_explain(error, &p->loop->head,
	    (unsigned)p->conf->limit_fields, buf));
}

/* Takes the head off that came first. */
static void
drop_head(struct parent_tunnel *p, size_t len)
{
	memmove(p->in.p, p->in.p + len, p->in.len - len);
	p->in.len -= len;
	memset(&p->scan, 0, sizeof p->scan);
}

/*
 * As many bytes of interim answers as one head may have.  Returns whether it
 * goes on.
 */
static bool
take_interim(struct parent_tunnel *p, size_t len)
{
	p->interim += len;
	if (p->loop->head.status == 101) {
		fail(p, FAILURE_MALFORMED, "unsolicited 101");
		return false;
	}
	if (p->interim > p->conf->limit_head) {
		fail(p, FAILURE_TOO_LARGE,
		    "interim answers beyond limits.head");
		return false;
	}
	drop_head(p, len);
	return true;
}

/* A whole head.  Returns whether another one is to follow. */
static bool
take_head(struct parent_tunnel *p, size_t len)
{
	static const struct http1_str connect = { "CONNECT", 7 };
	struct http1_head *head = &p->loop->head;
	enum http1_error error;

	error = http1_response(head, p->in.p, len, connect);
	if (head->nfields > p->conf->limit_fields)
		error = HTTP1_MANY_FIELDS;
	if (error != HTTP1_OK) {
		malformed(p, error);
		return false;
	}
	if (head->status < 200)
		return take_interim(p, len);
	stop(p);
	if (head->status < 300) {
		drop_head(p, len);
		p->stands = true;
		p->events->open(p->user);
	} else
		p->events->refused(p->user, head);
	return false;
}

/* As many heads as are whole. */
static void
take_answer(struct parent_tunnel *p)
{
	size_t end, max = p->conf->limit_head;
	bool more = true;

	while (more) {
		switch (http1_scan(&p->scan, p->in.p, p->in.len, max, max,
		    &end)) {
		case HTTP1_MORE:
			more = false;
			break;
		case HTTP1_FAILED:
			malformed(p, p->scan.error);
			more = false;
			break;
		case HTTP1_DONE:
			more = take_head(p, end);
			break;
		}
	}
}

/* What the parent has sent, in the loop's scratch. */
static void
take_bytes(struct parent_tunnel *p, size_t n)
{
	if (n == 0)
		return;
	text_put(&p->in, p->loop->scratch, n);
	if (p->in.failed)
		fail(p, FAILURE_NO_MEMORY, "out of memory");
	else if (!p->asked)
		fail(p, FAILURE_MALFORMED, "bytes before the request");
	else
		take_answer(p);
}

/* Asking */

static void
ask(struct parent_tunnel *p)
{
	struct text head = { 0 };
	struct iovec v;

	p->asked = true;
	p->events->ask(p->user, &head);
	if (head.failed) {
		fail(p, FAILURE_NO_MEMORY, "out of memory");
	} else {
		/* where that fails, reading tells */
		v = (struct iovec){ head.p, head.len };
		(void)stream_send(&p->stream, &v, 1);
		deadline_set(&p->timer, loop_now() +
		    p->conf->timeout_response);
	}
	text_free(&head);
}

/* Reading */

static void
ended(struct parent_tunnel *p, const char *why)
{
	char text[128];

	if (!p->asked) {
		fail(p, FAILURE_TLS_PROTOCOL, "the parent closed the "
		    "connection in the TLS handshake");
		return;
	}
	snprintf(text, sizeof text, "%s%s%s", p->in.len > 0 ? "in its head" :
	    "nothing had come", why != NULL ? ", " : "",
	    why != NULL ? why : "");
	fail(p, FAILURE_CLOSED, text);
}

/*
 * It is to be told once, and what has come stays with it.  Whoever takes a
 * connection that is of no more use finds it cut off.
 */
static void
hear(struct parent_tunnel *p, enum stream_io io, size_t n)
{
	text_put(&p->in, p->loop->scratch, n);
	if (n == 0 && io == STREAM_NOTHING)
		return;		/* TLS among itself */
	stop(p);
	if (p->in.failed || io == STREAM_TLS_FAILED)
		(void)shutdown(p->stream.fd, SHUT_RDWR);
	p->events->heard(p->user);
}

/* How the connection has ended, if it has. */
static void
take_end(struct parent_tunnel *p, enum stream_io io)
{
	switch (io) {
	case STREAM_ALL:
	case STREAM_NOTHING:
		break;
	case STREAM_END:
		ended(p, NULL);
		break;
	case STREAM_CUT:
		ended(p, "cut off");
		break;
	case STREAM_RESET:
		ended(p, p->stream.tls != NULL ? "cut off" : strerror(errno));
		break;
	case STREAM_TLS_FAILED:
		tls_failed(p);
		break;
	}
}

static void
readable_cb(void *arg)
{
	struct parent_tunnel *p = arg;
	enum stream_io io;
	size_t n;

	/* without TLS whoever takes the socket finds out what there is */
	if (p->stands && p->stream.tls == NULL) {
		stop(p);
		p->events->heard(p->user);
		return;
	}
	io = stream_receive(&p->stream, p->conf->limit_head, &n);
	if (p->stands) {
		hear(p, io, n);
		return;
	}
	take_bytes(p, n);
	if (p->dead || !p->stream.reading)
		return;		/* it was told how it ends */
	take_end(p, io);
	if (p->dead || !p->stream.reading)
		return;
	if (!p->asked && tls_ready(p->stream.tls))
		ask(p);
}

static void
written_cb(void *arg)
{
	(void)arg;		/* where sending has failed, reading tells */
}

static const struct stream_events stream_events = {
	.readable = readable_cb,
	.written = written_cb,
};

/* Connecting */

static void
start_tls(struct parent_tunnel *p)
{
	struct loop *l = p->loop;
	enum tls_result result;
	struct tls *tls;
	size_t n;

	tls = tls_contexts_connect_parent(p->conf, p->parent, &l->wire);
	if (tls == NULL) {
		fail(p, FAILURE_NO_MEMORY, "TLS");
		return;
	}
	stream_start_tls(&p->stream, tls,
	    TLS_WIRE_MAX * p->conf->limit_buffer, NULL);
	deadline_set(&p->timer, loop_now() + p->conf->timeout_header);
	result = tls_read(tls, NULL, 0, l->scratch, sizeof l->scratch, &n);
	(void)stream_flush_wire(&p->stream);
	if (result != TLS_OK)
		tls_failed(p);
}

static void
dialled_cb(void *arg, const struct dialled *d)
{
	struct parent_tunnel *p = arg;

	p->dial = NULL;
	if (d->fd == -1) {
		fail(p, d->why, d->detail);
		return;
	}
	stream_open(&p->stream, p->loop, d->fd, &stream_events, p);
	stream_read(&p->stream, true);
	if (p->parent->tls)
		start_tls(p);
	else
		ask(p);
}

static void
timer_cb(void *arg)
{
	struct parent_tunnel *p = arg;

	if (p->asked)
		fail(p, FAILURE_TIMEOUT, failure_answer(FAILURE_TIMEOUT)->
		    detail);
	else
		fail(p, FAILURE_TLS_TIMEOUT, "TLS handshake");
}

struct parent_tunnel *
parent_tunnel_new(const struct dialer *dialer, const struct conf *conf,
    const struct parent *parent, const struct dial_client *client,
    const struct parent_tunnel_events *events, void *user)
{
	struct dial_client to_parent = *client;
	struct parent_tunnel *p;

	if ((p = calloc(1, sizeof *p)) == NULL)
		return NULL;
	p->conf = conf;
	p->parent = parent;
	p->events = events;
	p->user = user;
	p->loop = dialer->loop;
	p->stream.fd = -1;
	deadline_init(&p->timer, p->loop, timer_cb, p);
	to_parent.to_parent = true;
	p->dial = dial_start(dialer, &parent->host, &to_parent, dialled_cb, p);
	if (p->dial != NULL)
		return p;
	free(p);
	return NULL;
}

/* What stands */

bool
parent_tunnel_spoken(const struct parent_tunnel *p)
{
	return p->in.len > 0;
}

void
parent_tunnel_listen(struct parent_tunnel *p)
{
	stream_read(&p->stream, true);
}

void
parent_tunnel_take(struct parent_tunnel *p, struct upstream_taken *t)
{
	*t = (struct upstream_taken){
		.fd = stream_release(&p->stream),
		.tls = p->stream.tls,
		.rest = p->in.p,
		.len = p->in.len,
	};
	p->stream.tls = NULL;
	bury(p);
}

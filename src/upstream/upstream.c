/* SPDX-License-Identifier: ISC */
#include "upstream/upstream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "net/dial.h"
#include "policy/destination_list.h"
#include "tls/tls_context.h"
#include "upstream/connection.h"
#include "upstream/pool.h"
#include "upstream/upstream_response.h"

/*
 * Life: upstream_open() finds an idle connection or dials, and where TLS is due
 * goes through its handshake; a request is sent and its response read;
 * upstream_release() puts the connection into the pool, where it waits with its
 * read event on, so that an origin that closes it, or says something nobody
 * asked for, ends it.
 */

#define READS		4	/* recv() calls before others have a turn */
#define SECOND		1000000000ULL	/* ns */
/* Idle for no longer, a connection is not likely to be about to end. */
#define YOUNG		SECOND

/* TLS has failed, in the handshake or later. */
static void
tls_failed(struct upstream *u)
{
	static const struct {
		enum failure	 error;
		const char		*what;
	} kinds[] = {
		[TLS_CERTIFICATE] = { FAILURE_TLS_CERTIFICATE,
		    "the host's certificate was not accepted" },
		[TLS_ALERT] = { FAILURE_TLS_ALERT,
		    "the host sent a TLS alert" },
		[TLS_PROTOCOL] = { FAILURE_TLS_PROTOCOL,
		    "TLS with the host failed" },
	};
	const struct tls_failure *f = tls_failure(u->stream.tls);
	char why[256];

	if (u->events == NULL) {
		upstream_close(u);
		return;
	}
	snprintf(why, sizeof why, "%s: %s", kinds[f->kind].what, f->text);
	upstream_fail(u, kinds[f->kind].error, why);
}

int
upstream_alert(const struct upstream *u)
{
	return u->stream.tls != NULL ? tls_failure(u->stream.tls)->alert : 0;
}

static void
end_of_input(struct upstream *u, const char *why)
{
	if (u->events == NULL)
		upstream_close(u);
	else if (!u->ready)
		upstream_fail(u, FAILURE_TLS_PROTOCOL,
		    "the host closed the connection in the TLS handshake");
	else
		upstream_feed_end(u, why);
}

static void
become_ready(struct upstream *u)
{
	u->ready = true;
	deadline_set(&u->timer, 0);
	u->events->connected(u->user);
}

static void
take_bytes(struct upstream *u, size_t n)
{
	if (n == 0)
		return;
	if (u->events == NULL)
		upstream_close(u);	/* nobody has asked */
	else if (!u->ready)
		upstream_fail(u, FAILURE_MALFORMED, "bytes before the request");
	else
		upstream_feed(u, u->upstreams->loop->scratch, n);
}

/* One recv(), and what comes of it; false: no use to go on. */
static bool
read_once(struct upstream *u, size_t size)
{
	struct stream *s = &u->stream;
	enum stream_io io;
	size_t n;

	io = stream_receive(s, size, &n);
	take_bytes(u, n);
	if (u->dead)
		return false;
	switch (io) {
	case STREAM_ALL:
	case STREAM_NOTHING:
		break;
	case STREAM_END:
		end_of_input(u, NULL);
		return false;
	case STREAM_CUT:
		end_of_input(u, "cut off");
		return false;
	case STREAM_RESET:
		end_of_input(u, s->tls != NULL ? "cut off" : strerror(errno));
		return false;
	case STREAM_TLS_FAILED:
		tls_failed(u);
		return false;
	}
	if (!u->ready && tls_ready(s->tls))
		become_ready(u);
	if (u->events == NULL && stream_pending(s) > 0)
		upstream_close(u);	/* idle, and does not read */
	return io == STREAM_ALL;
}

static void
readable_cb(void *arg)
{
	struct upstream *u = arg;
	size_t size = memory_piece(u->upstreams->loop->memory,
	    u->upstreams->conf->limit_buffer / 2);
	int i;

	for (i = 0; i < READS && !u->dead && !u->paused; i++) {
		if (!read_once(u, size))
			return;
	}
}

/*
 * Where sending has failed, a response may have come before all the same;
 * reading will tell, and finds the end of the connection if there is none.
 */
static void
written_cb(void *arg)
{
	struct upstream *u = arg;

	if (!u->stream.broken && u->events != NULL && u->ready)
		u->events->sendable(u->user);
}

static const struct stream_events stream_events = {
	.readable = readable_cb,
	.written = written_cb,
};

void
upstream_resume(struct upstream *u)
{
	if (!u->paused)
		return;
	u->paused = false;
	stream_read(&u->stream, true);
}

/* The request */

void
upstream_begin(struct upstream *u, struct http1_str method,
    const struct conf *conf)
{
	u->method = method;
	u->max_head = conf->limit_head;
	u->max_fields = (unsigned)conf->limit_fields;
	u->began = loop_now();
	u->sent = u->stream.sent;
	u->silent = true;
	u->in_body = u->complete = u->surplus = false;
	u->interim = 0;
	memset(&u->scan, 0, sizeof u->scan);
}

void
upstream_send(struct upstream *u, struct iovec *v, int n)
{
	(void)stream_send(&u->stream, v, n);
}

size_t
upstream_pending(const struct upstream *u)
{
	return stream_pending(&u->stream);
}

bool
upstream_reused(const struct upstream *u)
{
	return u->reused;
}

bool
upstream_broken(const struct upstream *u)
{
	return u->stream.broken;
}

bool
upstream_unsent(const struct upstream *u)
{
	return u->stream.sent == u->sent;
}

bool
upstream_silent(const struct upstream *u)
{
	return u->silent;
}

/* Connections */

static void
timer_cb(void *arg)
{
	struct upstream *u = arg;

	if (u->events == NULL)
		upstream_close(u);
	else
		upstream_fail(u, FAILURE_TLS_TIMEOUT, "TLS handshake");
}

static void
free_upstream(void *arg)
{
	struct upstream *u = arg;

	stream_free(&u->stream);
	free(u->stash);
	free(u);
}

void
upstream_close(struct upstream *u)
{
	if (u->dead)
		return;
	u->dead = true;
	u->events = NULL;
	u->user = NULL;
	if (u->origin != NULL)
		pool_remove(u->upstreams->pool, u);
	dial_cancel(u->dial);
	u->dial = NULL;
	http1_chunked_free(&u->chunked);
	deadline_free(&u->timer);
	stream_close(&u->stream);
	loop_bury(u->upstreams->loop, &u->grave, free_upstream, u);
}

static void
set_socket(struct upstream *u, int fd)
{
	stream_open(&u->stream, u->upstreams->loop, fd, &stream_events, u);
	stream_read(&u->stream, true);
}

static void
start_tls(struct upstream *u)
{
	struct upstreams *all = u->upstreams;
	struct loop *l = all->loop;
	enum tls_result result;
	struct tls *tls;
	size_t n;

	tls = tls_contexts_connect(u->tls_conf, u->tls_rule, &u->host,
	    &l->wire);
	u->tls_conf = NULL;
	u->tls_rule = NULL;
	if (tls == NULL) {
		upstream_fail(u, FAILURE_NO_MEMORY, "TLS");
		return;
	}
	stream_start_tls(&u->stream, tls,
	    TLS_WIRE_MAX * all->conf->limit_buffer, NULL);
	deadline_set(&u->timer, loop_now() + all->conf->timeout_header);
	result = tls_read(tls, NULL, 0, l->scratch, sizeof l->scratch, &n);
	(void)stream_flush_wire(&u->stream);
	if (result != TLS_OK)
		tls_failed(u);
}

static void
dialled_cb(void *arg, const struct dialled *d)
{
	struct upstream *u = arg;

	u->dial = NULL;
	if (d->fd == -1) {
		upstream_fail(u, d->why, d->detail);
		return;
	}
	set_socket(u, d->fd);
	if (u->tls_conf != NULL)
		start_tls(u);
	else
		become_ready(u);
}

/*
 * Whether an idle connection has nothing to say, not even that it ended, as far
 * as the loop knows: bytes that nobody has asked for would be taken for the
 * response.  Where its event is due, what has come is looked at now: TLS may
 * have tickets for us.
 */
static bool
is_quiet(struct upstream *u)
{
	if (stream_is_due(&u->stream))
		readable_cb(u);
	return !u->dead;
}

static struct upstream *
find_idle(struct upstreams *all, const struct http1_host *host,
    const struct pool_kind *kind, enum upstream_idle which)
{
	uint64_t now = loop_now();
	struct upstream *u;
	bool old;

	while (which != UPSTREAM_NONE &&
	    (u = pool_get(all->pool, host, kind, now)) != NULL) {
		old = which == UPSTREAM_YOUNG && now - u->idle_since >= YOUNG;
		if (!old && is_quiet(u))
			return u;
		upstream_close(u);
		if (old)
			break;	/* the others are older; a new one follows */
	}
	return NULL;
}

static struct upstream *
new_upstream(struct upstreams *all, const struct http1_host *host)
{
	struct upstream *u;

	if ((u = calloc(1, sizeof *u)) == NULL)
		return NULL;
	u->upstreams = all;
	u->host = *host;
	u->stream.fd = -1;
	u->patience = u->more = UINT64_MAX;
	deadline_init(&u->timer, all->loop, timer_cb, u);
	return u;
}

struct upstream *
upstream_open(struct upstreams *all, const struct upstream_target *to,
    enum upstream_idle which, const struct upstream_events *events,
    void *user)
{
	const struct pool_kind kind = {
		.tls_settings_id = to->conf != NULL ? (uint32_t)
		    tls_contexts_settings_id(to->conf, to->rule) : 0,
		.destinations_id = all->destinations_id,
		.stranger = to->client.stranger,
	};
	struct upstream *u;

	if ((u = find_idle(all, &to->host, &kind, which)) != NULL) {
		deadline_set(&u->timer, 0);
		u->events = events;
		u->user = user;
		u->reused = true;
		return u;
	}
	if ((u = new_upstream(all, &to->host)) == NULL)
		return NULL;
	u->kind = kind;
	u->tls_conf = to->conf;
	u->tls_rule = to->rule;
	u->events = events;
	u->user = user;
	if ((u->dial = dial_start(all->dialer, &u->host, &to->client,
	    dialled_cb, u)) == NULL) {
		free(u);
		return NULL;
	}
	return u;
}

static void
become_idle(struct upstream *u)
{
	struct upstreams *all = u->upstreams;
	uint64_t now = loop_now();

	u->idle_since = now;
	u->idle_until = u->patience < UINT64_MAX - now ? now + u->patience :
	    UINT64_MAX;
	deadline_set(&u->timer, now + all->conf->timeout_idle);
	pool_put(all->pool, u);
}

void
upstream_adopt(struct upstreams *all, const struct http1_host *host,
    bool stranger, int fd)
{
	struct upstream *u;

	if (all->draining || (u = new_upstream(all, host)) == NULL) {
		close(fd);
		return;
	}
	u->kind.destinations_id = all->destinations_id;
	u->kind.stranger = stranger;
	u->ready = true;
	set_socket(u, fd);
	become_idle(u);
}

bool
upstream_ready(const struct upstream *u)
{
	return u->ready;
}

void
upstream_release(struct upstream *u)
{
	const struct tls *tls = u->stream.tls;

	if (!u->complete || u->surplus || !u->keep_alive || u->stream.broken ||
	    (tls != NULL && tls_ended(tls)) || upstream_pending(u) > 0 ||
	    u->body == HTTP1_UNTIL_CLOSE || u->upstreams->draining ||
	    u->patience == 0 || u->more == 0) {
		upstream_close(u);
		return;
	}
	u->events = NULL;
	u->user = NULL;
	http1_chunked_free(&u->chunked);
	upstream_resume(u);
	u->stash_len = 0;
	become_idle(u);
}

bool
upstream_take(struct upstream *u, struct upstream_taken *t)
{
	if (upstream_pending(u) > 0 || u->stream.broken)
		return false;
	t->tls = u->stream.tls;
	t->rest = u->rest;
	t->len = u->rest_len;
	t->fd = stream_release(&u->stream);
	u->stream.tls = NULL;
	upstream_close(u);
	return true;
}

/* All of a thread */

struct upstreams *
upstreams_new(struct loop *loop, const struct dialer *dialer,
    const struct conf *conf)
{
	struct upstreams *all;

	if ((all = calloc(1, sizeof *all)) == NULL)
		return NULL;
	all->loop = loop;
	all->dialer = dialer;
	all->conf = conf;
	if ((all->pool = pool_new(upstream_close)) == NULL) {
		free(all);
		return NULL;
	}
	return all;
}

void
upstreams_reload(struct upstreams *all, const struct conf *conf)
{
	/* where others may go now, those that are idle are not used again */
	if (!destinations_same(&all->conf->destinations, &conf->destinations))
		all->destinations_id++;
	all->conf = conf;
}

void
upstreams_drain(struct upstreams *all)
{
	all->draining = true;
}

void
upstreams_free(struct upstreams *all)
{
	pool_free(all->pool);
	free(all);
}

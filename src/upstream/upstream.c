/* SPDX-License-Identifier: ISC */
#include "upstream/upstream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sum.h"
#include "net/dial.h"
#include "policy/destination_list.h"
#include "policy/parent.h"
#include "tls/tls.h"
#include "tls/tls_context.h"
#include "upstream/connection.h"
#include "upstream/parent_tunnel.h"
#include "upstream/pool.h"
#include "upstream/upstream_connect.h"
#include "upstream/upstream_response.h"
#include "upstream/upstream_tls.h"

/*
 * Life: upstream_open() finds an idle connection or dials, and where TLS is due
 * goes through its handshake; a request is sent and its response read;
 * upstream_release() puts the connection into the pool, where it waits with its
 * read event on, so that an origin that closes it, or says something nobody
 * asked for, ends it.
 */

#define LITTLE		8192	/* bytes of a piece, where that is asked for */
#define SECOND		1000000000ULL	/* ns */
/* Idle for no longer, a connection is not likely to be about to end. */
#define YOUNG		SECOND

/* TLS has failed, in the handshake or later. */
static void
tls_failed(struct upstream *u)
{
	char why[UPSTREAM_TLS_WHY];
	enum failure e;

	if (u->events == NULL) {
		upstream_close(u);
		return;
	}
	e = upstream_tls_failure(u->stream.tls, u->at_parent, why);
	upstream_fail(u, e, why);
}

int
upstream_alert(const struct upstream *u)
{
	if (u->tunnel != NULL)
		return parent_tunnel_alert(u->tunnel);
	return u->stream.tls != NULL ? tls_failure(u->stream.tls)->alert : 0;
}

bool
upstream_at_parent(const struct upstream *u)
{
	return u->at_parent;
}

static void
end_of_input(struct upstream *u, const char *why)
{
	if (u->events == NULL)
		upstream_close(u);
	else if (!u->ready)
		upstream_fail(u, FAILURE_TLS_PROTOCOL, u->at_parent ?
		    "the parent proxy closed the connection in the TLS "
		    "handshake" :
		    "the host closed the connection in the TLS handshake");
	else
		upstream_feed_end(u, why);
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

/* One recv() before others have a turn: more would save next to nothing. */
static void
readable_cb(void *arg)
{
	struct upstream *u = arg;
	struct stream *s = &u->stream;
	size_t n, size = memory_piece(s->memory,
	    u->upstreams->conf->limit_buffer / 2);
	enum stream_io io;

	if (u->little && size > LITTLE)
		size = LITTLE;
	io = stream_receive(s, size, &n);
	take_bytes(u, n);
	if (u->dead)
		return;
	switch (io) {
	case STREAM_ALL:
	case STREAM_NOTHING:
		break;
	case STREAM_END:
		end_of_input(u, NULL);
		return;
	case STREAM_CUT:
		end_of_input(u, "cut off");
		return;
	case STREAM_RESET:
		end_of_input(u, s->tls != NULL ? "cut off" : strerror(errno));
		return;
	case STREAM_TLS_FAILED:
		tls_failed(u);
		return;
	}
	if (!u->ready && tls_ready(s->tls))
		upstream_connected(u);
	if (u->events == NULL && stream_pending(s) > 0)
		upstream_close(u);	/* idle, and does not read */
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
upstream_read_little(struct upstream *u, bool little)
{
	u->little = little;
}

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
    struct memory_holder *holder, const struct conf *conf)
{
	stream_charge(&u->stream, holder);
	u->method = method;
	u->max_head = conf->limit_head;
	u->max_fields = (unsigned)conf->limit_fields;
	u->began = loop_now();
	u->sent = u->stream.sent;
	u->silent = true;
	u->in_body = u->complete = u->surplus = u->little = false;
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

bool
upstream_has_begun(const struct upstream *u)
{
	return u->interim > 0;
}

bool
upstream_was_read(const struct upstream *u)
{
	return stream_arrived(&u->stream);
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
	pool_remove(u->upstreams->pool, u);
	dial_cancel(u->dial);
	u->dial = NULL;
	parent_tunnel_free(u->tunnel);
	u->tunnel = NULL;
	http1_chunked_free(&u->chunked);
	deadline_free(&u->timer);
	stream_close(&u->stream);
	loop_bury(u->upstreams->loop, &u->grave, free_upstream, u);
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

static struct pool_kind
kind_of(const struct upstreams *all, const struct upstream_target *to)
{
	struct pool_kind kind = { .by_tunnel = to->by_tunnel };

	if (to->parent != NULL)
		kind.parent_id = to->parent->id;
	/* everybody may use the parent */
	if (upstream_is_shared(to)) {
		kind.tls_settings_id = (uint32_t)tls_contexts_parent_id(
		    to->conf, to->parent);
		return kind;
	}
	kind.destinations_id = all->destinations_id;
	kind.stranger = to->client.stranger;
	if (to->rule != NULL)
		kind.tls_settings_id = (uint32_t)tls_contexts_settings_id(
		    to->conf, to->rule);
	return kind;
}

void
upstream_bind(struct upstream *u, uint64_t owner)
{
	if (u->kind.owner == owner)
		return;
	pool_remove(u->upstreams->pool, u);
	u->kind.owner = owner;
}

void
upstreams_part(struct upstreams *all, uint64_t owner)
{
	pool_part(all->pool, owner);
}

/*
 * First one of the owner's own, where the host knows him; a step of signing in
 * goes on over that one alone, however long it was idle.
 */
static struct upstream *
find_own_or_idle(struct upstreams *all, const struct upstream_target *to,
    const struct http1_host *host, struct pool_kind kind,
    enum upstream_idle which)
{
	struct upstream *u = NULL;

	kind.owner = to->owner;
	if (to->owner != 0 && which != UPSTREAM_NONE)
		u = find_idle(all, host, &kind, to->signs_in ? UPSTREAM_ANY :
		    which);
	kind.owner = 0;
	return u != NULL ? u : find_idle(all, host, &kind, which);
}

struct upstream *
upstream_open(struct upstreams *all, const struct upstream_target *to,
    enum upstream_idle which, const struct upstream_events *events,
    void *user)
{
	const struct http1_host *host = upstream_is_shared(to) ?
	    &to->parent->host : &to->host;
	struct pool_kind kind = kind_of(all, to);
	struct upstream *u;

	if ((u = find_own_or_idle(all, to, host, kind, which)) != NULL) {
		deadline_set(&u->timer, 0);
		u->events = events;
		u->user = user;
		u->reused = true;
		return u;
	}
	if ((u = new_upstream(all, host)) == NULL)
		return NULL;
	u->kind = kind;
	u->events = events;
	u->user = user;
	if (upstream_connect(u, to))
		return u;
	free(u);
	return NULL;
}

static void
become_idle(struct upstream *u)
{
	struct upstreams *all = u->upstreams;
	uint64_t now = loop_now();

	u->idle_since = now;
	u->idle_until = sum(now, u->patience);
	deadline_set(&u->timer, now + all->conf->timeout_idle);
	pool_put(all->pool, u);
}

void
upstream_adopt(struct upstreams *all, const struct http1_host *host,
    const struct parent *parent, bool stranger, struct upstream_taken *t)
{
	struct upstream *u;

	if (all->draining || t->len > 0 ||
	    (u = new_upstream(all, host)) == NULL) {
		upstream_taken_drop(t);
		return;
	}
	u->kind.destinations_id = all->destinations_id;
	u->kind.stranger = stranger;
	if (parent != NULL) {
		u->kind.parent_id = parent->id;
		u->kind.by_tunnel = true;
	}
	u->ready = true;
	upstream_attach(u, t->fd, t->tls);
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
	stream_charge(&u->stream, &u->upstreams->loop->memory->nobody);
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
	t->tls_below = u->stream.tls_below;
	t->rest = u->rest;
	t->len = u->rest_len;
	t->fd = stream_release(&u->stream);
	u->stream.tls = u->stream.tls_below = NULL;
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
	all->stream_events = &stream_events;
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

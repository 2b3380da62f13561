/* SPDX-License-Identifier: ISC */
#include "upstream/upstream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "http/http1_error.h"
#include "http/http1_keep_alive.h"
#include "http/http1_response.h"
#include "net/dial.h"
#include "upstream/pool.h"
#include "tls/tls_context.h"
#include "upstream/upstream_internal.h"

/*
 * Life: upstream_open() finds an idle connection or dials, and where TLS is due
 * goes through its handshake; a request is sent and its response
 * read; upstream_release() puts the connection
 * into the pool, where it waits with its read event on, so that an origin that
 * closes it, or says something nobody asked for, ends it.
 */

#define READS		4	/* recv() calls before others have a turn */
#define SECOND		1000000000ULL	/* ns */
/* Idle for no longer, a connection is not likely to be about to end. */
#define YOUNG		SECOND

/* The response */

/* The bytes at hand are done with the response. */
static void
complete(struct upstream *u)
{
	u->complete = true;
	u->events->done(u->user, NULL);
}

static void
fail(struct upstream *u, enum failure e, const char *why)
{
	u->events->failed(u->user, e, why);
}

/* Its response was not understood. */
static void
malformed(struct upstream *u, enum http1_error error)
{
	enum failure e = FAILURE_MALFORMED;
	char buf[HTTP1_WHY];

	switch (error) {
	case HTTP1_BAD_CODING:
	case HTTP1_BAD_CHUNK:
	case HTTP1_BAD_CHUNK_EXT:
	case HTTP1_BAD_CHUNK_END:
	case HTTP1_MANY_CODINGS:
	case HTTP1_OLD_CODING:
	case HTTP1_UNKNOWN_CODING:
		e = FAILURE_CODING;
		break;
	case HTTP1_LONG_HEAD:
	case HTTP1_MANY_FIELDS:
		e = FAILURE_TOO_LARGE;
		break;
	case HTTP1_LONG_TRAILERS:
		e = FAILURE_LONG_TRAILERS;
		break;
	default:
		break;
	}
	fail(u, e, http1_explain(error, &u->upstreams->loop->head, u->max_fields, buf));
}

static void
complete_chunked(struct upstream *u)
{
	struct http1_head *trailers = &u->upstreams->loop->head;
	enum http1_error err = http1_trailers(trailers, &u->chunked);

	if (err != HTTP1_OK) {
		malformed(u, err);
		return;
	}
	u->complete = true;
	u->events->done(u->user, trailers);
}

static void
take_chunked(struct upstream *u, const char *p, size_t n)
{
	struct http1_str data;
	size_t used, off = 0;

	while (off < n && !u->dead) {
		data.len = 0;
		switch (http1_chunked(&u->chunked, p + off, n - off, &used,
		    &data)) {
		case HTTP1_FAILED:
			malformed(u, u->chunked.error);
			return;
		case HTTP1_DONE:
			u->surplus = off + used < n;
			complete_chunked(u);
			return;
		case HTTP1_MORE:
			if (data.len > 0)
				u->events->data(u->user, data.p, data.len);
			break;
		}
		off += used;
	}
}

static void
take_body(struct upstream *u, const char *p, size_t n)
{
	size_t take;

	switch (u->body) {
	case HTTP1_LENGTH:
		take = n > u->left ? (size_t)u->left : n;
		u->left -= take;
		u->surplus = take < n;
		if (take > 0)
			u->events->data(u->user, p, take);
		if (u->left == 0 && !u->dead)
			complete(u);
		break;
	case HTTP1_CHUNKED:
		take_chunked(u, p, n);
		break;
	case HTTP1_UNTIL_CLOSE:
		if (n > 0)
			u->events->data(u->user, p, n);
		break;
	case HTTP1_NO_BODY:
		u->surplus = n > 0;
		complete(u);
		break;
	}
}

/* As many bytes as a head may have, and again for each second of waiting. */
static bool
too_much_interim(struct upstream *u, size_t len)
{
	uint64_t seconds = (loop_now() - u->began) / SECOND;

	u->interim += len;
	return u->interim / u->max_head > seconds;
}

/*
 * What the host says of how long it keeps an idle connection.  Its time began
 * before ours, and its end takes time to arrive.
 */
static void
heed_keep_alive(struct upstream *u, const struct http1_head *head)
{
	struct http1_keep_alive k;

	http1_keep_alive(head, &k);
	if (k.timeout != UINT64_MAX)
		u->patience = k.timeout < 2 ? k.timeout * SECOND / 2 :
		    (k.timeout - 1) * SECOND;
	if (u->more != UINT64_MAX && u->more > 0)
		u->more--;
	if (k.max < u->more)
		u->more = k.max;
}

/* A whole head; false when there is nothing more to read of these bytes. */
static bool
take_head(struct upstream *u, const char *p, size_t len)
{
	struct http1_head *head = &u->upstreams->loop->head;
	enum http1_error err;

	err = http1_response(head, p, len, u->method);
	memset(&u->scan, 0, sizeof u->scan);
	if (head->nfields > u->max_fields)
		err = HTTP1_MANY_FIELDS;
	if (err != HTTP1_OK) {
		malformed(u, err);
		return false;
	}
	if (head->status < 200 && too_much_interim(u, len)) {
		fail(u, FAILURE_TOO_LARGE,
		    "interim answers beyond limits.head");
		return false;
	}
	if (head->status >= 200) {
		u->in_body = true;
		u->body = head->body;
		u->left = head->length;
		u->keep_alive = head->keep_alive;
		heed_keep_alive(u, head);
		if (u->body == HTTP1_CHUNKED)
			http1_chunked_init(&u->chunked, true);
	}
	u->events->response(u->user, head);
	return !u->dead;
}

/*
 * Takes all heads that are whole (interim ones come first), then the body.
 * Returns how many bytes are left over: a head's beginning.
 */
static size_t
take_response(struct upstream *u, const char *p, size_t n)
{
	size_t end, max = u->max_head;

	while (!u->in_body) {
		switch (http1_scan(&u->scan, p, n, max, max, &end)) {
		case HTTP1_MORE:
			return n;
		case HTTP1_FAILED:
			malformed(u, u->scan.error);
			return 0;
		case HTTP1_DONE:
			break;
		}
		u->rest = p + end;
		u->rest_len = n - end;
		if (!take_head(u, p, end))
			return 0;
		p += end;
		n -= end;
	}
	take_body(u, p, n);
	return 0;
}

static bool
grow_stash(struct upstream *u, size_t size)
{
	char *p;

	if (size <= u->stash_size)
		return true;
	if (size < 1024)
		size = 1024;
	if ((p = realloc(u->stash, size * 2)) == NULL)
		return false;
	u->stash = p;
	u->stash_size = size * 2;
	return true;
}

static void
feed(struct upstream *u, const char *p, size_t n)
{
	void *user = u->user;
	size_t left;
	bool stashed = u->stash_len > 0;

	u->silent = false;
	if (u->complete) {
		u->surplus = true;
		return;
	}
	if (stashed && !u->in_body) {
		if (!grow_stash(u, u->stash_len + n)) {
			fail(u, FAILURE_NO_MEMORY, "out of memory");
			return;
		}
		memcpy(u->stash + u->stash_len, p, n);
		p = u->stash;
		n += u->stash_len;
	}
	left = take_response(u, p, n);
	if (!u->dead && u->user == user && !u->complete &&
	    !u->events->flush(user)) {
		u->paused = true;
		event_del(&u->read_ev);
	}
	if (u->dead || u->user != user)
		return;
	if (left > 0 && !stashed) {
		if (!grow_stash(u, left)) {
			fail(u, FAILURE_NO_MEMORY, "out of memory");
			return;
		}
	}
	if (left > 0)
		memmove(u->stash, p + n - left, left);
	u->stash_len = left;
}

/* How far its response had come. */
static void
cut_short(struct upstream *u, const char *why)
{
	char text[128];

	snprintf(text, sizeof text, "%s%s%s", u->silent ? "nothing had come" :
	    u->in_body ? "in its body" : "in its head",
	    why != NULL ? ", " : "", why != NULL ? why : "");
	fail(u, FAILURE_CLOSED, text);
}

static void
end_of_input(struct upstream *u, const char *why)
{
	if (u->events == NULL)
		upstream_close(u);
	else if (!u->ready)
		fail(u, FAILURE_TLS_PROTOCOL,
		    "the host closed the connection in the TLS handshake");
	else if (u->in_body && u->body == HTTP1_UNTIL_CLOSE &&
	    why == NULL && !u->broken)
		complete(u);
	else
		cut_short(u, why);
}

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
	const struct tls_failure *f = tls_failure(u->tls);
	char why[256];

	if (u->events == NULL) {
		upstream_close(u);
		return;
	}
	snprintf(why, sizeof why, "%s: %s", kinds[f->kind].what, f->text);
	fail(u, kinds[f->kind].error, why);
}

int
upstream_alert(const struct upstream *u)
{
	return u->tls != NULL ? tls_failure(u->tls)->alert : 0;
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
		fail(u, FAILURE_MALFORMED, "bytes before the request");
	else
		feed(u, u->upstreams->loop->scratch, n);
}

/* One recv(), and what comes of it; false: no use to go on. */
static bool
read_once(struct upstream *u, size_t size)
{
	size_t n;
	enum upstream_io io = upstream_receive(u, size, &n);

	take_bytes(u, n);
	if (u->dead)
		return false;
	switch (io) {
	case UPSTREAM_IO_ALL:
	case UPSTREAM_IO_NOTHING:
		break;
	case UPSTREAM_IO_END:
		end_of_input(u, NULL);
		return false;
	case UPSTREAM_IO_CUT:
		end_of_input(u, u->tls != NULL ? "cut off" : strerror(errno));
		return false;
	case UPSTREAM_IO_TLS:
		tls_failed(u);
		return false;
	}
	if (!u->ready && tls_ready(u->tls))
		become_ready(u);
	return io == UPSTREAM_IO_ALL && u->events != NULL;
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	struct upstream *u = arg;
	size_t size = memory_piece(u->upstreams->loop->memory,
	    u->upstreams->conf->limit_buffer / 2);
	int i;

	(void)fd;
	(void)what;
	for (i = 0; i < READS && !u->dead && !u->paused; i++) {
		if (!read_once(u, size))
			return;
	}
}

void
upstream_resume(struct upstream *u)
{
	if (!u->paused)
		return;
	u->paused = false;
	event_add(&u->read_ev, NULL);
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
	u->sent = 0;
	u->silent = true;
	u->in_body = u->complete = u->surplus = false;
	u->interim = 0;
	memset(&u->scan, 0, sizeof u->scan);
}

bool
upstream_reused(const struct upstream *u)
{
	return u->reused;
}

bool
upstream_broken(const struct upstream *u)
{
	return u->broken;
}

bool
upstream_unsent(const struct upstream *u)
{
	return u->sent == 0;
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
		fail(u, FAILURE_TLS_TIMEOUT, "TLS handshake");
}

static void
free_upstream(void *arg)
{
	struct upstream *u = arg;

	tls_free(u->tls);
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
	if (u->fd != -1) {
		if (!u->paused)
			event_del(&u->read_ev);
		upstream_hang_up(u);
	}
	loop_bury(u->upstreams->loop, &u->grave, free_upstream, u);
}

static void
set_socket(struct upstream *u, int fd)
{
	u->fd = fd;
	event_assign(&u->read_ev, u->upstreams->loop->base, fd, EV_READ | EV_PERSIST,
	    read_cb, u);
	upstream_io_init(u);
	event_add(&u->read_ev, NULL);
}

static void
start_tls(struct upstream *u)
{
	struct upstreams *all = u->upstreams;
	struct loop *l = all->loop;
	enum tls_result result;
	size_t n;

	u->tls = tls_contexts_connect(u->tls_conf, u->tls_rule, &u->host,
	    &l->wire);
	u->tls_conf = NULL;
	u->tls_rule = NULL;
	if (u->tls == NULL) {
		fail(u, FAILURE_NO_MEMORY, "TLS");
		return;
	}
	deadline_set(&u->timer, loop_now() + all->conf->timeout_header);
	result = tls_read(u->tls, NULL, 0, l->scratch, sizeof l->scratch, &n);
	upstream_flush_wire(u);
	if (result != TLS_OK)
		tls_failed(u);
}

static void
dialled_cb(void *arg, int fd, enum failure why)
{
	struct upstream *u = arg;

	u->dial = NULL;
	if (fd == -1) {
		fail(u, why, failure_answer(why)->detail);
		return;
	}
	set_socket(u, fd);
	if (u->tls_conf != NULL)
		start_tls(u);
	else
		become_ready(u);
}

/*
 * Looks before it takes: bytes that nobody asked for, in a socket whose event
 * has not come yet, would be taken for the response.
 */
static struct upstream *
find_idle(struct upstreams *all, const struct http1_host *host,
    uint64_t tls_settings_id, enum upstream_idle which)
{
	uint64_t now = loop_now();
	struct upstream *u;
	bool old;

	while (which != UPSTREAM_NONE &&
	    (u = pool_get(all->pool, host, tls_settings_id, now)) != NULL) {
		old = which == UPSTREAM_YOUNG && now - u->idle_since >= YOUNG;
		if (!old && upstream_quiet(u))
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
	u->fd = -1;
	u->patience = u->more = UINT64_MAX;
	deadline_init(&u->timer, all->loop, timer_cb, u);
	return u;
}

struct upstream *
upstream_open(struct upstreams *all, const struct upstream_target *to,
    enum upstream_idle which, const struct upstream_events *events,
    void *user)
{
	uint64_t tls_settings_id = to->conf != NULL ?
	    tls_contexts_settings_id(to->conf, to->rule) : 0;
	struct upstream *u;

	if ((u = find_idle(all, &to->host, tls_settings_id, which)) != NULL) {
		deadline_set(&u->timer, 0);
		u->events = events;
		u->user = user;
		u->reused = true;
		return u;
	}
	if ((u = new_upstream(all, &to->host)) == NULL)
		return NULL;
	u->tls_settings_id = tls_settings_id;
	u->tls_conf = to->conf;
	u->tls_rule = to->rule;
	u->events = events;
	u->user = user;
	if ((u->dial = dial_start(all->dialer, &u->host, to->client, dialled_cb,
	    u)) == NULL) {
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
upstream_adopt(struct upstreams *all, const struct http1_host *host, int fd)
{
	struct upstream *u;

	if (all->draining || (u = new_upstream(all, host)) == NULL) {
		close(fd);
		return;
	}
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
	if (!u->complete || u->surplus || !u->keep_alive || u->broken ||
	    (u->tls != NULL && tls_ended(u->tls)) || u->out != NULL ||
	    u->body == HTTP1_UNTIL_CLOSE || u->upstreams->draining || u->patience == 0 ||
	    u->more == 0) {
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
	if (u->out != NULL || u->broken)
		return false;
	t->fd = u->fd;
	t->tls = u->tls;
	t->rest = u->rest;
	t->len = u->rest_len;
	event_del(&u->read_ev);
	u->fd = -1;
	u->tls = NULL;
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

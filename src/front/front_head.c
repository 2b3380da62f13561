/* SPDX-License-Identifier: ISC */
#include "front/front_head.h"

#include <stdlib.h>
#include <string.h>

#include "front/downstream.h"
#include "front/front_body.h"
#include "front/front_close.h"
#include "front/front_gate.h"
#include "front/front_http2.h"
#include "front/front_input.h"
#include "front/front_inside.h"
#include "front/front_service.h"
#include "http/http1_error.h"
#include "http/http1_head.h"
#include "http/http1_request.h"
#include "net/reserve.h"

/* Heads of requests, found in the input; evhttp is shown another, once. */

static const char no_memory[] = "limits.memory is reached";

void
front_request_cb(struct evhttp_request *req, void *arg)
{
	struct front *f = arg;

	if (f->wanting != NULL)
		f->wanting->req = req;
	else
		evhttp_connection_free(evhttp_request_get_connection(req));
}

/*
 * Has evhttp make its one request of the connection, whatever the client's
 * was.  Where it fails, for want of memory, it may free the connection.
 */
static bool
show_evhttp(struct downstream *d)
{
	static const char minimal[] = "GET / HTTP/1.1\r\n\r\n";
	struct front *f = d->front;
	size_t waiting;
	bool drawn;

	if (evbuffer_prepend(bufferevent_get_input(d->bev), minimal,
	    sizeof minimal - 1) == -1)
		return false;
	bufferevent_incref(d->bev);
	f->wanting = d;
	reserve_open();
	f->http_read_cb(d->bev, d->evcon);
	drawn = reserve_close();
	f->wanting = NULL;
	waiting = front_input(d);
	if (bufferevent_decref(d->bev)) {
		d->evcon = NULL;
		memory_sub(front_memory(d), waiting);
		return false;
	}
	return d->req != NULL && !drawn;
}

static bool
begin_request(struct downstream *d)
{
	if (d->req == NULL && !show_evhttp(d))
		return false;
	downstream_enter(d, BUSY);
	deadline_set(&d->read_timer, 0);
	return true;
}

void
front_refuse(struct downstream *d, int status, const char *why)
{
	struct http1_head *head = &d->front->loop->head;
	struct evbuffer *input = bufferevent_get_input(d->bev);
	int barred = front_gate_refusal(d, &why);

	evbuffer_drain(input, evbuffer_get_length(input));
	if (!begin_request(d)) {
		front_close(d);
		return;
	}
	d->body = HTTP1_UNTIL_CLOSE;
	d->body_done = false;
	http1_head_clear(head);
	front_events(d)->refuse(d->front->setup.owner, d, head,
	    barred != 0 ? barred : status, why);
}

/* Ordinary heads go on when memory is short: they need hardly any. */
static bool
too_long_for_now(const struct downstream *d, size_t len)
{
	return len > MEMORY_PIECE && memory_is_short(front_memory(d));
}

/* Returns the status to refuse a request with, whose head is right; or 0. */
static int
refusal(const struct downstream *d, size_t len, const char **why)
{
	enum front_service service = d->front->setup.service;

	if (d->greedy) {
		*why = "the client has its share of limits.connections";
		return 503;
	}
	if (d->excess) {
		*why = service == FRONT_PROXY ?
		    "limits.connections is reached" :
		    "admin.connections is reached";
		return 503;
	}
	if (too_long_for_now(d, len)) {
		*why = no_memory;
		return 503;
	}
	if (d->body == HTTP1_LENGTH && d->left > d->max) {
		*why = "the request's body is longer than limits.body";
		return 413;
	}
	return 0;
}

/* A server is asked for what is its own, by a path alone (RFC 9112 3.2.1). */
static int
place_here(const struct http1_head *head, enum http1_error err,
    const char **why)
{
	if (err == HTTP1_NOT_PROXY)
		return 0;
	if (err != HTTP1_OK)
		return http1_error_status(err);
	*why = head->form == HTTP1_ASTERISK_FORM ? "no path" :
	    "this is no proxy";
	return 400;
}

/*
 * Credentials are not kept longer than they are needed, neither in the head nor
 * among the bytes that were received last.
 */
static void
forget_head(struct front *f)
{
	if (f->conf->access_users == NULL)
		return;
	explicit_bzero(f->head, f->head_len);
	explicit_bzero(f->loop->scratch, f->head_len < LOOP_SCRATCH ?
	    f->head_len : LOOP_SCRATCH);
}

static void
start_request(struct downstream *d, size_t len, bool again)
{
	const struct front_events *events = front_events(d);
	void *owner = d->front->setup.owner;
	struct http1_head *head = &d->front->loop->head;
	const struct conf *conf = front_conf(d);
	enum http1_error err;
	char buf[HTTP1_WHY];
	const char *why;
	int status;

	err = http1_request(head, d->front->head, len);
	if (head->nfields > conf->limit_fields)
		err = HTTP1_MANY_FIELDS;
	why = http1_explain(err, head, (unsigned)conf->limit_fields, buf);
	status = err != HTTP1_OK ? http1_error_status(err) : 0;
	if (err == HTTP1_UNKNOWN_VERSION && http1_is_preface(head))
		front_tell_http2(d, "speaks HTTP/2 from the start");
	d->tls_unused = false;
	if (d->inside != NULL)
		status = front_place_inside(d, head, err, &why);
	else if (d->front->setup.service != FRONT_PROXY)
		status = place_here(head, err, &why);
	/* of its body some may have been read */
	if (!again)
		front_body_begin(d, head);
	if (status != 0)
		d->body_done = false;	/* who knows where the next begins */
	else
		status = refusal(d, len, &why);
	if (d->stranger)
		status = front_gate_refusal(d, &why);
	if (status != 0)
		events->refuse(owner, d, head, status, why);
	else
		events->start(owner, d, head);
}

/* The head is moved out of the way of what is received while it is valid. */
static bool
save_head(struct front *f, const char *head, size_t len)
{
	char *p;

	if (len > f->head_size) {
		if ((p = realloc(f->head, len)) == NULL)
			return false;
		f->head = p;
		f->head_size = len;
	}
	memcpy(f->head, head, len);
	f->head_len = len;
	return true;
}

bool
front_hold(struct downstream *d)
{
	const struct front *f = d->front;

	if ((d->held = malloc(f->head_len)) == NULL)
		return false;
	memcpy(d->held, f->head, f->head_len);
	d->held_len = f->head_len;
	memory_add(front_memory(d), d->held_len);
	return true;
}

void
front_restart(struct downstream *d)
{
	struct front *f = d->front;
	bool saved = save_head(f, d->held, d->held_len);

	front_drop_held(d);
	if (saved) {
		start_request(d, f->head_len, true);
		forget_head(f);
	} else
		front_client_gone(d, "out of memory");
}

/* Its end is still to come. */
static void
wait_for_end(struct downstream *d, const char *p, size_t len, bool stored)
{
	if (d->eof)
		front_close(d);
	else if (too_long_for_now(d, len))
		front_refuse(d, 503, no_memory);
	else if (!stored)
		front_keep_input(d, p, len);
}

/* The first end bytes of these are a head. */
static void
take_head(struct downstream *d, const char *p, size_t len, size_t end,
    bool stored)
{
	if (!save_head(d->front, p, end)) {
		front_close(d);
		return;
	}
	if (stored)
		evbuffer_drain(bufferevent_get_input(d->bev), end);
	else
		front_keep_input(d, p + end, len - end);
	if (begin_request(d)) {
		start_request(d, end, false);
		forget_head(d->front);
	} else
		front_close(d);
}

void
front_read_head(struct downstream *d, const char *p, size_t len, bool stored)
{
	struct evbuffer *input = bufferevent_get_input(d->bev);
	size_t max = front_conf(d)->limit_head, end;
	bool fresh = d->scan.seen == 0;

	if (fresh && (end = http1_skip_empty(p, len)) > 0) {
		if (stored)
			evbuffer_drain(input, end);
		p += end;
		len -= end;
	}
	if (len == 0) {
		if (d->eof)
			front_close(d);
		return;
	}
	switch (http1_scan(&d->scan, p, len, max, max / 2, &end)) {
	case HTTP1_MORE:
		/* half of an empty line begins nothing */
		if (fresh && d->scan.seen > 0)
			deadline_set(&d->read_timer,
			    loop_now() + front_conf(d)->timeout_header);
		wait_for_end(d, p, len, stored);
		break;
	case HTTP1_DONE:
		take_head(d, p, len, end, stored);
		break;
	case HTTP1_FAILED:
		front_refuse(d, http1_error_status(d->scan.error),
		    http1_strerror(d->scan.error));
		break;
	}
}

void
front_read_stored_head(struct downstream *d)
{
	struct evbuffer *input = bufferevent_get_input(d->bev);
	size_t len = evbuffer_get_length(input);

	if (len > 0)
		front_read_head(d, (const char *)evbuffer_pullup(input, -1),
		    len, true);
}

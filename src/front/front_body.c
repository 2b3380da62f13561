/* SPDX-License-Identifier: ISC */
#include "front/front_body.h"

#include "front/downstream.h"
#include "front/front_close.h"
#include "front/front_input.h"
#include "front/front_service.h"
#include "front/front_tls.h"
#include "http/http1_error.h"

/* Request bodies: from the socket to the exchange, at its pace. */

#define BODY_WINDOW	1024	/* bytes of body, each timeouts.idle at least */
/* recv() calls before others have a turn; many small chunks take their time */
#define TOP_UPS		16
#define TOP_UPS_CHUNKED	2

void
front_body_begin(struct downstream *d, const struct http1_head *h)
{
	d->body = h->body;
	d->left = h->length;
	d->total = d->window = 0;
	d->max = front_body_max(d->front->setup.service, front_conf(d));
	d->reading = false;
	d->body_done = d->body == HTTP1_NO_BODY ||
	    (d->body == HTTP1_LENGTH && d->left == 0);
	if (d->body == HTTP1_CHUNKED) {
		http1_chunked_init(&d->chunked, false);
		http1_chunked_heed(&d->chunked, h);
	}
}

static size_t
take_length(struct downstream *d, const char *p, size_t n)
{
	if (n > d->left)
		n = (size_t)d->left;
	d->left -= n;
	d->total += n;
	d->body_done = d->left == 0;
	if (!front_events(d)->body(d->attached, p, n))
		d->reading = false;
	if (d->body_done && d->state == BUSY)
		front_events(d)->body_end(d->attached, NULL);
	return n;
}

static void
end_chunked(struct downstream *d)
{
	struct http1_head *trailers = &d->front->loop->head;
	enum http1_error err = http1_trailers(trailers, &d->chunked);

	if (err != HTTP1_OK) {
		front_events(d)->body_failed(d->attached,
		    http1_error_status(err), http1_strerror(err));
		return;
	}
	d->body_done = true;
	front_events(d)->body_end(d->attached, trailers);
}

static void
take_data(struct downstream *d, struct http1_str data)
{
	d->total += data.len;
	if (d->total > d->max)
		front_events(d)->body_failed(d->attached, 413,
		    "the request's body is longer than limits.body");
	else if (data.len > 0 &&
	    !front_events(d)->body(d->attached, data.p, data.len))
		d->reading = false;
}

static size_t
take_chunked(struct downstream *d, char *p, size_t n)
{
	struct http1_str data;
	enum http1_result result = HTTP1_MORE;
	size_t used, off = 0;

	while (off < n && result == HTTP1_MORE && d->reading &&
	    d->state == BUSY) {
		result = http1_chunked_join(&d->chunked, p + off, n - off,
		    &used, &data);
		off += used;
		take_data(d, data);
	}
	if (d->state != BUSY)
		return off;
	if (result == HTTP1_DONE)
		end_chunked(d);
	else if (result == HTTP1_FAILED)
		front_events(d)->body_failed(d->attached,
		    http1_error_status(d->chunked.error),
		    http1_strerror(d->chunked.error));
	return off;
}

size_t
front_body_take(struct downstream *d, char *p, size_t n)
{
	size_t used;

	if (d->body == HTTP1_LENGTH)
		used = take_length(d, p, n);
	else
		used = take_chunked(d, p, n);
	if (d->total - d->window >= BODY_WINDOW || d->read_timer.at == 0)
		front_demand_body(d);
	return used;
}

bool
front_body_wanted(const struct downstream *d)
{
	return d->state == BUSY && d->reading && !d->body_done;
}

/* Reads on without a round through the loop. */
static bool
top_up(struct downstream *d)
{
	struct loop *l = d->front->loop;
	ssize_t n;
	size_t used;

	n = front_receive(d, memory_piece(front_memory(d), sizeof l->scratch));
	if (n <= 0)
		return false;	/* the read event will see why */
	used = front_body_take(d, l->scratch, (size_t)n);
	if (used < (size_t)n)
		front_keep_input(d, l->scratch + used, (size_t)n - used);
	return true;
}

void
front_body_pump(struct downstream *d)
{
	struct evbuffer *input = bufferevent_get_input(d->bev);
	struct evbuffer_iovec v;
	size_t used;
	int top_ups = d->body == HTTP1_CHUNKED ? TOP_UPS_CHUNKED : TOP_UPS;

	while (front_body_wanted(d)) {
		if (evbuffer_peek(input, -1, NULL, &v, 1) > 0 &&
		    v.iov_len > 0) {
			used = front_body_take(d, v.iov_base, v.iov_len);
			if (d->state == DEAD)
				return;
			evbuffer_drain(input, used);
		} else if (d->eof) {
			front_client_gone(d, "in the request's body");
			return;
		} else if (top_ups-- == 0 || !top_up(d))
			break;
	}
	if (d->state == BUSY && !front_body_wanted(d))
		deadline_set(&d->read_timer, 0);
	front_watch(d);
}

const char *
front_body_ahead(struct downstream *d, size_t *n)
{
	struct evbuffer *input = bufferevent_get_input(d->bev);
	struct evbuffer_iovec v;

	if (d->body != HTTP1_LENGTH || d->total > 0 || d->left == 0 ||
	    evbuffer_peek(input, 1, NULL, &v, 1) <= 0 || v.iov_len < d->left)
		return NULL;
	*n = (size_t)d->left;
	return v.iov_base;
}

void
front_demand_body(struct downstream *d)
{
	if (!front_body_wanted(d))
		return;
	d->window = d->total;
	deadline_set(&d->read_timer,
	    loop_now() + d->front->conf->timeout_idle);
}

void
front_read_body(struct downstream *d, bool patient)
{
	if (d->state != BUSY || d->body_done || d->reading)
		return;
	d->reading = true;
	if (!patient)
		front_demand_body(d);
	front_body_pump(d);
}

void
front_stop_body(struct downstream *d)
{
	d->reading = false;
	if (d->state == BUSY)
		deadline_set(&d->read_timer, 0);
}

bool
front_awaits_body(const struct downstream *d)
{
	return front_body_wanted(d) && d->read_timer.at != 0;
}

bool
front_body_done(const struct downstream *d)
{
	return d->body_done;
}

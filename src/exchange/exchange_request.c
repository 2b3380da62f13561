/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_request.h"

#include <stdint.h>
#include <stdio.h>

#include <event2/buffer.h>

#include "conf/conf.h"
#include "exchange/exchange_count.h"
#include "exchange/exchange_deadline.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_meter.h"
#include "exchange/exchange_parent.h"
#include "exchange/exchange_resend.h"
#include "exchange/exchange_state.h"
#include "front/front.h"
#include "upstream/upstream.h"

/* What was sent of the body before, and the client will not send again. */
static void
send_kept_body(struct exchange *x)
{
	struct iovec v = { .iov_len = x->replay.size };

	if (v.iov_len > 0) {
		v.iov_base = evbuffer_pullup(x->replay.bytes, -1);
		upstream_send(x->upstream, &v, 1);
	}
	memory_release(x->memory, &x->replay);
	exchange_keep_needed(x);
}

/* Once bytes may have left. */
static void
note_reached(struct exchange *x)
{
	if (!upstream_unsent(x->upstream))
		x->reached = true;
}

/* Once the host can have counted it. */
static void
note_sent(struct exchange *x)
{
	if (x->sent_whole || !front_body_done(x->downstream) ||
	    upstream_pending(x->upstream) > 0)
		return;
	x->sent_whole = true;
	hosts_sent(x->exchanges->hosts, &x->ticket, loop_now());
}

void
exchange_request_send(struct exchange *x)
{
	const struct text *head = exchange_parent_is_asked(x) ?
	    exchange_parent_head(x) : &x->head;
	struct http1_str method = { x->head.p, x->method_len };
	struct iovec v;

	if (head == NULL) {
		exchange_fail(x, FAILURE_NO_MEMORY, "out of memory");
		return;
	}
	v = (struct iovec){ .iov_base = head->p, .iov_len = head->len };
	exchange_set_phase(x, EXCHANGE_SENDING);
	upstream_begin(x->upstream, method, x->memory, x->ticket.conf);
	/* its answer may have to be unpacked, with what comes with its head */
	upstream_read_little(x->upstream, x->metering != NULL);
	upstream_send(x->upstream, &v, 1);
	if (x->body_taken)
		send_kept_body(x);
	note_reached(x);
	note_sent(x);
	if (!upstream_broken(x->upstream))
		front_read_body(x->downstream, x->expect);
	exchange_deadline_renew(x);
}

static void
send_body(struct exchange *x, struct iovec *v, int n)
{
	x->body_taken = true;
	exchange_keep_body(x, v, n);
	upstream_send(x->upstream, v, n);
	note_reached(x);
}

static bool
uploading(const struct exchange *x)
{
	return (x->phase == EXCHANGE_SENDING ||
	    x->phase == EXCHANGE_RELAYING) && !x->stopped;
}

static bool
room_upstream(const struct exchange *x)
{
	return memory_room(x->memory, upstream_pending(x->upstream),
	    x->ticket.conf->limit_buffer / 2);
}

static void
no_memory(struct exchange *x)
{
	exchange_reject(x, 503, STATS_NO_MEMORY, "proxy_internal_error",
	    "out of memory");
}

/* It is read before it is admitted; returns whether to read on. */
static bool
read_first(struct exchange *x, const char *p, size_t n)
{
	if (exchange_meter_body(x, p, n))
		return !exchange_meter_is_done(x);
	no_memory(x);
	return false;
}

static void
read_last(struct exchange *x, struct text *tail)
{
	bool ok = exchange_meter_body_end(x, tail);

	text_free(tail);
	if (!ok)
		no_memory(x);
}

bool
exchange_request_body(void *arg, const char *p, size_t n)
{
	struct exchange *x = arg;
	char size[20];
	struct iovec v[3];

	if (!uploading(x) && x->phase != EXCHANGE_READING)
		return false;
	x->expect = false;
	exchange_count_in(x, n);
	if (x->phase == EXCHANGE_READING)
		return read_first(x, p, n);
	if (x->chunked) {
		v[0].iov_len = (size_t)snprintf(size, sizeof size, "%zx\r\n",
		    n);
		v[0].iov_base = size;
		v[1].iov_base = (char *)(uintptr_t)p;
		v[1].iov_len = n;
		v[2].iov_base = (char *)(uintptr_t)"\r\n";
		v[2].iov_len = 2;
		send_body(x, v, 3);
	} else {
		v[0].iov_base = (char *)(uintptr_t)p;
		v[0].iov_len = n;
		send_body(x, v, 1);
	}
	exchange_deadline_set(x);
	return room_upstream(x);
}

void
exchange_request_body_end(void *arg, const struct http1_head *trailers)
{
	struct exchange *x = arg;
	struct text t = { 0 };
	struct iovec v;

	if (!uploading(x) && x->phase != EXCHANGE_READING)
		return;
	if (x->chunked)
		relay_last_chunk(&t, trailers);
	if (x->phase == EXCHANGE_READING) {
		read_last(x, &t);
		return;
	}
	if (x->chunked) {
		v.iov_base = t.p;
		v.iov_len = t.len;
		send_body(x, &v, 1);
		text_free(&t);
	}
	note_sent(x);
	exchange_deadline_set(x);
}

void
exchange_request_sendable(void *arg)
{
	struct exchange *x = arg;

	note_reached(x);
	note_sent(x);
	if (!uploading(x))
		return;
	if (room_upstream(x))
		front_read_body(x->downstream, false);
	exchange_deadline_set(x);
}

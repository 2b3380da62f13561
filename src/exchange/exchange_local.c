/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_local.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "exchange/date.h"
#include "exchange/exchange_count.h"
#include "exchange/exchange_end.h"
#include "exchange/exchange_state.h"
#include "exchange/max_forwards.h"
#include "front/front.h"

static const char *
now_text(struct exchange *x)
{
	return date_text(&x->exchanges->date, time(NULL));
}

/* Returns whether it is answered; else it was refused. */
static bool
trace(struct exchange *x, const struct http1_head *h)
{
	struct text body = { 0 };
	struct iovec v[2];
	struct relay_request to = exchange_origin(x);
	char head[256];

	relay_trace(&body, h, &to);
	if (body.failed) {
		text_free(&body);
		exchange_reject(x, 503, STATS_NO_MEMORY,
		    "proxy_internal_error", "out of memory");
		return false;
	}
	if (!x->keep || !front_body_done(x->downstream))
		x->keep = false;
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nDate: %s\r\n"
	    "Content-Type: message/http\r\nContent-Length: %zu\r\n%s\r\n",
	    now_text(x), body.len, reply_connection(!x->keep, x->old_client));
	v[0].iov_base = head;
	v[0].iov_len = strlen(head);
	v[1].iov_base = body.p;
	v[1].iov_len = body.len;
	front_send(x->downstream, v, 2);
	x->status = 200;
	exchange_count_out(x, body.len);
	text_free(&body);
	return true;
}

static void
options(struct exchange *x)
{
	struct iovec v;
	char head[256];

	if (!front_body_done(x->downstream))
		x->keep = false;
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nDate: %s\r\n"
	    "Allow: CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, "
	    "TRACE\r\nContent-Length: 0\r\n%s\r\n", now_text(x),
	    reply_connection(!x->keep, x->old_client));
	v.iov_base = head;
	v.iov_len = strlen(head);
	front_send(x->downstream, &v, 1);
	x->status = 200;
}

/* Nothing waits for limits here, and nothing is asked of any host. */
static void
probe(struct exchange *x, const struct http1_head *h)
{
	/* a browser asks for no other */
	static const char body[] = "<!doctype html><title>sluice</title>"
	    "<link rel=icon href=\"data:,\">sluice\n";
	char head[256];
	struct iovec v[2];

	exchange_put_path(x, h);
	if (!front_body_done(x->downstream))
		x->keep = false;
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nDate: %s\r\n"
	    "Content-Type: text/html\r\nCache-Control: no-store\r\n"
	    "Content-Length: %zu\r\n%s\r\n", now_text(x), sizeof body - 1,
	    reply_connection(!x->keep, x->old_client));
	v[0].iov_base = head;
	v[0].iov_len = strlen(head);
	v[1].iov_base = (char *)(uintptr_t)body;
	v[1].iov_len = sizeof body - 1;
	front_send(x->downstream, v, x->is_head ? 1 : 2);
	x->status = 200;
	if (!x->is_head)
		exchange_count_out(x, sizeof body - 1);
}

/* One byte tells most apart. */
static bool
is_probe(const struct http1_head *h)
{
	return h->path.len >= sizeof EXCHANGE_PROBE - 1 &&
	    h->path.p[1] == EXCHANGE_PROBE[1] &&
	    memcmp(h->path.p, EXCHANGE_PROBE, sizeof EXCHANGE_PROBE - 1) == 0;
}

static void
answer_probe(struct exchange *x, const struct http1_head *h)
{
	struct downstream *d = x->downstream;

	probe(x, h);
	exchange_finish(x, ACCESS_ANSWERED, NULL);
	front_end(d, x->keep);
}

bool
exchange_local(struct exchange *x, const struct http1_head *h)
{
	struct downstream *d = x->downstream;
	enum max_forwards forwards;
	struct http1_str n;

	if (is_probe(h)) {
		answer_probe(x, h);
		return true;
	}
	forwards = max_forwards_read(h, &n);
	if (forwards == MAX_FORWARDS_BAD) {
		exchange_reject(x, 400, STATS_MALFORMED, "http_request_error",
		    "malformed Max-Forwards");
		return true;
	}
	if (h->form != HTTP1_ASTERISK_FORM && forwards != MAX_FORWARDS_REACHED)
		return false;
	if (h->form == HTTP1_ASTERISK_FORM ||
	    !http1_str_equals(h->method, "TRACE"))
		options(x);
	else if (!trace(x, h))
		return true;
	exchange_finish(x, ACCESS_ANSWERED, NULL);
	front_end(d, x->keep);
	return true;
}

/* SPDX-License-Identifier: ISC */
#include "front/front_send.h"

#include <errno.h>
#include <sys/socket.h>

#include "front/downstream.h"

/*
 * Bytes to clients, through TLS where that is on: at once where the socket
 * takes them, the rest through the bufferevent's output, encrypted already.
 */

void
front_give_up(struct downstream *d)
{
	d->broken = true;
	bufferevent_trigger_event(d->bev, BEV_EVENT_ERROR | BEV_EVENT_WRITING,
	    BEV_TRIG_DEFER_CALLBACKS);
}

size_t
front_pending(const struct downstream *d)
{
	if (d->state == DEAD)
		return 0;
	return evbuffer_get_length(bufferevent_get_output(d->bev));
}

static uint64_t
bytes_sent(const struct downstream *d)
{
	return d->queued - front_pending(d);
}

static void
note_progress(struct downstream *d)
{
	d->sent = bytes_sent(d);
	deadline_set(&d->write_timer,
	    loop_now() + front_conf(d)->timeout_idle);
}

bool
front_gets_on(struct downstream *d)
{
	if (front_pending(d) == 0)
		return true;
	if (bytes_sent(d) == d->sent)
		return false;
	note_progress(d);
	return true;
}

/* Keeps what the socket did not take, from byte done on. */
static void
buffer_rest(struct downstream *d, const struct iovec *v, int n, size_t done)
{
	struct evbuffer *output = bufferevent_get_output(d->bev);
	bool waiting = evbuffer_get_length(output) > 0;
	int i;

	for (i = 0; i < n; i++) {
		if (done >= v[i].iov_len) {
			done -= v[i].iov_len;
			continue;
		}
		if (evbuffer_add(output, (char *)v[i].iov_base + done,
		    v[i].iov_len - done) == -1)
			front_give_up(d);
		done = 0;
	}
	if (waiting)
		return;
	bufferevent_enable(d->bev, EV_WRITE);
	note_progress(d);
}

/* Bytes for the client's socket, as they are. */
static void
send_bytes(struct downstream *d, const struct iovec *v, int n)
{
	struct msghdr msg = {
		.msg_iov = (struct iovec *)(uintptr_t)v,
		.msg_iovlen = (size_t)n,
	};
	size_t total = 0, done = 0;
	ssize_t r;
	int i;

	if (d->broken)
		return;
	for (i = 0; i < n; i++)
		total += v[i].iov_len;
	d->queued += total;
	if (front_pending(d) == 0) {
		r = sendmsg(d->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (r == -1 && errno != EAGAIN && errno != EINTR) {
			front_give_up(d);
			return;
		}
		done = r > 0 ? (size_t)r : 0;
	}
	if (done < total)
		buffer_rest(d, v, n, done);
}

void
front_flush_wire(struct downstream *d)
{
	struct tls_wire *w = &d->front->loop->wire;
	struct iovec v = { .iov_base = w->out, .iov_len = w->out_len };

	w->out_len = 0;
	if (v.iov_len > 0)
		send_bytes(d, &v, 1);
}

void
front_send(struct downstream *d, struct iovec *v, int n)
{
	bool ok;

	if (d->state != BUSY || d->broken)
		return;
	if (d->tls == NULL) {
		send_bytes(d, v, n);
		return;
	}
	ok = tls_write(d->tls, v, n);
	front_flush_wire(d);
	if (!ok)
		front_give_up(d);
}

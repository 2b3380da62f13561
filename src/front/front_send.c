/* SPDX-License-Identifier: ISC */
#include "front/downstream.h"

#include <errno.h>
#include <sys/socket.h>

/*
 * Bytes to clients: at once where the socket takes them, the rest through the
 * bufferevent's output.
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

/* Nothing could be sent for timeouts.idle: such a client holds buffers. */
void
front_write_timer_cb(void *arg)
{
	struct downstream *d = arg;

	if (front_pending(d) == 0)
		return;
	if (bytes_sent(d) == d->sent) {
		front_client_gone(d, "client does not read");
		return;
	}
	d->sent = bytes_sent(d);
	deadline_set(&d->write_timer,
	    loop_now() + front_conf(d)->timeout_idle);
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
	d->sent = bytes_sent(d);
	deadline_set(&d->write_timer,
	    loop_now() + front_conf(d)->timeout_idle);
}

void
front_send(struct downstream *d, struct iovec *v, int n)
{
	if (d->state != BUSY || d->broken)
		return;
	if (d->tls == NULL)
		front_send_bytes(d, v, n);
	else if (!front_encrypt(d, v, n))
		front_give_up(d);
}

void
front_send_bytes(struct downstream *d, const struct iovec *v, int n)
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

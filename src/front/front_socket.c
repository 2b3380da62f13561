/* SPDX-License-Identifier: ISC */
#include "front/front_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "front/clients.h"
#include "front/downstream.h"
#include "front/front_body.h"
#include "front/front_close.h"
#include "front/front_end.h"
#include "front/front_gate.h"
#include "front/front_head.h"
#include "front/front_input.h"
#include "front/front_send.h"
#include "front/front_share.h"
#include "front/front_tls.h"
#include "front/front_turn.h"

/*
 * evhttp accepts connections, makes them and owns their sockets; it never sees
 * a byte that a client sent.  What is here takes the input, and gives
 * it to whom it is for by the connection's state.
 *
 * evhttp is shown a fixed minimal head, once, when the connection's first
 * request comes, and makes a request of it.  That one is never answered: it
 * stays open until the connection is freed, and goes with it; evhttp's read
 * callback is called that once.
 *
 * The socket is read and written here, by a stream, which uses the
 * bufferevent's input only for what has to wait: a bufferevent asks how much
 * there is before it reads, and reads 4 KiB at a time.
 */

void
front_close_cb(evutil_socket_t fd, short what, void *arg)
{
	struct downstream *d = arg;
	int err = 0;
	socklen_t len = sizeof err;

	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err != 0)
		front_client_gone(d, NULL);
	else if ((what & EV_CLOSED) && d->state == BUSY)
		front_events(d)->half_closed(d->attached);
}

/* Timers */

static void
read_timer_cb(void *arg)
{
	struct downstream *d = arg;

	if (d->state == HEAD && d->scan.seen > 0)
		front_refuse(d, 408, "the request's head came too slowly");
	else if (d->state == BUSY)
		front_events(d)->body_failed(d->attached, 408,
		    "the request's body came too slowly");
	else {
		if (d->handshake)
			front_handshake_late(d);
		front_close(d);
	}
}

/* Nothing could be sent for timeouts.idle: such a client holds buffers. */
static void
write_timer_cb(void *arg)
{
	struct downstream *d = arg;

	if (!front_gets_on(d))
		front_client_gone(d, "client does not read");
}

/* The socket's callbacks */

/* What was pipelined has its turn. */
static void
next_cb(evutil_socket_t fd, short what, void *arg)
{
	struct downstream *d = arg;

	(void)fd;
	(void)what;
	if (d->state == HEAD)
		front_read_stored_head(d);
}

/* The socket has taken some of what waited, or is broken. */
static void
written_cb(void *arg)
{
	struct downstream *d = arg;
	size_t waiting = front_pending(d);

	if (d->stream.broken) {
		front_client_gone(d, NULL);
		return;
	}
	if (waiting == 0)
		deadline_set(&d->write_timer, 0);
	if (d->state == BUSY && waiting <= front_conf(d)->limit_buffer / 2)
		front_events(d)->writable(d->attached);
	else if (d->state == ENDING && waiting == 0)
		front_finish(d);
	else if (d->state == LINGER && waiting == 0 &&
	    (!stream_shut(&d->stream) || d->eof))
		front_close(d);
}

/* Sending has failed, or there was no memory for what has come. */
static void
gone_cb(evutil_socket_t fd, short what, void *arg)
{
	struct downstream *d = arg;

	(void)fd;
	(void)what;
	if (d->state != LENT)
		front_client_gone(d, NULL);
}

/* The client sends no more, but may still read. */
static void
end_of_input(struct downstream *d)
{
	d->eof = true;
	front_stop_watching(d);
	if ((d->state == HEAD && front_input(d) == 0) || d->state == LINGER)
		front_close(d);
	else if (d->state == HEAD && !event_pending(&d->next_ev, EV_TIMEOUT,
	    NULL))
		front_read_stored_head(d);	/* half of one, with no end */
	else if (d->state == BUSY && front_body_wanted(d))
		front_body_pump(d);
	else if (d->state == BUSY)
		front_events(d)->half_closed(d->attached);
}

static void
take_input(struct downstream *d, char *p, size_t n)
{
	size_t used = 0;

	if (d->state == LINGER)
		return;
	if (d->hearing) {
		front_keep_input(d, p, n);
		front_events(d)->heard(d->attached);
	} else if (front_input(d) > 0) {
		front_keep_input(d, p, n);
		if (d->state == HEAD)
			front_read_stored_head(d);
		else if (front_body_wanted(d))
			front_body_pump(d);
	} else if (d->state == HEAD) {
		front_read_head(d, p, n, false);
	} else if (front_body_wanted(d)) {
		used = front_body_take(d, p, n);
		front_keep_input(d, p + used, n - used);
		front_body_pump(d);
	} else
		front_keep_input(d, p, n);
	front_watch(d);
}

static void
receive(struct downstream *d, size_t size)
{
	ssize_t n = front_receive(d, size);

	if (n > 0)
		take_input(d, d->front->loop->scratch, (size_t)n);
	else if (n == 0)
		end_of_input(d);
	else if (errno != EAGAIN && errno != EINTR)
		front_client_gone(d, NULL);
}

static void
go_on_with_handshake(struct downstream *d, size_t size)
{
	struct front *f = d->front;
	uint64_t began;

	if (!front_turn_comes(d))
		return;
	began = loop_now();
	receive(d, size);
	front_turn_over(f, loop_now() - began);
}

static void
readable_cb(void *arg)
{
	struct downstream *d = arg;
	size_t size = front_room(d);

	if (size == 0)
		front_watch(d);		/* a reload has made room smaller */
	else if (d->handshake)
		go_on_with_handshake(d, size);
	else
		receive(d, size);
}

static const struct stream_events stream_events = {
	.readable = readable_cb,
	.written = written_cb,
};

/* Connections */

static bool
is_unix(int fd)
{
	int domain = AF_INET;
	socklen_t len = sizeof domain;

	(void)getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	return domain == AF_UNIX;
}

static void
set_up(struct front *f, struct downstream *d, int fd)
{
	const struct conf *conf = f->conf;
	int on = 1;

	if (!d->is_unix)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof on);
	bufferevent_setcb(d->bev, NULL, NULL, NULL, NULL);
	stream_open(&d->stream, f->loop, fd, &stream_events, d);
	if (d->client != NULL)
		stream_charge(&d->stream, &d->client->memory);
	evtimer_assign(&d->next_ev, f->loop->base, next_cb, d);
	evtimer_assign(&d->gone_ev, f->loop->base, gone_cb, d);
	deadline_init(&d->read_timer, f->loop, read_timer_cb, d);
	deadline_init(&d->write_timer, f->loop, write_timer_cb, d);
	deadline_set(&d->read_timer, loop_now() + (d->stranger || d->greedy ?
	    conf->timeout_header : conf->timeout_idle));
	/* in this order the descriptor never leaves the epoll set */
	front_watch(d);
	bufferevent_disable(d->bev, EV_READ | EV_WRITE);
}

/* Where it came in, clients speak TLS. */
static bool
begin_tls(struct front *f, struct downstream *d)
{
	struct tls *tls;

	if (d->listener->tls == NULL)
		return true;
	tls = tls_server(d->listener->tls, &f->loop->wire, NULL);
	if (tls != NULL)
		front_start_tls(d, tls, NULL);
	return tls != NULL;
}

/* Of those who are refused anyway, only some wait to be told so. */
static bool
is_heard(const struct downstream *d)
{
	return (!d->stranger || front_gate_hears(d)) &&
	    (!d->greedy || front_share_hears(d));
}

bool
front_open(struct front *f, struct downstream *d)
{
	int fd = bufferevent_getfd(d->bev);
	bufferevent_data_cb http_read_cb;
	void *evcon = NULL;
	bool known;

	bufferevent_getcb(d->bev, &http_read_cb, NULL, NULL, &evcon);
	d->evcon = evcon;
	/* where evhttp has failed, it has closed it, and freed but for us */
	if (evcon == NULL)
		bufferevent_setfd(d->bev, -1);
	if (bufferevent_decref(d->bev) || evcon == NULL || fd < 0)
		return false;
	f->http_read_cb = http_read_cb;
	d->is_unix = is_unix(fd);
	front_gate_look(d, fd);
	known = front_share_join(d);
	downstream_enter(d, HEAD);
	set_up(f, d, fd);
	if (!known || !is_heard(d) || !memory_watch(front_memory(d),
	    bufferevent_get_input(d->bev)) || !begin_tls(f, d))
		front_close(d);
	return true;
}

/* SPDX-License-Identifier: ISC */
#include "proxy/tunnel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "proxy/exchange.h"
#include "proxy/net.h"
#include "proxy/worker.h"

/*
 * Each direction is a pipe from one side to the other.  Bytes are sent as soon
 * as they are read; what a socket does not take waits in the pipe's buffer,
 * and nothing more is read until that is empty.  An end of input is passed on
 * when the buffer is empty; when both have passed on theirs the tunnel has
 * ended.
 */

#define READS		4	/* recv() calls before others have a turn */
#define KEEP_IDLE	60	/* s; then the kernel asks whether it lives */

struct side {
	struct tunnel	*tunnel;
	int		 fd;
	struct event	 read_ev;
	struct event	 write_ev;
	/* what waits for this side's socket */
	char		*buf;
	size_t		 off;
	size_t		 len;
	bool		 eof;		/* its peer said no more will come */
	bool		 shut;		/* and we have passed that on to it */
	bool		 reading;
};

struct tunnel {
	struct worker	*worker;
	struct exchange	*exchange;
	struct side	 client;
	struct side	 upstream;
	struct deadline	 timer;		/* when nothing has moved */
	bool		 ended;
	const char	*why;
	struct event	 end_ev;
	struct grave	 grave;
};

static struct side *
other(struct side *s)
{
	struct tunnel *t = s->tunnel;

	return s == &t->client ? &t->upstream : &t->client;
}

static void
end(struct tunnel *t, const char *why)
{
	if (t->ended)
		return;
	t->ended = true;
	t->why = why;
	event_active(&t->end_ev, EV_TIMEOUT, 0);
}

static void
end_cb(evutil_socket_t fd, short what, void *arg)
{
	struct tunnel *t = arg;

	(void)fd;
	(void)what;
	exchange_tunnel_ended(t->exchange, t->why);
}

static void
want_read(struct side *s, bool on)
{
	if (s->reading == on)
		return;
	s->reading = on;
	if (on)
		event_add(&s->read_ev, NULL);
	else
		event_del(&s->read_ev);
}

/* It is alive; from now on it has that long again. */
static void
moved(struct tunnel *t)
{
	const struct conf *conf = t->worker->conf;
	bool half = t->client.shut || t->upstream.shut;

	deadline_set(&t->timer, worker_now() +
	    (half ? conf->timeout_idle : conf->timeout_tunnel));
}

/* Passes an end of input on once all before it has left. */
static void
pass_end(struct side *to)
{
	struct tunnel *t = to->tunnel;

	if (!to->eof || to->shut || to->len > 0)
		return;
	to->shut = true;
	if (shutdown(to->fd, SHUT_WR) == -1) {
		end(t, "reset");
		return;
	}
	if (other(to)->shut)
		end(t, NULL);
	else
		moved(t);
}

static void
passed(struct side *to, size_t n)
{
	struct tunnel *t = to->tunnel;

	if (n == 0)
		return;
	if (to == &t->client)
		exchange_tunnel_passed(t->exchange, 0, n);
	else
		exchange_tunnel_passed(t->exchange, n, 0);
	moved(t);
}

/* Sends to a side what it takes; false when it is broken. */
static bool
send_some(struct side *to, const char *p, size_t n, size_t *done)
{
	ssize_t r = send(to->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	*done = r > 0 ? (size_t)r : 0;
	if (r == -1 && errno != EAGAIN && errno != EINTR) {
		end(to->tunnel, "reset");
		return false;
	}
	passed(to, *done);
	return true;
}

/* Keeps what a side did not take, and stops reading the other. */
static void
keep(struct side *to, const char *p, size_t n)
{
	if ((to->buf = malloc(n)) == NULL) {
		end(to->tunnel, "out of memory");
		return;
	}
	memcpy(to->buf, p, n);
	to->off = 0;
	to->len = n;
	want_read(other(to), false);
	event_add(&to->write_ev, NULL);
}

static void
write_cb(evutil_socket_t fd, short what, void *arg)
{
	struct side *to = arg;
	size_t done;

	(void)fd;
	(void)what;
	if (to->tunnel->ended ||
	    !send_some(to, to->buf + to->off, to->len, &done))
		return;
	to->off += done;
	to->len -= done;
	if (to->len > 0)
		return;
	event_del(&to->write_ev);
	free(to->buf);
	to->buf = NULL;
	if (to->eof)
		pass_end(to);
	else
		want_read(other(to), true);
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	struct side *from = arg, *to = other(from);
	struct tunnel *t = from->tunnel;
	struct worker *w = t->worker;
	size_t done, size = w->conf->limit_buffer;
	ssize_t n;
	int i;

	(void)what;
	if (size > sizeof w->scratch)
		size = sizeof w->scratch;
	for (i = 0; i < READS && !t->ended && from->reading; i++) {
		n = recv(fd, w->scratch, size, MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == -1) {
			end(t, "reset");
			return;
		}
		if (n == 0) {
			want_read(from, false);
			to->eof = true;
			pass_end(to);
			return;
		}
		if (!send_some(to, w->scratch, (size_t)n, &done))
			return;
		if (done < (size_t)n)
			keep(to, w->scratch + done, (size_t)n - done);
		if ((size_t)n < size)
			return;
	}
}

static void
timer_cb(void *arg)
{
	end(arg, "idle");
}

/* A peer that has vanished without a word is found by the kernel. */
static void
set_keepalive(int fd)
{
	int on = 1, idle = KEEP_IDLE;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
}

static void
open_side(struct tunnel *t, struct side *s, const struct tunnel_start *start)
{
	struct event_base *base = t->worker->base;

	s->tunnel = t;
	s->fd = start->fd;
	set_keepalive(s->fd);
	event_assign(&s->read_ev, base, s->fd, EV_READ | EV_PERSIST, read_cb,
	    s);
	event_assign(&s->write_ev, base, s->fd, EV_WRITE | EV_PERSIST,
	    write_cb, s);
}

struct tunnel *
tunnel_new(struct worker *w, struct exchange *x,
    const struct tunnel_start *client, const struct tunnel_start *upstream)
{
	struct tunnel *t;

	if ((t = calloc(1, sizeof *t)) == NULL)
		return NULL;
	t->worker = w;
	t->exchange = x;
	event_assign(&t->end_ev, w->base, -1, 0, end_cb, t);
	deadline_init(&t->timer, w, timer_cb, t);
	open_side(t, &t->client, client);
	open_side(t, &t->upstream, upstream);
	moved(t);
	want_read(&t->client, true);
	want_read(&t->upstream, true);
	if (client->len > 0)
		keep(&t->client, client->first, client->len);
	if (upstream->len > 0)
		keep(&t->upstream, upstream->first, upstream->len);
	return t;
}

static void
close_side(struct side *s)
{
	want_read(s, false);
	if (s->len > 0)
		event_del(&s->write_ev);
	free(s->buf);
}

void
tunnel_free(struct tunnel *t)
{
	if (t == NULL)
		return;
	t->ended = true;
	event_del(&t->end_ev);
	deadline_free(&t->timer);
	close_side(&t->client);
	close_side(&t->upstream);
	/* what was not ended by both sides must not look as if it was */
	if (!t->client.shut || !t->upstream.shut)
		net_dissolve(t->upstream.fd);
	close(t->upstream.fd);
	worker_bury(t->worker, &t->grave, free, t);
}

/* SPDX-License-Identifier: ISC */
#include "exchange/tunnel.h"

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

#include "base/memory.h"
#include "conf/conf.h"
#include "net/reset.h"
#include "net/loop.h"

/*
 * Each direction is a pipe from one side to the other.  Bytes are sent as soon
 * as they are read; what a socket does not take waits in the pipe's buffer,
 * and nothing more is read until that is empty.  An end of input is passed on
 * when the buffer is empty; when both have passed on theirs the tunnel has
 * ended.
 *
 * With TLS on a side, what is read from it is decrypted first, and what is
 * sent to it, and waits for its socket, is encrypted.  An end of input is the
 * peer's close_notify there; without one the tunnel was cut off.
 */

#define READS		4	/* recv() calls before others have a turn */
#define KEEP_IDLE	60	/* s; then the kernel asks whether it lives */

struct side {
	struct tunnel	*tunnel;
	int		 fd;
	struct tls	*tls;		/* or NULL */
	struct event	 read_ev;
	struct event	 write_ev;
	/* what waits for this side's socket */
	char		*buf;
	size_t		 off;
	size_t		 len;
	bool		 eof;		/* its peer said no more will come */
	bool		 notified;	/* inside TLS it was told so */
	bool		 shut;		/* and we have passed that on to it */
	bool		 reading;
};

struct tunnel {
	struct loop	*loop;
	const struct tunnel_events *events;
	void		*user;
	struct side	 client;
	struct side	 upstream;
	struct deadline	 timer;		/* when nothing has moved */
	uint64_t	 idle;		/* ns that this may last */
	uint64_t	 half;		/* ns, once a side has ended */
	size_t		 buffer;	/* bytes; limits.buffer */
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
	t->events->ended(t->user, t->why);
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
	bool half = t->client.shut || t->upstream.shut;

	deadline_set(&t->timer, loop_now() + (half ? t->half : t->idle));
}

/* Keeps what a side did not take, and stops reading the other. */
static void
keep(struct side *to, const char *p, size_t n)
{
	char *buf;

	if (n == 0)
		return;
	if ((buf = malloc(to->len + n)) == NULL) {
		end(to->tunnel, "out of memory");
		return;
	}
	if (to->len > 0)
		memcpy(buf, to->buf + to->off, to->len);
	else
		event_add(&to->write_ev, NULL);
	memcpy(buf + to->len, p, n);
	free(to->buf);
	to->buf = buf;
	to->off = 0;
	to->len += n;
	memory_add(to->tunnel->loop->memory, n);
	want_read(other(to), false);
}

/* Sends bytes to a side as they are; what it does not take waits. */
static void
send_bytes(struct side *to, const char *p, size_t n)
{
	ssize_t r = 0;

	if (to->len == 0)
		r = send(to->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (r == -1 && errno != EAGAIN && errno != EINTR) {
		end(to->tunnel, "reset");
		return;
	}
	if (r == -1)
		r = 0;
	if (r > 0)
		moved(to->tunnel);
	keep(to, p + r, n - (size_t)r);
}

/* Sends what TLS has made to be sent to that side. */
static void
flush_wire(struct side *to)
{
	struct tls_wire *w = &to->tunnel->loop->wire;
	size_t n = w->out_len;

	w->out_len = 0;
	if (n > 0)
		send_bytes(to, w->out, n);
}

static void
deliver(struct side *to, const char *p, size_t n)
{
	struct iovec v = { .iov_base = (char *)(uintptr_t)p, .iov_len = n };

	if (n == 0)
		return;
	if (to->tls == NULL) {
		send_bytes(to, p, n);
		return;
	}
	if (!tls_write(to->tls, &v, 1))
		end(to->tunnel, "tls");
	flush_wire(to);
}

/* Passes an end of input on once all before it has left. */
static void
pass_end(struct side *to)
{
	struct tunnel *t = to->tunnel;

	if (!to->eof || to->shut || to->len > 0)
		return;
	if (to->tls != NULL && !to->notified) {
		to->notified = true;
		tls_close(to->tls);
		flush_wire(to);
		if (to->len > 0)
			return;
	}
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
write_cb(evutil_socket_t fd, short what, void *arg)
{
	struct side *to = arg;
	ssize_t r;

	(void)what;
	if (to->tunnel->ended)
		return;
	r = send(fd, to->buf + to->off, to->len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (r == -1 && errno != EAGAIN && errno != EINTR) {
		end(to->tunnel, "reset");
		return;
	}
	if (r <= 0)
		return;
	moved(to->tunnel);
	to->off += (size_t)r;
	to->len -= (size_t)r;
	memory_sub(to->tunnel->loop->memory, (size_t)r);
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
take_end(struct side *from)
{
	struct side *to = other(from);

	want_read(from, false);
	to->eof = true;
	pass_end(to);
}

/* Bytes from one side, as they are to be read. */
static void
take_bytes(struct side *from, const char *p, size_t n)
{
	struct tunnel *t = from->tunnel;

	if (n == 0)
		return;
	if (from == &t->client && !t->events->may_pass(t->user, p, n)) {
		end(t, "a request in pieces");
		return;
	}
	if (from == &t->client)
		t->events->passed(t->user, n, 0);
	else
		t->events->passed(t->user, 0, n);
	moved(t);
	deliver(other(from), p, n);
}

static void
take_tls(struct side *from, size_t n)
{
	struct loop *l = from->tunnel->loop;
	enum tls_result result;
	size_t plain;

	result = tls_read(from->tls, l->cipher, n, l->scratch,
	    sizeof l->scratch, &plain);
	flush_wire(from);
	if (from->len > TLS_WIRE_MAX * from->tunnel->buffer) {
		end(from->tunnel, "does not read");
		return;
	}
	take_bytes(from, l->scratch, plain);
	if (result == TLS_FAILED)
		end(from->tunnel, "tls");
	else if (result == TLS_CLOSED)
		take_end(from);
}

/* One recv(), and what comes of it; false: no use to go on. */
static bool
read_once(struct side *from)
{
	struct tunnel *t = from->tunnel;
	struct loop *l = t->loop;
	char *buf = from->tls != NULL ? l->cipher : l->scratch;
	size_t size = from->tls != NULL ? sizeof l->cipher : sizeof l->scratch;
	ssize_t n;

	if (size > t->buffer)
		size = t->buffer;
	size = memory_piece(l->memory, size);
	n = recv(from->fd, buf, size, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n == -1 || (n == 0 && from->tls != NULL &&
	    !tls_ended(from->tls))) {
		end(t, n == -1 ? "reset" : "cut off");
		return false;
	}
	if (n == 0)
		take_end(from);
	else if (from->tls != NULL)
		take_tls(from, (size_t)n);
	else
		take_bytes(from, l->scratch, (size_t)n);
	return (size_t)n == size;
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	struct side *from = arg;
	int i;

	(void)fd;
	(void)what;
	for (i = 0; i < READS && !from->tunnel->ended && from->reading; i++) {
		if (!read_once(from))
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
open_side(struct tunnel *t, struct side *s, const struct tunnel_side *start)
{
	struct event_base *base = t->loop->base;

	s->tunnel = t;
	s->fd = start->fd;
	s->tls = start->tls;
	set_keepalive(s->fd);
	event_assign(&s->read_ev, base, s->fd, EV_READ | EV_PERSIST, read_cb,
	    s);
	event_assign(&s->write_ev, base, s->fd, EV_WRITE | EV_PERSIST,
	    write_cb, s);
}

struct tunnel *
tunnel_new(struct loop *l, const struct tunnel_events *events, void *user,
    const struct tunnel_side *client, const struct tunnel_side *upstream,
    const struct conf *conf, uint64_t idle)
{
	struct tunnel *t;

	if ((t = calloc(1, sizeof *t)) == NULL)
		return NULL;
	t->loop = l;
	t->events = events;
	t->user = user;
	t->idle = idle;
	t->half = conf->timeout_idle;
	t->buffer = conf->limit_buffer;
	event_assign(&t->end_ev, l->base, -1, 0, end_cb, t);
	deadline_init(&t->timer, l, timer_cb, t);
	open_side(t, &t->client, client);
	open_side(t, &t->upstream, upstream);
	moved(t);
	want_read(&t->client, true);
	want_read(&t->upstream, true);
	deliver(&t->client, client->first, client->len);
	deliver(&t->upstream, upstream->first, upstream->len);
	/* its end may have come with the bytes before the tunnel */
	if (client->tls != NULL && tls_ended(client->tls))
		take_end(&t->client);
	if (upstream->tls != NULL && tls_ended(upstream->tls))
		take_end(&t->upstream);
	return t;
}

static void
close_side(struct side *s)
{
	want_read(s, false);
	if (s->len > 0)
		event_del(&s->write_ev);
	memory_sub(s->tunnel->loop->memory, s->len);
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
		reset_connection(t->upstream.fd);
	close(t->upstream.fd);
	tls_free(t->upstream.tls);
	loop_bury(t->loop, &t->grave, free, t);
}

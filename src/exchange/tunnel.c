/* SPDX-License-Identifier: ISC */
#include "exchange/tunnel.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/memory.h"
#include "conf/conf.h"
#include "net/loop.h"
#include "net/reset.h"
#include "net/stream.h"
#include "tls/tls.h"

/*
 * Each direction is a pipe from one side to the other.  Bytes are sent as soon
 * as they are read; what a socket does not take waits in the stream's buffer,
 * and nothing more is read until that is empty.  An end of input is passed on
 * when the buffer is empty; when both have passed on theirs the tunnel has
 * ended.
 *
 * With TLS on a side, an end of input is the peer's close_notify; without one
 * the tunnel was cut off.
 *
 * Where a side is gone, the other one is reset, since an end would look as if all
 * had come.  A reset takes away what is still on its way, so it comes behind what
 * the side that is gone had sent (RFC 9110, 9.3.6); not where that has broken
 * TLS, or what may pass.
 */

#define KEEP_IDLE	60	/* s; then the kernel asks whether it lives */
#define LOOK_FIRST	1000000ULL	/* ns; whether it has arrived */
#define LOOK_LAST	250000000ULL

struct side {
	struct tunnel	*tunnel;
	struct stream	 stream;
	bool		 eof;		/* its peer said no more will come */
	bool		 shut;		/* and we have passed that on to it */
	bool		 lost;		/* it takes nothing any more */
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
	struct side	*last;		/* has what the other one, which is */
	size_t		 unacked;	/* gone, had sent: but so many bytes */
	uint64_t	 until;		/* ns: for which it is waited */
	uint64_t	 look;		/* ns: until it is looked at again */
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

/* It is alive; from now on it has that long again. */
static void
moved(struct tunnel *t)
{
	bool half = t->client.shut || t->upstream.shut || t->client.lost ||
	    t->upstream.lost || t->last != NULL;

	deadline_set(&t->timer, loop_now() + (half ? t->half : t->idle));
}

/* Whether all has arrived is not told by anybody: it is looked at. */
static void
await_last(struct tunnel *t)
{
	size_t unacked = stream_unacked(&t->last->stream);
	uint64_t now = loop_now();

	if (unacked < t->unacked) {
		t->unacked = unacked;
		t->until = now + t->half;
	}
	if (unacked == 0 || now >= t->until) {
		end(t, t->why);
		return;
	}
	deadline_set(&t->timer, now + t->look);
	if (t->look < LOOK_LAST)
		t->look *= 2;
}

/* Nothing more comes from a side that is gone: ends behind what has come. */
static void
end_behind(struct side *gone, const char *why)
{
	struct tunnel *t = gone->tunnel;
	struct side *to = other(gone);

	if (t->why == NULL)
		t->why = why;
	stream_read(&gone->stream, false);
	stream_read(&to->stream, false);
	if (to->stream.broken) {
		end(t, t->why);
		return;
	}
	t->last = to;
	if (stream_pending(&to->stream) > 0) {
		moved(t);
		return;
	}
	t->unacked = SIZE_MAX;
	t->look = LOOK_FIRST;
	await_last(t);
}

/* Of one that is lost all that there is: it may not be told of any more. */
static void
read_side(struct side *s)
{
	stream_read(&s->stream, true);
	if (s->lost)
		stream_read_again(&s->stream);
}

/*
 * Sending to a side has failed: what it had sent before may be there, and is
 * still read; what the other one sends goes nowhere.
 */
static void
lose(struct side *s)
{
	struct tunnel *t = s->tunnel;

	if (t->why == NULL)
		t->why = "reset";
	s->lost = true;
	stream_read(&other(s)->stream, false);
	if (t->last != NULL || other(s)->lost)
		end(t, t->why);
	else if (stream_pending(&other(s)->stream) == 0)
		read_side(s);
	else
		moved(t);
}

/* Sends bytes to a side; while some of them wait, the other is not read. */
static void
deliver(struct side *to, const char *p, size_t n)
{
	struct iovec v = { .iov_base = (char *)(uintptr_t)p, .iov_len = n };
	uint64_t sent = to->stream.sent;

	if (n == 0)
		return;
	if (!stream_send(&to->stream, &v, 1)) {
		lose(to);
		return;
	}
	if (to->stream.sent > sent)
		moved(to->tunnel);
	if (stream_pending(&to->stream) > 0)
		stream_read(&other(to)->stream, false);
}

/* Passes an end of input on once all before it has left. */
static void
pass_end(struct side *to)
{
	struct tunnel *t = to->tunnel;

	if (!to->eof || to->shut || stream_pending(&to->stream) > 0)
		return;
	if (!stream_shut(&to->stream)) {
		lose(to);
		return;
	}
	if (stream_pending(&to->stream) > 0)
		return;		/* close_notify comes first */
	to->shut = true;
	if (other(to)->shut)
		end(t, NULL);
	else
		moved(t);
}

static void
written_cb(void *arg)
{
	struct side *to = arg;
	struct tunnel *t = to->tunnel;

	if (t->ended)
		return;
	if (to->stream.broken) {
		lose(to);
		return;
	}
	moved(t);
	if (stream_pending(&to->stream) > 0)
		return;
	if (t->last == to || (other(to)->lost && to->eof))
		end_behind(other(to), NULL);
	else if (to->eof)
		pass_end(to);
	else
		read_side(other(to));
}

static void
take_end(struct side *from)
{
	struct side *to = other(from);

	stream_read(&from->stream, false);
	to->eof = true;
	pass_end(to);
}

/* Of one that is lost nothing more is awaited than what is there. */
static bool
is_over(const struct side *from, enum stream_io io)
{
	return from->lost && (io == STREAM_NOTHING || io == STREAM_END);
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

/* One recv() before others have a turn: more would save next to nothing. */
static void
readable_cb(void *arg)
{
	struct side *from = arg;
	struct tunnel *t = from->tunnel;
	struct stream *s = &from->stream;
	enum stream_io io;
	size_t n;

	io = stream_receive(s, memory_piece(s->memory, t->buffer), &n);
	take_bytes(from, t->loop->scratch, n);
	if (is_over(from, io)) {
		end_behind(from, NULL);
		return;
	}
	switch (io) {
	case STREAM_ALL:
	case STREAM_NOTHING:
		break;
	case STREAM_END:
		take_end(from);
		break;
	case STREAM_CUT:
		end_behind(from, "cut off");
		break;
	case STREAM_RESET:
		end_behind(from, "reset");
		break;
	case STREAM_TLS_FAILED:
		end(t, s->answered > s->max_answered ? "does not read" :
		    "tls");
		break;
	}
}

static const struct stream_events stream_events = {
	.readable = readable_cb,
	.written = written_cb,
};

static void
timer_cb(void *arg)
{
	struct tunnel *t = arg;

	if (t->last != NULL && stream_pending(&t->last->stream) == 0)
		await_last(t);
	else
		end(t, t->why != NULL ? t->why : "idle");
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
open_side(struct tunnel *t, struct side *s, const struct tunnel_side *start,
    struct memory_holder *memory)
{
	s->tunnel = t;
	set_keepalive(start->fd);
	stream_open(&s->stream, t->loop, start->fd, &stream_events, s);
	stream_charge(&s->stream, memory);
	if (start->tls_below != NULL)
		stream_start_tls(&s->stream, start->tls_below,
		    TLS_WIRE_MAX * t->buffer, NULL);
	if (start->tls != NULL)
		stream_start_tls(&s->stream, start->tls,
		    TLS_WIRE_MAX * t->buffer, NULL);
	stream_read(&s->stream, true);
}

struct tunnel *
tunnel_new(struct loop *l, struct memory_holder *memory,
    const struct tunnel_events *events, void *user,
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
	open_side(t, &t->client, client, memory);
	open_side(t, &t->upstream, upstream, memory);
	moved(t);
	deliver(&t->client, client->first, client->len);
	deliver(&t->upstream, upstream->first, upstream->len);
	/* its end may have come with the bytes before the tunnel */
	if (client->tls != NULL && tls_ended(client->tls))
		take_end(&t->client);
	if (upstream->tls != NULL && tls_ended(upstream->tls))
		take_end(&t->upstream);
	return t;
}

void
tunnel_free(struct tunnel *t)
{
	int fd;

	if (t == NULL)
		return;
	t->ended = true;
	event_del(&t->end_ev);
	deadline_free(&t->timer);
	stream_release(&t->client.stream);
	t->client.stream.tls = NULL;	/* its lender's */
	fd = stream_release(&t->upstream.stream);
	/* what was not ended by both sides must not look as if it was */
	if (!t->client.shut || !t->upstream.shut)
		reset_connection(fd);
	close(fd);
	stream_free(&t->upstream.stream);
	loop_bury(t->loop, &t->grave, free, t);
}

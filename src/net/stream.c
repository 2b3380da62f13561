/* SPDX-License-Identifier: ISC */
#include "net/stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "base/memory.h"
#include "net/loop.h"
#include "tls/tls.h"

#define RECORDS	64	/* of TLS, read at a time; 64 times 3 us */

/* Out */

size_t
stream_pending(const struct stream *s)
{
	return s->out != NULL ? evbuffer_get_length(s->out) : 0;
}

bool
stream_arrived(const struct stream *s)
{
	struct tcp_info info = { .tcpi_unacked = 0 };
	socklen_t len = sizeof info;

	/* a reset has dropped what was not, and may come behind an end */
	return !s->broken && stream_pending(s) == 0 &&
	    getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	    info.tcpi_state != TCP_CLOSE && info.tcpi_unacked == 0;
}

size_t
stream_unacked(const struct stream *s)
{
	struct tcp_info info = { .tcpi_state = TCP_CLOSE };
	socklen_t len = sizeof info;
	int n = 0;

	/* of one that was reset the kernel counts what it has dropped */
	if (getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1 ||
	    info.tcpi_state == TCP_CLOSE || ioctl(s->fd, SIOCOUTQ, &n) == -1)
		return 0;
	return (size_t)n;
}

/* Nothing waits any more. */
static void
drop_output(struct stream *s)
{
	if (s->out == NULL)
		return;
	event_del(&s->write_ev);
	memory_unwatch(s->counted, s->out);
	evbuffer_free(s->out);
	s->out = NULL;
	s->answered = 0;
}

static bool
fail(struct stream *s)
{
	s->broken = true;
	drop_output(s);
	return false;
}

static void
write_cb(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;
	int n;

	(void)what;
	n = evbuffer_write_atmost(s->out, fd, -1);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1)
		fail(s);
	else
		s->sent += (uint64_t)n;
	if (stream_pending(s) == 0)
		drop_output(s);
	s->events->written(s->owner);
}

/* Makes room for what waits; false without memory. */
static bool
need_output(struct stream *s)
{
	if (s->out != NULL)
		return true;
	if ((s->out = evbuffer_new()) == NULL)
		return false;
	s->counted = s->memory;
	return memory_watch(s->counted, s->out) &&
	    event_add(&s->write_ev, NULL) == 0;
}

/* Has wait what the socket did not take, from byte done on. */
static bool
keep_rest(struct stream *s, const struct iovec *v, int n, size_t done)
{
	int i;

	if (!need_output(s))
		return false;
	for (i = 0; i < n; i++) {
		if (done >= v[i].iov_len) {
			done -= v[i].iov_len;
			continue;
		}
		if (evbuffer_add(s->out, (char *)v[i].iov_base + done,
		    v[i].iov_len - done) == -1)
			return false;
		done = 0;
	}
	return true;
}

/* As they are: plain, or encrypted already. */
static bool
send_bytes(struct stream *s, const struct iovec *v, int n)
{
	struct msghdr msg = {
		.msg_iov = (struct iovec *)(uintptr_t)v,
		.msg_iovlen = (size_t)n,
	};
	size_t total = 0, done = 0;
	ssize_t r;
	int i;

	if (s->broken)
		return false;
	for (i = 0; i < n; i++)
		total += v[i].iov_len;
	if (s->out == NULL) {
		r = sendmsg(s->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (r == -1 && errno != EAGAIN && errno != EINTR)
			return fail(s);
		done = r > 0 ? (size_t)r : 0;
		s->sent += done;
	}
	return done == total || keep_rest(s, v, n, done) || fail(s);
}

bool
stream_flush_wire(struct stream *s)
{
	struct tls_wire *w = &s->loop->wire;
	struct iovec v = { .iov_base = w->out, .iov_len = w->out_len };

	/* emptied in any case: it is of no use to anybody else */
	w->out_len = 0;
	return v.iov_len > 0 ? send_bytes(s, &v, 1) : !s->broken;
}

bool
stream_send(struct stream *s, const struct iovec *v, int n)
{
	if (s->tls == NULL || s->broken)
		return send_bytes(s, v, n);
	if (tls_write(s->tls, v, n))
		return stream_flush_wire(s);
	s->loop->wire.out_len = 0;
	return fail(s);
}

/* In */

static enum stream_io
receive_plain(struct stream *s, size_t size, size_t *n)
{
	struct loop *l = s->loop;
	ssize_t r;

	if (size > sizeof l->scratch)
		size = sizeof l->scratch;
	r = recv(s->fd, l->scratch, size, MSG_DONTWAIT);
	if (r == -1)
		return errno == EAGAIN || errno == EINTR ? STREAM_NOTHING :
		    STREAM_RESET;
	*n = (size_t)r;
	if (r == 0)
		return STREAM_END;
	return *n == size ? STREAM_ALL : STREAM_NOTHING;
}

/* What came before TLS began, then what the socket has; as recv(). */
static ssize_t
receive_cipher(struct stream *s, size_t size)
{
	struct loop *l = s->loop;
	ssize_t n;

	if (s->early == NULL)
		return recv(s->fd, l->cipher, size, MSG_DONTWAIT);
	n = evbuffer_remove(s->early, l->cipher, size);
	if (evbuffer_get_length(s->early) > 0) {
		stream_read_again(s);
		return n;
	}
	evbuffer_free(s->early);
	s->early = NULL;
	return n;
}

/*
 * Records of a byte each would keep everybody else waiting while a whole piece
 * of them is read: the next piece is as long as what so many of them took, and
 * grows again where a whole piece has few.
 */
static void
size_piece(struct stream *s, size_t n)
{
	size_t work = tls_work(s->tls);

	if (work > RECORDS)
		s->piece = n * RECORDS / work + 1;
	else if (n == s->piece && work < RECORDS / 2 &&
	    s->piece < sizeof s->loop->cipher)
		s->piece *= 2;
}

/* Sends what TLS answers.  Returns false when too much of that waits. */
static bool
answer(struct stream *s)
{
	size_t n = s->loop->wire.out_len;

	stream_flush_wire(s);
	if (s->out != NULL)
		s->answered += n;
	return s->answered <= s->max_answered;
}

static enum stream_io
receive_tls(struct stream *s, size_t size, size_t *n)
{
	struct loop *l = s->loop;
	bool early = s->early != NULL;
	enum tls_result result;
	ssize_t r;

	if (size > sizeof l->cipher)
		size = sizeof l->cipher;
	if (size > s->piece)
		size = s->piece;
	r = receive_cipher(s, size);
	if (r == -1)
		return errno == EAGAIN || errno == EINTR ? STREAM_NOTHING :
		    STREAM_RESET;
	if (r == 0)
		return tls_ended(s->tls) ? STREAM_END : STREAM_CUT;
	result = (early ? tls_read_early : tls_read)(s->tls, l->cipher,
	    (size_t)r, l->scratch, sizeof l->scratch, n);
	size_piece(s, (size_t)r);
	if (!answer(s)) {
		tls_give_up(s->tls, "the peer does not read");
		result = TLS_FAILED;
	}
	if (result == TLS_FAILED)
		return STREAM_TLS_FAILED;
	if (result == TLS_CLOSED)
		return STREAM_END;
	return (size_t)r == size ? STREAM_ALL : STREAM_NOTHING;
}

enum stream_io
stream_receive(struct stream *s, size_t size, size_t *n)
{
	*n = 0;
	if (s->deaf) {
		errno = ENOMEM;
		return STREAM_RESET;
	}
	if (s->tls != NULL)
		return receive_tls(s, size, n);
	return receive_plain(s, size, n);
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd;
	(void)what;
	s->events->readable(s->owner);
}

void
stream_read(struct stream *s, bool on)
{
	if (!on)
		event_del(&s->read_ev);	/* it may also have been made active */
	else if (!s->reading && event_add(&s->read_ev, NULL) == -1) {
		/* whoever reads is told, as of a reset */
		s->deaf = true;
		stream_read_again(s);
	}
	s->reading = on;
}

void
stream_read_again(struct stream *s)
{
	event_active(&s->read_ev, EV_READ, 0);
}

bool
stream_is_due(const struct stream *s)
{
	/* the loop has seen it, and has others to tell first */
	return s->read_ev.ev_evcallback.evcb_flags & EVLIST_ACTIVE;
}

/* Start and end */

void
stream_open(struct stream *s, struct loop *l, int fd,
    const struct stream_events *events, void *owner)
{
	s->loop = l;
	s->fd = fd;
	s->events = events;
	s->owner = owner;
	s->memory = &l->memory->nobody;
	event_assign(&s->read_ev, l->base, fd, EV_READ | EV_PERSIST, read_cb,
	    s);
	event_assign(&s->write_ev, l->base, fd, EV_WRITE | EV_PERSIST,
	    write_cb, s);
}

void
stream_start_tls(struct stream *s, struct tls *tls, size_t max,
    struct evbuffer *early)
{
	s->tls_below = s->tls;
	s->tls = tls;
	s->max_answered = max;
	s->piece = TLS_RECORD;
	s->early = early;
	if (early != NULL)
		stream_read_again(s);
}

/* Behind half a record it would not be understood. */
static bool
close_tls(struct stream *s)
{
	if (s->tls == NULL || s->notified || s->broken || s->out != NULL)
		return !s->broken;
	s->notified = true;
	tls_close(s->tls);
	if (s->tls_below != NULL)
		tls_close(s->tls_below);
	return stream_flush_wire(s);
}

bool
stream_shut(struct stream *s)
{
	if (!close_tls(s))
		return false;
	return s->out != NULL || shutdown(s->fd, SHUT_WR) == 0;
}

int
stream_release(struct stream *s)
{
	int fd = s->fd;

	if (fd == -1)
		return -1;
	drop_output(s);
	event_del(&s->read_ev);
	s->reading = false;
	s->fd = -1;
	return fd;
}

void
stream_close(struct stream *s)
{
	int fd;

	if (s->fd == -1)
		return;
	(void)close_tls(s);
	fd = stream_release(s);
	close(fd);
}

void
stream_free(struct stream *s)
{
	tls_free(s->tls);
	tls_free(s->tls_below);
	if (s->early != NULL)
		evbuffer_free(s->early);
	s->tls = s->tls_below = NULL;
	s->early = NULL;
}

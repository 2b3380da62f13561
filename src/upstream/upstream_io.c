/* SPDX-License-Identifier: ISC */
#include "upstream/upstream_io.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "upstream/connection.h"
#include "upstream/upstream.h"


/* An upstream's socket, and the TLS on it. */

#define QUIET_READS	2	/* recv() calls to see whether one is quiet */

/* Out */

size_t
upstream_pending(const struct upstream *u)
{
	return u->out != NULL ? evbuffer_get_length(u->out) : 0;
}

static void
stop_sending(struct upstream *u)
{
	if (u->out == NULL)
		return;
	event_del(&u->write_ev);
	memory_unwatch(u->upstreams->loop->memory, u->out);
	evbuffer_free(u->out);
	u->out = NULL;
}

/*
 * Sending has failed, yet a response may have come before; reading will tell,
 * and will find the end of the connection if there is none.
 */
static void
send_failed(struct upstream *u)
{
	u->broken = true;
	stop_sending(u);
}

static void
write_cb(evutil_socket_t fd, short what, void *arg)
{
	struct upstream *u = arg;
	int n;

	(void)what;
	n = evbuffer_write_atmost(u->out, fd, -1);
	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		send_failed(u);
		return;
	}
	if (n > 0)
		u->sent += (uint64_t)n;
	if (upstream_pending(u) == 0)
		stop_sending(u);
	if (n > 0 && u->events != NULL && u->ready)
		u->events->sendable(u->user);
}

void
upstream_io_init(struct upstream *u)
{
	event_assign(&u->write_ev, u->upstreams->loop->base, u->fd,
	    EV_WRITE | EV_PERSIST, write_cb, u);
}

static bool
buffer_rest(struct upstream *u, const struct iovec *v, int n, size_t done)
{
	int i;

	if (u->out == NULL) {
		if ((u->out = evbuffer_new()) == NULL)
			return false;
		event_add(&u->write_ev, NULL);
		if (!memory_watch(u->upstreams->loop->memory, u->out))
			return false;
	}
	for (i = 0; i < n; i++) {
		if (done >= v[i].iov_len) {
			done -= v[i].iov_len;
			continue;
		}
		if (evbuffer_add(u->out, (char *)v[i].iov_base + done,
		    v[i].iov_len - done) == -1)
			return false;
		done = 0;
	}
	return true;
}

static void
send_bytes(struct upstream *u, struct iovec *v, int n)
{
	struct msghdr msg = { .msg_iov = v, .msg_iovlen = (size_t)n };
	size_t total = 0;
	ssize_t r = 0;
	int i;

	for (i = 0; i < n; i++)
		total += v[i].iov_len;
	if (u->out == NULL) {
		r = sendmsg(u->fd, &msg, MSG_NOSIGNAL);
		if (r == -1 && errno != EAGAIN && errno != EINTR) {
			send_failed(u);
			return;
		}
		if (r == -1)
			r = 0;
		u->sent += (uint64_t)r;
	}
	if ((size_t)r < total && !buffer_rest(u, v, n, (size_t)r))
		send_failed(u);
}

void
upstream_flush_wire(struct upstream *u)
{
	struct tls_wire *w = &u->upstreams->loop->wire;
	struct iovec v = { .iov_base = w->out, .iov_len = w->out_len };

	w->out_len = 0;
	if (v.iov_len > 0 && !u->broken)
		send_bytes(u, &v, 1);
}

void
upstream_send(struct upstream *u, struct iovec *v, int n)
{
	if (u->broken)
		return;
	if (u->tls == NULL)
		send_bytes(u, v, n);
	else if (tls_write(u->tls, v, n))
		upstream_flush_wire(u);
	else {
		u->upstreams->loop->wire.out_len = 0;	/* nobody else's */
		send_failed(u);
	}
}

void
upstream_hang_up(struct upstream *u)
{
	/* behind half a record it would not be understood */
	if (u->tls != NULL && !u->broken && u->out == NULL) {
		tls_close(u->tls);
		upstream_flush_wire(u);
	}
	stop_sending(u);
	close(u->fd);
}

/* In */

static enum upstream_io
receive_plain(struct upstream *u, size_t size, size_t *n)
{
	struct loop *l = u->upstreams->loop;
	ssize_t r;

	if (size > sizeof l->scratch)
		size = sizeof l->scratch;
	r = recv(u->fd, l->scratch, size, MSG_DONTWAIT);
	if (r == -1)
		return errno == EAGAIN || errno == EINTR ?
		    UPSTREAM_IO_NOTHING : UPSTREAM_IO_CUT;
	*n = (size_t)r;
	if (r == 0)
		return UPSTREAM_IO_END;
	return *n == size ? UPSTREAM_IO_ALL : UPSTREAM_IO_NOTHING;
}

static enum upstream_io
receive_tls(struct upstream *u, size_t size, size_t *n)
{
	struct loop *l = u->upstreams->loop;
	enum tls_result result;
	ssize_t r;

	if (size > sizeof l->cipher)
		size = sizeof l->cipher;
	r = recv(u->fd, l->cipher, size, MSG_DONTWAIT);
	if (r == -1 && (errno == EAGAIN || errno == EINTR))
		return UPSTREAM_IO_NOTHING;
	if (r <= 0)
		return tls_ended(u->tls) ? UPSTREAM_IO_END : UPSTREAM_IO_CUT;
	result = tls_read(u->tls, l->cipher, (size_t)r, l->scratch,
	    sizeof l->scratch, n);
	upstream_flush_wire(u);
	if (u->events == NULL && u->out != NULL)
		return UPSTREAM_IO_CUT;		/* idle, and does not read */
	if (upstream_pending(u) > TLS_WIRE_MAX * u->upstreams->conf->limit_buffer) {
		tls_give_up(u->tls, "the peer does not read");
		result = TLS_FAILED;
	}
	if (result == TLS_FAILED)
		return UPSTREAM_IO_TLS;
	if (result == TLS_CLOSED)
		return UPSTREAM_IO_END;
	return (size_t)r == size ? UPSTREAM_IO_ALL : UPSTREAM_IO_NOTHING;
}

enum upstream_io
upstream_receive(struct upstream *u, size_t size, size_t *n)
{
	*n = 0;
	if (u->tls != NULL)
		return receive_tls(u, size, n);
	return receive_plain(u, size, n);
}

bool
upstream_quiet(struct upstream *u)
{
	enum upstream_io io = UPSTREAM_IO_ALL;
	size_t n = 0;
	int i;

	/* TLS may have tickets for us, but not without end */
	for (i = 0; i < QUIET_READS && io == UPSTREAM_IO_ALL && n == 0; i++)
		io = upstream_receive(u, sizeof u->upstreams->loop->scratch, &n);
	return io == UPSTREAM_IO_NOTHING && n == 0;
}

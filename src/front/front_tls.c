/* SPDX-License-Identifier: ISC */
#include "front/front_tls.h"

#include <errno.h>

#include "base/log.h"
#include "base/once.h"
#include "front/downstream.h"
#include "front/front_http2.h"
#include "front/front_send.h"
#include "tls/tls_context.h"

/*
 * TLS with clients: on a listening address that has a certificate, and inside
 * an intercepted tunnel, which may be inside the former.  What is received
 * passes here first: the handshake is watched, and who does not trust us.
 */

struct tls *
front_tls(const struct downstream *d)
{
	return d->stream.tls;
}

/* The handshake */

void
front_start_tls(struct downstream *d, struct tls *tls, struct evbuffer *early)
{
	stream_start_tls(&d->stream, tls,
	    TLS_WIRE_MAX * front_conf(d)->limit_buffer, early);
	d->handshake = true;
	deadline_set(&d->read_timer,
	    loop_now() + front_conf(d)->timeout_header);
}

/*
 * A client that does not trust our certificate may say so, or just go; with TLS
 * 1.3 after what is a complete handshake to us.  One that wants HTTP/2 goes,
 * too, when it is not given that.
 */
static void
tell_distrust(struct downstream *d, const char *why)
{
	const char *name = d->inside != NULL ? d->inside->name :
	    d->listener->text;

	d->tls_unused = false;
	if (tls_wants_http2(tls_ssl(d->stream.tls))) {
		front_tell_http2(d, "wants HTTP/2 only");
		return;
	}
	if (!once_first(ONCE_TLS, name))
		return;
	if (d->inside != NULL)
		log_info("%s: a client (%s) ended its TLS with us before any "
		    "request (%s): does it trust the CA of tls.ca_certificate?",
		    name, front_peer(d), why);
	else
		log_info("listen: %s: a client (%s) ended its TLS with us "
		    "before any request (%s): does it trust the certificate "
		    "of that address?", name, front_peer(d), why);
}

static void
handshake_done(struct downstream *d)
{
	d->handshake = false;
	d->tls_unused = true;
	deadline_set(&d->read_timer, loop_now() + front_conf(d)->timeout_idle);
}

static void
no_handshake(struct downstream *d, const char *why)
{
	front_events(d)->no_handshake(d->front->setup.owner, d, d->inside,
	    why);
}

void
front_handshake_late(struct downstream *d)
{
	no_handshake(d, "too slow");
}

/* Input */

/* What we end ourselves once the handshake is done is not for its sake. */
static bool
may_distrust(const struct downstream *d)
{
	if (d->tls_end == TLS_CLOSED)
		return d->tls_unused;
	return d->handshake || (d->tls_unused &&
	    tls_failure(d->stream.tls)->kind == TLS_ALERT);
}

/* As recv() tells of an end; what was read before it comes first. */
static ssize_t
tell_end(struct downstream *d)
{
	if (may_distrust(d))
		tell_distrust(d, d->tls_end == TLS_CLOSED ? "closed" :
		    tls_failure(d->stream.tls)->text);
	if (d->tls_end == TLS_CLOSED)
		return 0;
	if (d->handshake)
		no_handshake(d, tls_failure(d->stream.tls)->text);
	d->handshake = false;
	errno = ECONNABORTED;
	return -1;
}

/* TLS has ended; that is told when what came before it was taken. */
static void
end_later(struct downstream *d, enum tls_result result)
{
	d->tls_end = result;
	stream_read_again(&d->stream);
}

/* The connection has ended, and said nothing inside TLS, if there is any. */
static ssize_t
tell_gone(struct downstream *d, int err)
{
	if (d->tls_unused && (err == 0 || err == ECONNRESET))
		tell_distrust(d, "gone");
	errno = err;
	return err == 0 ? 0 : -1;
}

ssize_t
front_receive(struct downstream *d, size_t size)
{
	struct stream *s = &d->stream;
	enum stream_io io;
	size_t n;

	if (d->tls_end != TLS_OK)
		return tell_end(d);
	io = stream_receive(s, size, &n);
	if (io == STREAM_RESET)
		return tell_gone(d, errno);
	if (io == STREAM_CUT || (io == STREAM_END && s->tls == NULL))
		return tell_gone(d, 0);
	front_watch_output(d);
	if (d->handshake && io != STREAM_TLS_FAILED && tls_ready(s->tls))
		handshake_done(d);
	if (io == STREAM_END || io == STREAM_TLS_FAILED)
		end_later(d, io == STREAM_END ? TLS_CLOSED : TLS_FAILED);
	errno = EAGAIN;
	return n > 0 ? (ssize_t)n : -1;
}

/* SPDX-License-Identifier: ISC */
#include "front/front_tls.h"

#include <errno.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/once.h"
#include "front/downstream.h"
#include "front/front_send.h"

/*
 * TLS with clients: on a listening address that has a certificate, and inside
 * an intercepted tunnel, which may be inside the former.  What is received
 * passes here first, so that the rest of the front sees plain bytes only.
 */

struct tls *
front_tls(const struct downstream *d)
{
	return d->tls;
}

void
front_close_tls(struct downstream *d)
{
	if (d->tls == NULL)
		return;
	tls_close(d->tls);
	if (d->tls_below != NULL)
		tls_close(d->tls_below);
	front_flush_wire(d);
}

void
front_free_tls(struct downstream *d)
{
	tls_free(d->tls_next);
	tls_free(d->tls);
	tls_free(d->tls_below);
	if (d->early != NULL)
		evbuffer_free(d->early);
}

/* The handshake */

void
front_start_tls(struct downstream *d, struct tls *tls)
{
	d->tls_below = d->tls;
	d->tls = tls;
	d->handshake = true;
	deadline_set(&d->read_timer,
	    loop_now() + front_conf(d)->timeout_header);
}

/*
 * A client that does not trust our certificate may say so, or just go; with TLS
 * 1.3 after what is a complete handshake to us.
 */
static void
tell_distrust(struct downstream *d, const char *why)
{
	const char *name = d->inside != NULL ? d->inside->name :
	    d->listener->text;

	d->tls_unused = false;
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

/* What came behind the CONNECT, then what the socket has. */
static ssize_t
receive_cipher(struct downstream *d, size_t size)
{
	struct loop *l = d->front->loop;
	ssize_t n;

	if (size > sizeof l->cipher)
		size = sizeof l->cipher;
	if (d->early == NULL)
		return recv(d->fd, l->cipher, size, MSG_DONTWAIT);
	n = evbuffer_remove(d->early, l->cipher, size);
	if (evbuffer_get_length(d->early) > 0) {
		event_active(&d->read_ev, EV_READ, 0);
		return n;
	}
	evbuffer_free(d->early);
	d->early = NULL;
	return n;
}

/* Who only has TLS answer him (KeyUpdate), and does not read the answers. */
static bool
too_much_waits(const struct downstream *d)
{
	return front_pending(d) >
	    TLS_WIRE_MAX * d->front->conf->limit_buffer;
}

/* As recv() tells of an end; what was read before it comes first. */
static ssize_t
tell_end(struct downstream *d)
{
	if (d->tls_unused || (d->handshake && d->tls_end != TLS_CLOSED))
		tell_distrust(d, d->tls_end == TLS_CLOSED ? "closed" :
		    tls_failure(d->tls)->text);
	if (d->tls_end == TLS_CLOSED)
		return 0;
	if (d->handshake)
		no_handshake(d, tls_failure(d->tls)->text);
	d->handshake = false;
	errno = ECONNABORTED;
	return -1;
}

static ssize_t
receive_tls(struct downstream *d, size_t size)
{
	struct loop *l = d->front->loop;
	bool early = d->early != NULL;
	enum tls_result result;
	size_t plain;
	ssize_t n;
	int err;

	if (d->tls_end != TLS_OK)
		return tell_end(d);
	if ((n = receive_cipher(d, size)) <= 0) {
		err = errno;
		if (d->tls_unused && (n == 0 || err == ECONNRESET))
			tell_distrust(d, "gone");
		errno = err;
		return n;
	}
	result = (early ? tls_read_early : tls_read)(d->tls, l->cipher,
	    (size_t)n, l->scratch, sizeof l->scratch, &plain);
	front_flush_wire(d);
	if (too_much_waits(d)) {
		tls_give_up(d->tls, "the peer does not read");
		result = TLS_FAILED;
	}
	if (d->handshake && result != TLS_FAILED && tls_ready(d->tls))
		handshake_done(d);
	if (result != TLS_OK) {
		d->tls_end = result;
		event_active(&d->read_ev, EV_READ, 0);
	}
	errno = EAGAIN;
	return plain > 0 ? (ssize_t)plain : -1;
}

ssize_t
front_receive(struct downstream *d, size_t size)
{
	struct loop *l = d->front->loop;

	if (d->tls != NULL)
		return receive_tls(d, size);
	if (size > sizeof l->scratch)
		size = sizeof l->scratch;
	return recv(d->fd, l->scratch, size, MSG_DONTWAIT);
}

/* SPDX-License-Identifier: ISC */
#include "front/downstream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/reset.h"

/*
 * evhttp accepts connections, makes them and owns their sockets; it never sees
 * a byte that a client sent.  A gate in front of it takes the input:
 *
 *   ATTACHING	evhttp is still making the connection.
 *   HEAD	between requests, or reading a head.
 *   BUSY	an exchange has the request.
 *   ENDING	the response is complete, its last bytes wait for the socket;
 *		who does not read them gets no further response made.
 *   LENT	a tunnel has the socket.
 *   LINGER	our side is closed; what the client still sends is thrown
 *		away for a while, lest a reset destroys the response.
 *   DEAD	closed; its memory waits for burial.
 *
 * evhttp is shown a fixed minimal head, once, when the connection's first
 * request comes, and makes a request of it.  That one is never answered: it
 * stays open until the connection is freed, and with it.  All that lies
 * between belongs to the gate, as do all callbacks of the bufferevent; evhttp's
 * read callback is called that once.
 *
 * The gate also reads the socket itself, through an event of its own that stays
 * on, and uses the bufferevent's input only for what has to wait: a
 * bufferevent asks how much there is before it reads, and reads 4 KiB at a
 * time.
 */

#define LINGER_NS	2000000000ULL

static void stop_watching(struct downstream *);

static bool
watch_memory(struct downstream *d)
{
	struct memory *m = d->front->loop->memory;

	return memory_watch(m, bufferevent_get_input(d->bev)) &&
	    memory_watch(m, bufferevent_get_output(d->bev));
}

static void
unwatch_memory(struct downstream *d)
{
	struct memory *m = d->front->loop->memory;

	memory_unwatch(m, bufferevent_get_input(d->bev));
	memory_unwatch(m, bufferevent_get_output(d->bev));
}

void
front_close(struct downstream *d)
{
	struct front *f = d->front;

	if (d->state == DEAD)
		return;
	if (d->state == HEAD)
		front_close_tls(d);	/* between requests: in good order */
	downstream_enter(d, DEAD);
	stop_watching(d);
	event_del(&d->next_ev);
	deadline_free(&d->read_timer);
	deadline_free(&d->write_timer);
	http1_chunked_free(&d->chunked);
	front_free_tls(d);
	front_free_inside(d);
	if (d->evcon != NULL) {
		unwatch_memory(d);
		evhttp_connection_free(d->evcon);
	}
	loop_bury(f->loop, &d->grave, free, d);
}

/* The client is gone for good; so is the connection. */
void
front_client_gone(struct downstream *d, const char *why)
{
	void *attached = d->attached;

	d->attached = NULL;
	if (attached != NULL)
		front_events(d)->gone(attached, why);
	front_close(d);
}

/* Input */

size_t
front_input(const struct downstream *d)
{
	return evbuffer_get_length(bufferevent_get_input(d->bev));
}

/* How much may wait here: a head, or what was pipelined behind one. */
static size_t
room(const struct downstream *d)
{
	size_t max = front_conf(d)->limit_head + 1, len = front_input(d);

	if (d->state == BUSY)
		max = memory_piece(d->front->loop->memory, max);
	return len < max ? max - len : 0;
}

void
front_keep_input(struct downstream *d, const char *p, size_t n)
{
	struct evbuffer *input;

	if (n == 0 || d->state == DEAD || d->state == LINGER)
		return;
	input = bufferevent_get_input(d->bev);
	evbuffer_unfreeze(input, 0);
	if (evbuffer_add(input, p, n) == -1)
		front_give_up(d);
	evbuffer_freeze(input, 0);
}

static void
stop_watching(struct downstream *d)
{
	event_del(&d->read_ev);		/* it may also have been made active */
	d->watching = false;
	if (d->close_ev != NULL) {
		event_free(d->close_ev);
		close(d->close_fd);
	}
	d->close_ev = NULL;
}

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

/*
 * The input is full: nothing is read, but an end should be noticed.  A
 * descriptor of its own, because libevent does not take edge-triggered events
 * beside others on one.
 */
static void
watch_for_close(struct downstream *d)
{
	stop_watching(d);
	if ((d->close_fd = dup(d->fd)) == -1)
		return;
	d->close_ev = event_new(d->front->loop->base, d->close_fd,
	    EV_READ | EV_CLOSED | EV_ET | EV_PERSIST,
	    d->front->close_cb, d);
	if (d->close_ev == NULL)
		close(d->close_fd);
	else
		event_add(d->close_ev, NULL);
}

void
front_watch(struct downstream *d)
{
	if (d->state == DEAD || d->state == LENT || d->eof)
		return;
	if (room(d) == 0) {
		if (d->close_ev == NULL)
			watch_for_close(d);
	} else if (!d->watching) {
		stop_watching(d);
		event_add(&d->read_ev, NULL);
		d->watching = true;
		if (d->tls_end != TLS_OK)
			event_active(&d->read_ev, EV_READ, 0);
	}
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

/* Ends of requests */

/*
 * What was pipelined waits for the loop's next round: whoever sends a thousand
 * requests at once neither nests a thousand calls nor makes others wait.
 */
static void
next_request(struct downstream *d)
{
	static const struct timeval next_round = { 0 };

	http1_chunked_free(&d->chunked);
	memset(&d->scan, 0, sizeof d->scan);
	downstream_enter(d, HEAD);
	deadline_set(&d->read_timer,
	    loop_now() + front_conf(d)->timeout_idle);
	if (d->tls_next != NULL) {
		front_go_secure(d);
		return;
	}
	front_watch(d);
	if (front_input(d) > 0)
		event_add(&d->next_ev, &next_round);
}

static void
linger(struct downstream *d)
{
	struct evbuffer *input = bufferevent_get_input(d->bev);

	front_close_tls(d);
	if (d->eof || d->broken || shutdown(d->fd, SHUT_WR) == -1) {
		front_close(d);
		return;
	}
	downstream_enter(d, LINGER);
	evbuffer_drain(input, evbuffer_get_length(input));
	front_watch(d);
	deadline_set(&d->read_timer, loop_now() + LINGER_NS);
}

static void
finish(struct downstream *d)
{
	if (d->keep && !d->broken && (!d->eof || front_input(d) > 0))
		next_request(d);
	else
		linger(d);
}

void
front_end(struct downstream *d, bool keep)
{
	d->attached = NULL;
	d->hearing = false;
	if (d->state == LENT) {
		front_close(d);
		return;
	}
	if (d->state != BUSY)
		return;
	d->keep = keep && d->body_done && !d->front->draining;
	downstream_enter(d, ENDING);
	deadline_set(&d->read_timer, 0);
	if (front_pending(d) == 0)
		finish(d);
}

void
front_abort(struct downstream *d, bool reset)
{
	d->attached = NULL;
	if (d->state == DEAD)
		return;
	/* evhttp would send a FIN before it closes: that may seem an end */
	if (reset)
		reset_connection(d->fd);
	front_close(d);
}

int
front_lend(struct downstream *d, char **early, size_t *n)
{
	struct evbuffer *input = bufferevent_get_input(d->bev);

	if (d->state != BUSY || front_pending(d) > 0 || d->early != NULL)
		return -1;
	d->hearing = false;
	*n = evbuffer_get_length(input);
	*early = NULL;
	if (*n > 0 && (*early = malloc(*n)) == NULL)
		return -1;
	if (*n > 0)
		evbuffer_remove(input, *early, *n);
	bufferevent_disable(d->bev, EV_WRITE);
	stop_watching(d);
	deadline_set(&d->read_timer, 0);
	deadline_set(&d->write_timer, 0);
	downstream_enter(d, LENT);
	return d->fd;
}

void
front_attach(struct downstream *d, void *user)
{
	d->attached = user;
}

const char *
front_peer(const struct downstream *d)
{
	struct front *f = d->front;
	const char *address = "?";
	char *host = NULL;
	uint16_t port = 0;

	if (d->is_unix)
		return "unix:";
	evhttp_connection_get_peer(d->evcon, &host, &port);
	if (host != NULL)
		address = host;
	snprintf(f->peer, sizeof f->peer,
	    strchr(address, ':') != NULL ? "[%s]:%u" : "%s:%u", address, port);
	return f->peer;
}

const struct http1_host *
front_tunnel(const struct downstream *d)
{
	return d->inside;
}

void
front_hear(struct downstream *d)
{
	d->hearing = d->state == BUSY;
}

const char *
front_heard(struct downstream *d, size_t *n)
{
	*n = front_input(d);
	return (const char *)evbuffer_pullup(bufferevent_get_input(d->bev),
	    -1);
}

void
front_keep_turn(struct downstream *d, const struct claim_turn *turn)
{
	d->turn = *turn;
}

struct claim_turn
front_take_turn(struct downstream *d)
{
	struct claim_turn turn = d->turn;

	d->turn = (struct claim_turn){ 0 };
	return turn;
}

const struct sockaddr *
front_address(const struct downstream *d)
{
	return d->is_unix ? NULL : evhttp_connection_get_addr(d->evcon);
}

const char *
front_user(const struct downstream *d)
{
	return d->user;
}

/* The gate's callbacks */

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

static void
gate_write_cb(struct bufferevent *bev, void *arg)
{
	struct downstream *d = arg;

	(void)bev;
	if (front_pending(d) == 0)
		deadline_set(&d->write_timer, 0);
	if (d->state == BUSY)
		front_events(d)->writable(d->attached);
	else if (d->state == ENDING && front_pending(d) == 0)
		finish(d);
}

/* Sending has failed, in the bufferevent or in front_send(). */
static void
gate_event_cb(struct bufferevent *bev, short what, void *arg)
{
	struct downstream *d = arg;

	(void)bev;
	(void)what;
	if (d->state != LENT)
		front_client_gone(d, NULL);
}

/* The client sends no more, but may still read. */
static void
end_of_input(struct downstream *d)
{
	d->eof = true;
	stop_watching(d);
	if ((d->state == HEAD && front_input(d) == 0) || d->state == LINGER)
		front_close(d);
	else if (d->state == HEAD && d->scan.seen > 0)
		front_close(d);
	else if (d->state == BUSY && front_body_wanted(d))
		front_body_pump(d);
	else if (d->state == BUSY)
		front_events(d)->half_closed(d->attached);
}

static void
take_input(struct downstream *d, const char *p, size_t n)
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
socket_cb(evutil_socket_t fd, short what, void *arg)
{
	struct downstream *d = arg;
	size_t size = room(d);
	ssize_t n;

	(void)fd;
	(void)what;
	if (size == 0) {
		front_watch(d);		/* a reload has made room smaller */
		return;
	}
	n = front_receive(d, size);
	if (n > 0)
		take_input(d, d->front->loop->scratch, (size_t)n);
	else if (n == 0)
		end_of_input(d);
	else if (errno != EAGAIN && errno != EINTR)
		front_client_gone(d, NULL);
}

/* Connections */

static void
set_up(struct front *f, struct downstream *d)
{
	const struct conf *conf = f->conf;
	int domain = AF_INET, on = 1;
	socklen_t len = sizeof domain;

	(void)getsockopt(d->fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	d->is_unix = domain == AF_UNIX;
	if (!d->is_unix)
		(void)setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof on);
	bufferevent_setcb(d->bev, NULL, gate_write_cb, gate_event_cb, d);
	bufferevent_setwatermark(d->bev, EV_WRITE, conf->limit_buffer / 2, 0);
	bufferevent_set_max_single_write(d->bev, conf->limit_buffer);
	event_assign(&d->read_ev, f->loop->base, d->fd, EV_READ | EV_PERSIST,
	    socket_cb, d);
	evtimer_assign(&d->next_ev, f->loop->base, next_cb, d);
	deadline_init(&d->read_timer, f->loop, read_timer_cb, d);
	deadline_init(&d->write_timer, f->loop, write_timer_cb, d);
	deadline_set(&d->read_timer, loop_now() + conf->timeout_idle);
	/* in this order the descriptor never leaves the epoll set */
	front_watch(d);
	bufferevent_disable(d->bev, EV_READ);
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
		front_start_tls(d, tls);
	return tls != NULL;
}

bool
front_open(struct front *f, struct downstream *d)
{
	void *evcon = NULL;

	bufferevent_getcb(d->bev, &f->http_read_cb, NULL, NULL, &evcon);
	d->evcon = evcon;
	d->fd = bufferevent_getfd(d->bev);
	/* where evhttp has failed, it has freed all but our reference */
	if (bufferevent_decref(d->bev) || evcon == NULL || d->fd < 0)
		return false;
	downstream_enter(d, HEAD);
	set_up(f, d);
	if (!watch_memory(d) || !begin_tls(f, d))
		front_close(d);
	return true;
}

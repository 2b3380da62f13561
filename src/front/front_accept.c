/* SPDX-License-Identifier: ISC */
#include "front/downstream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/listener.h>

#include "base/log.h"
#include "front/front_close.h"
#include "front/front_gate.h"
#include "front/front_socket.h"
#include "front/front_head.h"
#include "front/front_service.h"
#include "front/front_turn.h"
#include "net/reserve.h"

/* The listeners, new connections, and the front as a whole. */

#define RETRY_ACCEPT_NS	100000000ULL
#define QUIET_NS	10000000000ULL	/* after a warning, and each cause */
#define EXCESS		64	/* connections beyond the limit to say 503 to */
#define AT_ONCE		64	/* connections accepted before they are counted */

/* The thread's, for a callback whose argument is evhttp's. */
static _Thread_local struct front *fronts;

/* Returns whether that succeeded for all. */
static bool
for_listeners(struct front *f, int (*fn)(struct evconnlistener *))
{
	struct evhttp_bound_socket *bound;
	bool ok = true;
	size_t i;

	for (i = 0; i < f->nlisteners; i++) {
		if ((bound = f->listeners[i].bound) != NULL &&
		    fn(evhttp_bound_socket_get_listener(bound)) != 0)
			ok = false;
	}
	return ok;
}

static void
pause_accept(struct front *f)
{
	if (!f->paused)
		for_listeners(f, evconnlistener_disable);
	f->paused = true;
	deadline_set(&f->accept_timer, loop_now() + RETRY_ACCEPT_NS);
}

/* What cannot be watched now would never accept again: it is tried later. */
static void
go_on_accepting(struct front *f)
{
	if (!for_listeners(f, evconnlistener_enable))
		pause_accept(f);
}

static bool
too_many(const struct front *f, size_t margin)
{
	return atomic_load(&f->setup.listeners->connections) >
	    front_connections(f->setup.service, f->conf) + margin;
}

static void
accept_timer_cb(void *arg)
{
	struct front *f = arg;

	if (too_many(f, 0)) {
		deadline_set(&f->accept_timer, loop_now() + RETRY_ACCEPT_NS);
		return;
	}
	f->paused = false;
	go_on_accepting(f);
}

static bool
has_listener(const struct front *f, const struct evconnlistener *l)
{
	struct evhttp_bound_socket *bound;
	size_t i;

	for (i = 0; i < f->nlisteners; i++) {
		bound = f->listeners[i].bound;
		if (bound != NULL &&
		    evhttp_bound_socket_get_listener(bound) == l)
			return true;
	}
	return false;
}

/* For a moment. */
static void
stop_accepting(struct front *f, int err)
{
	if (loop_now() >= f->quiet_until)
		log_warn("accept: %s; accepting stops for a moment, again and "
		    "again as long as this lasts", strerror(err));
	f->quiet_until = loop_now() + QUIET_NS;
	pause_accept(f);
}

static void
accept_error_cb(struct evconnlistener *l, void *arg)
{
	struct front *f = fronts;
	int err = errno;

	(void)arg;	/* evhttp's */
	while (f != NULL && !has_listener(f, l))
		f = f->next;
	if (f != NULL)
		stop_accepting(f, err);
}

static void
close_listeners(struct front *f)
{
	struct front_listener *l;
	size_t i;

	for (i = 0; i < f->nlisteners; i++) {
		l = &f->listeners[i];
		if (l->bound != NULL)
			evhttp_del_accept_socket(l->http, l->bound);
		l->bound = NULL;
	}
	deadline_set(&f->accept_timer, 0);
}

/* One that evhttp could make out of the reserve only has to be given up. */
static void
close_reserve(struct front *f)
{
	struct downstream *d = TAILQ_LAST(&f->attaching, downstreams);

	if (!reserve_close() || d == NULL)
		return;
	d->starved = true;
	stop_accepting(f, ENOMEM);
}

static struct bufferevent *
new_bev(struct event_base *base)
{
	struct bufferevent *bev;

	bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	/* or evhttp would have its descriptor watched for that for a moment */
	if (bev != NULL)
		bufferevent_disable(bev, EV_WRITE);
	return bev;
}

/*
 * evhttp asks for a bufferevent; only afterwards does it set it up.  It would
 * make one itself where it gets none, and serve the client.
 */
static struct bufferevent *
make_bev_cb(struct event_base *base, void *arg)
{
	struct front_listener *l = arg;
	struct front *f = l->front;
	struct downstream *d;

	close_reserve(f);
	reserve_open();
	if ((d = reserve_calloc(sizeof *d)) == NULL)
		return NULL;
	d->front = f;
	d->listener = l;
	if ((d->bev = new_bev(base)) == NULL) {
		reserve_free(d);
		return NULL;
	}
	/* ours until attached: evhttp frees it when it fails */
	bufferevent_incref(d->bev);
	TAILQ_INSERT_TAIL(&f->attaching, d, entry);
	/* libevent accepts as long as somebody comes, and only then comes back */
	if (++f->nattaching == AT_ONCE)
		for_listeners(f, evconnlistener_disable);
	event_active(&f->attach_ev, EV_TIMEOUT, 0);
	return d->bev;
}

/*
 * One beyond the limit may hear why not.  The control plane, which anybody on
 * the machine can reach, hears out only so many of them.
 */
static void
take_in(struct front *f, struct downstream *d)
{
	d->excess = too_many(f, 0);
	if (d->starved)
		front_close(d);
	else if (f->setup.service != FRONT_PROXY && too_many(f, EXCESS))
		front_close(d);
}

static void
attach_cb(evutil_socket_t fd, short what, void *arg)
{
	struct front *f = arg;
	bool stopped = f->nattaching >= AT_ONCE;
	struct downstream *d;

	(void)fd;
	(void)what;
	close_reserve(f);
	while ((d = TAILQ_FIRST(&f->attaching)) != NULL) {
		TAILQ_REMOVE(&f->attaching, d, entry);
		if (front_open(f, d))
			take_in(f, d);
		else
			reserve_free(d);
	}
	f->nattaching = 0;
	if (stopped && !f->paused)
		go_on_accepting(f);
	if (!f->paused && too_many(f, EXCESS)) {
		log_warn("%s (%llu) is reached; accepting stops",
		    front_connections_option(f->setup.service),
		    (unsigned long long)front_connections(f->setup.service,
		    f->conf));
		pause_accept(f);
	}
}

/* The front */

static bool
open_listener(struct front *f, struct front_listener *l)
{
	const struct listener *before;

	l->front = f;
	if (l->address == NULL ||
	    (l->text = strdup(l->address->text)) == NULL ||
	    (l->http = evhttp_new(f->loop->base)) == NULL)
		return false;
	for (before = f->setup.listeners->list; before < l->address; before++)
		l->nth += strcmp(before->text, l->text) == 0;
	evhttp_set_bevcb(l->http, make_bev_cb, l);
	evhttp_set_gencb(l->http, front_request_cb, f);
	return true;
}

/* Those that are this thread's.  Counts them alone where there is no room. */
static size_t
find_sockets(const struct front *f, struct front_listener *l)
{
	struct listeners *all = f->setup.listeners;
	struct listener *a;
	size_t n = 0;
	unsigned i;

	for (a = all->list; a < all->list + all->n; a++) {
		for (i = f->setup.nth; i < a->nfds; i += all->workers, n++) {
			if (l == NULL)
				continue;
			l[n].address = a;
			l[n].socket = i;
		}
	}
	return n;
}

/* The certificate of a listener's address; its old one where it has none. */
static void
take_certificate(struct front_listener *l, const struct conf *conf)
{
	SSL_CTX *ctx;

	ctx = front_certificate(l->front->setup.service, conf, l->text,
	    l->nth);
	if (ctx == NULL)
		return;
	SSL_CTX_up_ref(ctx);
	SSL_CTX_free(l->tls);
	l->tls = ctx;
}

struct front *
front_new(const struct front_setup *setup)
{
	const struct conf *conf = setup->conf;
	struct front *f;
	size_t i;

	if ((f = calloc(1, sizeof *f)) == NULL)
		return NULL;
	f->setup = *setup;
	f->loop = setup->loop;
	f->conf = conf;
	f->close_cb = front_close_cb;
	TAILQ_INIT(&f->attaching);
	TAILQ_INIT(&f->all);
	f->nlisteners = find_sockets(f, NULL);
	if ((f->listeners = calloc(f->nlisteners,
	    sizeof *f->listeners)) == NULL)
		return NULL;
	(void)find_sockets(f, f->listeners);
	for (i = 0; i < f->nlisteners; i++) {
		if (!open_listener(f, &f->listeners[i]))
			return NULL;
		take_certificate(&f->listeners[i], conf);
	}
	event_assign(&f->attach_ev, f->loop->base, -1, 0, attach_cb, f);
	deadline_init(&f->accept_timer, f->loop, accept_timer_cb, f);
	front_turn_init(f);
	return f;
}

/* Between TLS and none an address changes at a restart only. */
void
front_reload(struct front *f, const struct conf *conf)
{
	size_t i;

	front_gate_reload(f, conf);
	f->conf = conf;
	for (i = 0; i < f->nlisteners; i++) {
		if (f->listeners[i].tls != NULL)
			take_certificate(&f->listeners[i], conf);
	}
}

static void
listen_at(struct front_listener *l)
{
	struct loop *loop = l->front->loop;
	struct evconnlistener *listener;

	listener = evconnlistener_new(loop->base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0,
	    l->address->fds[l->socket]);
	if (listener == NULL)
		fatal("cannot listen on %s", l->text);
	if ((l->bound = evhttp_bind_listener(l->http, listener)) == NULL)
		fatal("cannot listen on %s", l->text);
	evconnlistener_set_error_cb(listener, accept_error_cb);
	l->address->taken[l->socket] = true;
}

void
front_listen(struct front *f)
{
	size_t i;

	f->next = fronts;
	fronts = f;
	for (i = 0; i < f->nlisteners; i++)
		listen_at(&f->listeners[i]);
	/* evhttp watches them, but does not say where it could not */
	go_on_accepting(f);
}

void
front_drain(struct front *f)
{
	struct downstream *d, *next;

	f->draining = true;
	close_listeners(f);
	TAILQ_FOREACH_SAFE(d, &f->all, entry, next) {
		if (d->state == HEAD && d->scan.seen == 0)
			front_close(d);
	}
}

void
front_leave(struct front *f)
{
	f->leaving = true;
	close_listeners(f);
	/* who was accepted counts before anybody looks whether all are gone */
	attach_cb(-1, 0, f);
}

void
front_free(struct front *f)
{
	struct downstream *d;
	size_t i;

	close_listeners(f);
	attach_cb(-1, 0, f);
	while ((d = TAILQ_FIRST(&f->all)) != NULL)
		front_client_gone(d, "shutdown");
	event_del(&f->attach_ev);
	front_turn_free(f);
	deadline_free(&f->accept_timer);
	for (i = 0; i < f->nlisteners; i++) {
		evhttp_free(f->listeners[i].http);
		SSL_CTX_free(f->listeners[i].tls);
		free(f->listeners[i].text);
	}
	free(f->listeners);
	free(f->head);
	/* those that have just ended still find their share by it */
	loop_bury_all(f->loop);
	free(f);
}

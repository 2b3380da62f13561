/* SPDX-License-Identifier: ISC */
#include "proxy/front_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/listener.h>

#include "log.h"

/* The listeners, new connections, and the front as a whole. */

#define RETRY_ACCEPT_NS	100000000ULL
#define QUIET_NS	10000000000ULL	/* after a warning, and each cause */
#define EXCESS		64	/* connections beyond the limit to say 503 to */

static void
pause_accept(struct front *f)
{
	size_t i;

	for (i = 0; i < f->nbound && !f->paused; i++)
		evconnlistener_disable(
		    evhttp_bound_socket_get_listener(f->bound[i]));
	f->paused = true;
	deadline_set(&f->accept_timer, worker_now() + RETRY_ACCEPT_NS);
}

bool
front_too_many(const struct front *f, size_t margin)
{
	return atomic_load(&f->worker->listeners->connections) >
	    f->worker->conf->limit_connections + margin;
}

static void
accept_timer_cb(void *arg)
{
	struct front *f = arg;
	size_t i;

	if (front_too_many(f, 0)) {
		deadline_set(&f->accept_timer, worker_now() + RETRY_ACCEPT_NS);
		return;
	}
	f->paused = false;
	for (i = 0; i < f->nbound; i++)
		evconnlistener_enable(
		    evhttp_bound_socket_get_listener(f->bound[i]));
}

static void
accept_error_cb(struct evconnlistener *l, void *arg)
{
	struct front *f = front_here();
	int err = errno;

	(void)l;
	(void)arg;	/* evhttp's */
	if (worker_now() >= f->quiet_until)
		log_warn("accept: %s; accepting stops for a moment, again and "
		    "again as long as this lasts", strerror(err));
	f->quiet_until = worker_now() + QUIET_NS;
	pause_accept(f);
}

static void
close_listeners(struct front *f)
{
	size_t i;

	for (i = 0; i < f->nbound; i++)
		evhttp_del_accept_socket(f->http, f->bound[i]);
	f->nbound = 0;
	deadline_set(&f->accept_timer, 0);
}

/* evhttp asks for a bufferevent; only afterwards does it set it up. */
static struct bufferevent *
make_bev_cb(struct event_base *base, void *arg)
{
	struct front *f = arg;
	struct downstream *d;

	if ((d = calloc(1, sizeof *d)) == NULL)
		return NULL;
	d->front = f;
	d->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (d->bev == NULL) {
		free(d);
		return NULL;
	}
	/* ours until attached: evhttp frees it when it fails */
	bufferevent_incref(d->bev);
	TAILQ_INSERT_TAIL(&f->attaching, d, entry);
	event_active(&f->attach_ev, EV_TIMEOUT, 0);
	return d->bev;
}

static void
attach_cb(evutil_socket_t fd, short what, void *arg)
{
	struct front *f = arg;
	struct downstream *d;

	(void)fd;
	(void)what;
	while ((d = TAILQ_FIRST(&f->attaching)) != NULL) {
		TAILQ_REMOVE(&f->attaching, d, entry);
		if (!front_open(f, d))
			free(d);
	}
	if (!f->paused && front_too_many(f, EXCESS)) {
		log_warn("limits.connections (%llu) is reached; accepting "
		    "stops", (unsigned long long)
		    f->worker->conf->limit_connections);
		pause_accept(f);
	}
}

/* The front */

struct front *
front_new(struct worker *w)
{
	struct front *f;

	if ((f = calloc(1, sizeof *f)) == NULL)
		return NULL;
	f->worker = w;
	TAILQ_INIT(&f->attaching);
	TAILQ_INIT(&f->all);
	if ((f->http = evhttp_new(w->base)) == NULL ||
	    (f->bound = calloc(w->listeners->n, sizeof(*f->bound))) == NULL) {
		free(f);
		return NULL;
	}
	evhttp_set_bevcb(f->http, make_bev_cb, f);
	evhttp_set_gencb(f->http, front_request_cb, f);
	event_assign(&f->attach_ev, w->base, -1, 0, attach_cb, f);
	deadline_init(&f->accept_timer, w, accept_timer_cb, f);
	return f;
}

void
front_listen(struct front *f)
{
	struct worker *w = f->worker;
	struct evconnlistener *l;
	size_t i;

	front_is_here(f);
	for (i = 0; i < w->listeners->n; i++) {
		l = evconnlistener_new(w->base, NULL, NULL,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0,
		    w->listeners->list[i].fds[w->id]);
		if (l == NULL)
			fatal("worker %u: cannot listen", w->id);
		w->listeners->list[i].fds[w->id] = -1;
		f->bound[f->nbound] = evhttp_bind_listener(f->http, l);
		if (f->bound[f->nbound++] == NULL)
			fatal("worker %u: cannot listen", w->id);
		evconnlistener_set_error_cb(l, accept_error_cb);
	}
}

void
front_drain(struct front *f)
{
	struct downstream *d, *next;

	close_listeners(f);
	TAILQ_FOREACH_SAFE(d, &f->all, entry, next) {
		if (d->state == HEAD && d->scan.seen == 0)
			front_close(d);
	}
}

void
front_free(struct front *f)
{
	struct downstream *d;

	close_listeners(f);
	attach_cb(-1, 0, f);
	while ((d = TAILQ_FIRST(&f->all)) != NULL)
		front_client_gone(d, "shutdown");
	event_del(&f->attach_ev);
	deadline_free(&f->accept_timer);
	evhttp_free(f->http);
	free(f->bound);
	free(f->by_fd);
	free(f->head);
	free(f);
}

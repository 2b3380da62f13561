/* SPDX-License-Identifier: ISC */
#include "daemon/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "exchange/access.h"
#include "exchange/exchange.h"
#include "front/front.h"
#include "hosts/hosts.h"
#include "base/client_hash.h"
#include "upstream/pool.h"
#include "net/resolve.h"

/*
 * Life: worker_new() builds the loop and its rooms, worker_start() starts the
 * thread, which runs until it is stopped, or is draining and its last exchange
 * ended, or the drain's deadline passed; it then tells done_fd and ends.
 */

/* The worker whose thread this is; NULL on the main thread. */
static _Thread_local struct worker *current;

static int
wake_cmp(const struct wake *a, const struct wake *b)
{
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a > b) - (a < b);
}

RB_PROTOTYPE(wakes, wake, entry, wake_cmp)
RB_GENERATE(wakes, wake, entry, wake_cmp)

uint64_t
worker_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static struct timeval
to_timeval(uint64_t ns)
{
	struct timeval tv;

	/* rounded up: a deadline must not find itself too early */
	ns += 999;
	tv.tv_sec = (time_t)(ns / 1000000000);
	tv.tv_usec = (suseconds_t)(ns % 1000000000 / 1000);
	return tv;
}

/* Burial */

static void
grave_cb(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct grave *g;

	(void)fd;
	(void)what;
	while ((g = SLIST_FIRST(&w->graveyard)) != NULL) {
		SLIST_REMOVE_HEAD(&w->graveyard, entry);
		g->free(g->arg);
	}
}

void
worker_bury(struct worker *w, struct grave *g, void (*fn)(void *), void *arg)
{
	g->free = fn;
	g->arg = arg;
	SLIST_INSERT_HEAD(&w->graveyard, g, entry);
	event_active(&w->grave_ev, EV_TIMEOUT, 0);
}

/* Deadlines */

static void
deadline_cb(evutil_socket_t fd, short what, void *arg)
{
	struct deadline *d = arg;
	uint64_t at = d->at;

	(void)fd;
	(void)what;
	d->set = 0;
	if (at == 0)
		return;
	if (worker_now() < at) {
		deadline_set(d, at);
		return;
	}
	d->at = 0;
	d->cb(d->arg);
}

void
deadline_init(struct deadline *d, struct worker *w, void (*cb)(void *),
    void *arg)
{
	d->at = 0;
	d->set = 0;
	d->cb = cb;
	d->arg = arg;
	d->worker = w;
	evtimer_assign(&d->ev, w->base, deadline_cb, d);
}

void
deadline_set(struct deadline *d, uint64_t at)
{
	struct timeval tv;
	uint64_t now;

	d->at = at;
	if (at == 0 || (d->set != 0 && d->set <= at))
		return;
	now = worker_now();
	tv = to_timeval(at > now ? at - now : 0);
	if (evtimer_add(&d->ev, &tv) == 0)
		d->set = at;
}

void
deadline_free(struct deadline *d)
{
	if (d->set != 0)
		evtimer_del(&d->ev);
	d->at = d->set = 0;
}

/* Releases */

static void
set_timer(struct worker *w)
{
	struct wake *first = RB_MIN(wakes, &w->wakes);
	struct itimerspec its;
	uint64_t at = first != NULL ? first->at : 0;

	if (at == w->timer_at)
		return;
	memset(&its, 0, sizeof its);
	its.it_value.tv_sec = (time_t)(at / 1000000000);
	its.it_value.tv_nsec = (long)(at % 1000000000);
	if (timerfd_settime(w->timer_fd, TFD_TIMER_ABSTIME, &its, NULL) == -1)
		log_error("timerfd_settime: %s", strerror(errno));
	w->timer_at = at;
}

void
worker_wake_at(struct worker *w, struct wake *k, uint64_t at)
{
	if (k->armed) {
		if (k->at <= at)
			return;
		RB_REMOVE(wakes, &w->wakes, k);
	}
	k->at = at > 0 ? at : 1;
	k->armed = true;
	RB_INSERT(wakes, &w->wakes, k);
	set_timer(w);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct wake *k;
	uint64_t n, now = worker_now();

	(void)what;
	(void)!read(fd, &n, sizeof n);
	w->timer_at = 0;
	while ((k = RB_MIN(wakes, &w->wakes)) != NULL && k->at <= now) {
		RB_REMOVE(wakes, &w->wakes, k);
		k->armed = false;
		hosts_wake(w->hosts, w, k, now);
	}
	set_timer(w);
}

/* The inbox */

static void
ring(struct worker *w)
{
	uint64_t one = 1;

	/* a full counter has woken it already */
	(void)!write(w->inbox_fd, &one, sizeof one);
}

void
worker_post(struct worker *w, struct ticket *t)
{
	bool first;

	pthread_mutex_lock(&w->inbox_lock);
	first = TAILQ_EMPTY(&w->inbox);
	TAILQ_INSERT_TAIL(&w->inbox, t, posted);
	t->in_inbox = true;
	pthread_mutex_unlock(&w->inbox_lock);
	if (!first)
		return;
	if (current == w)
		event_active(&w->inbox_ev, EV_READ, 0);
	else
		ring(w);
}

void
worker_unpost(struct worker *w, struct ticket *t)
{
	pthread_mutex_lock(&w->inbox_lock);
	if (t->in_inbox) {
		TAILQ_REMOVE(&w->inbox, t, posted);
		t->in_inbox = false;
	}
	pthread_mutex_unlock(&w->inbox_lock);
}

static struct ticket *
next_posted(struct worker *w)
{
	struct ticket *t;

	pthread_mutex_lock(&w->inbox_lock);
	if ((t = TAILQ_FIRST(&w->inbox)) != NULL) {
		TAILQ_REMOVE(&w->inbox, t, posted);
		t->in_inbox = false;
	}
	pthread_mutex_unlock(&w->inbox_lock);
	return t;
}

static void
finish_if_drained(struct worker *w)
{
	if (w->draining && atomic_load(&w->all->exchanges) == 0)
		event_base_loopexit(w->base, NULL);
}

static void
drain_cb(void *arg)
{
	struct worker *w = arg;

	log_warn("drain: %u exchanges cut off", w->exchanges);
	event_base_loopbreak(w->base);
}

static void
start_drain(struct worker *w)
{
	if (w->draining)
		return;
	w->draining = true;
	front_drain(w->front);
	deadline_set(&w->drain, worker_now() + w->conf->timeout_drain);
	finish_if_drained(w);
}

static void
take_orders(struct worker *w)
{
	struct conf *conf;
	bool drain, stop;

	pthread_mutex_lock(&w->inbox_lock);
	conf = w->inbox_conf;
	w->inbox_conf = NULL;
	drain = w->inbox_drain;
	stop = w->inbox_stop;
	pthread_mutex_unlock(&w->inbox_lock);

	if (conf != NULL) {
		conf_unref(w->conf);
		w->conf = conf;
		front_reload(w->front, conf);
		resolver_reload(w->resolver);
		if (w->id == 0)
			hosts_admit_all(w->hosts, w, worker_now());
	}
	if (stop)
		event_base_loopbreak(w->base);
	else if (drain)
		start_drain(w);
}

static void
inbox_cb(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct ticket *t;
	uint64_t n;

	(void)what;
	(void)!read(fd, &n, sizeof n);
	take_orders(w);
	finish_if_drained(w);
	while ((t = next_posted(w)) != NULL)
		exchange_answered(t);
}

void
worker_reload(struct worker *w, struct conf *conf)
{
	struct conf *skipped;

	pthread_mutex_lock(&w->inbox_lock);
	skipped = w->inbox_conf;
	w->inbox_conf = conf_ref(conf);
	pthread_mutex_unlock(&w->inbox_lock);
	conf_unref(skipped);
	ring(w);
}

void
worker_drain(struct worker *w)
{
	atomic_store(&w->all->draining, true);
	pthread_mutex_lock(&w->inbox_lock);
	w->inbox_drain = true;
	pthread_mutex_unlock(&w->inbox_lock);
	ring(w);
}

void
worker_stop(struct worker *w)
{
	pthread_mutex_lock(&w->inbox_lock);
	w->inbox_stop = true;
	pthread_mutex_unlock(&w->inbox_lock);
	ring(w);
}

void
worker_exchange_began(struct worker *w)
{
	w->exchanges++;
	atomic_fetch_add(&w->all->exchanges, 1);
}

void
worker_exchange_ended(struct worker *w)
{
	unsigned i;

	w->exchanges--;
	if (atomic_fetch_sub(&w->all->exchanges, 1) > 1 ||
	    !atomic_load(&w->all->draining))
		return;
	for (i = 0; i < w->all->n; i++)
		ring(w->all->list[i]);
}

/* Start and end */

static struct event_base *
new_base(void)
{
	struct event_config *cfg;
	struct event_base *base;

	if ((cfg = event_config_new()) == NULL)
		return NULL;
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	return base;
}

static void
close_rooms(struct worker *w)
{
	front_free(w->front);
	pool_free(w->pool);
	resolver_free(w->resolver);
	client_hasher_free(w->hasher);
	access_free(w->access);
	grave_cb(-1, 0, w);
	deadline_free(&w->drain);
}

static void *
run(void *arg)
{
	struct worker *w = arg;
	uint64_t one = 1;

	current = w;
	front_listen(w->front);
	event_base_dispatch(w->base);
	close_rooms(w);
	(void)!write(w->all->done_fd, &one, sizeof one);
	return NULL;
}

static void
open_rooms(struct worker *w)
{
	w->access = access_new(w);
	w->resolver = resolver_new(w);
	w->hasher = client_hasher_new();
	w->pool = pool_new(w);
	w->front = front_new(w);
	if (w->access == NULL || w->resolver == NULL || w->hasher == NULL ||
	    w->pool == NULL ||
	    w->front == NULL)
		fatal("worker %u: cannot start: out of memory", w->id);
}

static void
open_events(struct worker *w)
{
	w->inbox_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->timer_fd = timerfd_create(CLOCK_MONOTONIC,
	    TFD_NONBLOCK | TFD_CLOEXEC);
	if ((w->base = new_base()) == NULL || w->inbox_fd == -1 ||
	    w->timer_fd == -1)
		fatal("worker %u: cannot start: %s", w->id, strerror(errno));
	event_assign(&w->inbox_ev, w->base, w->inbox_fd, EV_READ | EV_PERSIST,
	    inbox_cb, w);
	event_assign(&w->timer_ev, w->base, w->timer_fd, EV_READ | EV_PERSIST,
	    timer_cb, w);
	event_assign(&w->grave_ev, w->base, -1, 0, grave_cb, w);
	deadline_init(&w->drain, w, drain_cb, w);
	event_add(&w->inbox_ev, NULL);
	event_add(&w->timer_ev, NULL);
}

struct worker *
worker_new(struct workers *all, unsigned id, struct conf *conf,
    struct hosts *hosts, struct net_listeners *listeners)
{
	struct worker *w;

	if ((w = calloc(1, sizeof *w)) == NULL)
		fatal("worker %u: cannot start: out of memory", id);
	w->id = id;
	w->conf = conf_ref(conf);
	w->hosts = hosts;
	w->listeners = listeners;
	w->all = all;
	SLIST_INIT(&w->graveyard);
	RB_INIT(&w->wakes);
	TAILQ_INIT(&w->inbox);
	pthread_mutex_init(&w->inbox_lock, NULL);
	open_events(w);
	open_rooms(w);
	return w;
}

void
worker_start(struct worker *w)
{
	int err;

	if ((err = pthread_create(&w->thread, NULL, run, w)) != 0)
		fatal("worker %u: cannot start: %s", w->id, strerror(err));
}

static void
forget_wakes(struct worker *w)
{
	struct wake *k;

	while ((k = RB_MIN(wakes, &w->wakes)) != NULL) {
		RB_REMOVE(wakes, &w->wakes, k);
		hosts_forget_wake(w->hosts, k);
	}
}

void
worker_join(struct worker *w)
{
	pthread_join(w->thread, NULL);
	forget_wakes(w);
	event_del(&w->inbox_ev);
	event_del(&w->timer_ev);
	event_base_free(w->base);
	close(w->inbox_fd);
	close(w->timer_fd);
	pthread_mutex_destroy(&w->inbox_lock);
	text_free(&w->gather.head);
	text_free(&w->gather.tail);
	tls_wire_free(&w->wire);
	conf_unref(w->inbox_conf);
	conf_unref(w->conf);
	free(w);
}

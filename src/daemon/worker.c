/* SPDX-License-Identifier: ISC */
#include "daemon/worker.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bell.h"
#include "base/log.h"
#include "conf/conf.h"
#include "exchange/exchanges.h"
#include "front/front.h"
#include "hosts/hosts.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "net/own.h"
#include "net/resolve.h"
#include "upstream/upstream.h"

/*
 * Life: worker_new() builds the loop and opens the rooms, worker_start() starts
 * the thread, which waits at the gate and then runs until it is stopped, or is
 * draining and the last request of all workers ended, or the drain's deadline
 * passed; it then closes the rooms, tells done_fd and ends.
 */

struct worker {
	struct workers		*all;
	pthread_t		 thread;
	sem_t			 listens;
	struct loop		*loop;
	struct conf		*conf;		/* own reference */
	struct hosts		*hosts;		/* shared by all */
	struct own		*own;
	struct resolver		*resolver;
	struct dialer		 dialer;
	struct upstreams	*upstreams;
	struct exchanges	*exchanges;
	struct front		*front;

	pthread_mutex_t		 lock;		/* guards the orders */
	struct conf		*new_conf;	/* to change to; or NULL */
	bool			 ordered_admit;
	bool			 ordered_leave;
	bool			 ordered_drain;
	bool			 ordered_stop;

	atomic_bool		 asked;		/* whether its loop turns */
	atomic_bool		 ended;		/* it turns no more, rightly */

	bool			 left;
	bool			 draining;
	struct deadline		 drain;
	unsigned		 requests;	/* not yet ended */
};

/*
 * Draining workers stop after the last request of all: one may hold the wakes
 * that another's waiters need.
 */
static void
finish_if_drained(struct worker *w)
{
	if (w->draining && atomic_load(&w->all->requests) == 0)
		loop_stop(w->loop, false);
}

void
workers_hold(struct workers *all)
{
	atomic_fetch_add(&all->requests, 1);
}

void
workers_release(struct workers *all)
{
	unsigned i;

	if (atomic_fetch_sub(&all->requests, 1) > 1 ||
	    !atomic_load(&all->draining))
		return;
	for (i = 0; i < all->n; i++)
		loop_ring(all->list[i]->loop);
}

static void
request_began_cb(void *arg)
{
	struct worker *w = arg;

	w->requests++;
	workers_hold(w->all);
}

static void
request_ended_cb(void *arg)
{
	struct worker *w = arg;

	w->requests--;
	workers_release(w->all);
}

static void
parted_cb(void *arg, uint64_t bound)
{
	struct worker *w = arg;

	upstreams_part(w->upstreams, bound);
}

/* Orders */

static void
drain_cb(void *arg)
{
	struct worker *w = arg;
	unsigned all = w->requests, refused;

	/* what is cut off now is nobody's turn, in no thread */
	atomic_store(&w->all->over, true);
	refused = exchanges_refuse_waiting(w->exchanges);
	log_warn("drain: %u exchanges cut off, %u that waited refused",
	    all - refused, refused);
	loop_stop(w->loop, false);
}

static void
start_drain(struct worker *w)
{
	if (w->draining)
		return;
	w->draining = true;
	upstreams_drain(w->upstreams);
	exchanges_drain(w->exchanges);
	front_drain(w->front);
	deadline_set(&w->drain, loop_now() + w->conf->timeout_drain);
}

static void
start_leave(struct worker *w)
{
	if (w->left)
		return;
	w->left = true;
	front_leave(w->front);
	atomic_fetch_add(&w->all->left, 1);
	bell_ring(w->all->left_fd);
}

static void
take_conf(struct worker *w, struct conf *conf)
{
	w->dialer.conf = conf;
	exchanges_reload(w->exchanges, conf);
	upstreams_reload(w->upstreams, conf);
	front_reload(w->front, conf);
	resolver_reload(w->resolver, conf);
	conf_unref(w->conf);
	w->conf = conf;
	if (w->loop->id == 0)
		hosts_admit_all(w->hosts, w->loop, loop_now());
}

/* There are orders, or a request of all has ended. */
static void
rung_cb(void *arg)
{
	struct worker *w = arg;
	struct conf *conf;
	bool admit, leave, drain, stop;

	atomic_store(&w->asked, false);
	pthread_mutex_lock(&w->lock);
	conf = w->new_conf;
	w->new_conf = NULL;
	admit = w->ordered_admit;
	w->ordered_admit = false;
	leave = w->ordered_leave;
	drain = w->ordered_drain;
	stop = w->ordered_stop;
	pthread_mutex_unlock(&w->lock);

	if (conf != NULL)
		take_conf(w, conf);
	if (admit)
		hosts_admit_all(w->hosts, w->loop, loop_now());
	if (leave)
		start_leave(w);
	if (stop)
		loop_stop(w->loop, true);
	else if (drain)
		start_drain(w);
	finish_if_drained(w);
}

bool
worker_turns(struct worker *w)
{
	bool turns = !atomic_load(&w->asked);

	if (!atomic_load(&w->ended)) {
		atomic_store(&w->asked, true);
		loop_ring(w->loop);
	}
	return turns;
}

void
worker_reload(struct worker *w, struct conf *conf)
{
	struct conf *skipped;

	pthread_mutex_lock(&w->lock);
	skipped = w->new_conf;
	w->new_conf = conf_ref(conf);
	pthread_mutex_unlock(&w->lock);
	conf_unref(skipped);
	loop_ring(w->loop);
}

void
worker_admit(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->ordered_admit = true;
	pthread_mutex_unlock(&w->lock);
	loop_ring(w->loop);
}

void
worker_leave(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->ordered_leave = true;
	pthread_mutex_unlock(&w->lock);
	loop_ring(w->loop);
}

void
worker_drain(struct worker *w)
{
	atomic_store(&w->all->draining, true);
	pthread_mutex_lock(&w->lock);
	w->ordered_drain = true;
	pthread_mutex_unlock(&w->lock);
	loop_ring(w->loop);
}

void
worker_stop(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->ordered_stop = true;
	pthread_mutex_unlock(&w->lock);
	loop_ring(w->loop);
}

/* Start and end */

static void
close_rooms(struct worker *w)
{
	w->all->ending(w->loop);
	front_free(w->front);
	upstreams_free(w->upstreams);
	resolver_free(w->resolver);
	own_free(w->own);
	loop_bury_all(w->loop);
	deadline_free(&w->drain);
}

static void *
run(void *arg)
{
	struct worker *w = arg;

	gate_wait(&w->all->gate);
	front_listen(w->front);
	sem_post(&w->listens);
	loop_run(w->loop);
	close_rooms(w);
	atomic_store(&w->ended, true);
	atomic_store(&w->asked, false);
	bell_ring(w->all->done_fd);
	return NULL;
}

/* From below; false without memory. */
static bool
open_rooms(struct worker *w, struct listeners *listeners)
{
	struct exchanges_setup exchanges = {
		.loop = w->loop,
		.conf = w->conf,
		.hosts = w->hosts,
		.dialer = &w->dialer,
		.user_checks = w->all->checks,
		.over = &w->all->over,
	};
	struct front_setup front = {
		.loop = w->loop,
		.conf = w->conf,
		.listeners = listeners,
		.nth = w->loop->id,
		.clients = w->all->clients,
		.events = &exchanges_front_events,
		.began = request_began_cb,
		.ended = request_ended_cb,
		.parted = parted_cb,
		.arg = w,
	};

	w->resolver = resolver_new(w->loop, w->conf);
	w->own = own_new(listeners);
	w->dialer = (struct dialer){ w->loop, w->resolver, w->own, w->conf };
	w->upstreams = upstreams_new(w->loop, &w->dialer, w->conf);
	exchanges.upstreams = w->upstreams;
	w->exchanges = exchanges_new(&exchanges);
	front.owner = w->exchanges;
	front.own = w->own;
	w->front = front_new(&front);
	return w->resolver != NULL && w->own != NULL && w->upstreams != NULL &&
	    w->exchanges != NULL && w->front != NULL;
}

struct worker *
worker_new(struct workers *all, unsigned id, struct conf *conf,
    struct hosts *hosts, struct listeners *listeners)
{
	struct worker *w;

	if ((w = calloc(1, sizeof *w)) == NULL)
		fatal("worker %u: cannot start: out of memory", id);
	w->all = all;
	w->conf = conf_ref(conf);
	w->hosts = hosts;
	pthread_mutex_init(&w->lock, NULL);
	sem_init(&w->listens, 0, 0);
	w->loop = loop_new(id, &all->memory, rung_cb, w);
	if (w->loop == NULL)
		fatal("worker %u: cannot start: %s", id, strerror(errno));
	deadline_init(&w->drain, w->loop, drain_cb, w);
	if (!open_rooms(w, listeners))
		fatal("worker %u: cannot start: out of memory", id);
	return w;
}

struct loop *
worker_loop(const struct worker *w)
{
	return w->loop;
}

struct exchanges *
worker_exchanges(const struct worker *w)
{
	return w->exchanges;
}

void
worker_start(struct worker *w)
{
	int err;

	if ((err = pthread_create(&w->thread, NULL, run, w)) != 0)
		fatal("worker %u: cannot start: %s", w->loop->id,
		    strerror(err));
}

void
worker_begun(struct worker *w)
{
	/* who says that it is ready lacks nothing any more */
	while (sem_wait(&w->listens) == -1 && errno == EINTR)
		continue;
}

void
worker_join(struct worker *w)
{
	pthread_join(w->thread, NULL);
	exchanges_free(w->exchanges);
	loop_free(w->loop);
	pthread_mutex_destroy(&w->lock);
	sem_destroy(&w->listens);
	conf_unref(w->new_conf);
	conf_unref(w->conf);
	free(w);
}

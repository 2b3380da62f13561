/* SPDX-License-Identifier: ISC */
#include "daemon/store_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "conf/conf.h"
#include "hosts/store_desk.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "net/own.h"
#include "net/resolve.h"
#include "policy/store.h"

struct store_thread {
	struct conf		*conf;		/* own reference */
	struct conf		*open;		/* the same: its store is */
	struct hosts		*hosts;
	struct loop		*loop;
	struct resolver		*resolver;
	struct own		*own;
	struct dialer		 dialer;
	struct store_desk	*desk;
	pthread_t		 thread;
	atomic_bool		 stop;

	pthread_mutex_t		 lock;		/* guards the order */
	struct conf		*new_conf;	/* to go on with; or NULL */
};

static void
take_conf(struct store_thread *s, struct conf *conf)
{
	s->dialer.conf = conf;
	resolver_reload(s->resolver, conf);
	if (!store_equals(&s->open->store, &conf->store)) {
		if (!store_desk_change(s->desk, &conf->store))
			log_error("store: out of memory: there is none for "
			    "now");
		conf_unref(s->open);
		s->open = conf_ref(conf);
	}
	conf_unref(s->conf);
	s->conf = conf;
}

static void
rung_cb(void *arg)
{
	struct store_thread *s = arg;
	struct conf *conf;

	pthread_mutex_lock(&s->lock);
	conf = s->new_conf;
	s->new_conf = NULL;
	pthread_mutex_unlock(&s->lock);
	if (conf != NULL)
		take_conf(s, conf);
	if (atomic_load(&s->stop))
		loop_stop(s->loop, true);
	else
		store_desk_look(s->desk);
}

void
store_thread_reload(struct store_thread *s, struct conf *conf)
{
	struct conf *skipped;

	if (s == NULL && conf->store.name != NULL)
		log_warn("store: %s: the first one is used from the next "
		    "start on, so budgets are not shared (\"sluice upgrade\""
		    " starts anew without a gap)", conf->store.name);
	/* the store that was there is kept until the end */
	if (s == NULL || conf->store.name == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	skipped = s->new_conf;
	s->new_conf = conf_ref(conf);
	pthread_mutex_unlock(&s->lock);
	conf_unref(skipped);
	loop_ring(s->loop);
}

/* On any thread. */
static void
ring_cb(void *arg)
{
	struct store_thread *s = arg;

	loop_ring(s->loop);
}

struct store_thread *
store_thread_new(struct conf *conf, struct hosts *hosts,
    const struct listeners *listeners, struct memory *memory, unsigned id)
{
	struct store_thread *s;

	if (conf->store.name == NULL)
		return NULL;
	if ((s = calloc(1, sizeof *s)) == NULL)
		fatal("store: cannot start: out of memory");
	s->conf = conf_ref(conf);
	s->open = conf_ref(conf);
	s->hosts = hosts;
	pthread_mutex_init(&s->lock, NULL);
	if ((s->loop = loop_new(id, memory, rung_cb, s)) == NULL)
		fatal("store: cannot start: %s", strerror(errno));
	s->resolver = resolver_new(s->loop, conf);
	s->own = own_new(listeners);
	s->dialer = (struct dialer){ s->loop, s->resolver, s->own, conf };
	s->desk = store_desk_new(hosts, &s->dialer, &conf->store);
	if (s->resolver == NULL || s->own == NULL || s->desk == NULL)
		fatal("store: cannot start: out of memory");
	store_desk_begin(hosts, ring_cb, s);
	return s;
}

static void *
run(void *arg)
{
	struct store_thread *s = arg;

	loop_run(s->loop);
	store_desk_free(s->desk);
	resolver_free(s->resolver);
	own_free(s->own);
	loop_bury_all(s->loop);
	return NULL;
}

bool
store_thread_start(struct store_thread *s)
{
	if (s == NULL)
		return true;
	errno = pthread_create(&s->thread, NULL, run, s);
	return errno == 0;
}

void
store_thread_end(struct store_thread *s)
{
	if (s == NULL)
		return;
	atomic_store(&s->stop, true);
	loop_ring(s->loop);
	pthread_join(s->thread, NULL);
	loop_free(s->loop);
	pthread_mutex_destroy(&s->lock);
	conf_unref(s->new_conf);
	conf_unref(s->open);
	conf_unref(s->conf);
	free(s);
}

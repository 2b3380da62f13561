/* SPDX-License-Identifier: ISC */
#include "daemon/store_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/gate.h"
#include "base/log.h"
#include "conf/conf.h"
#include "hosts/store_desk.h"
#include "net/dialer.h"
#include "net/loop.h"
#include "net/own.h"
#include "net/resolve.h"
#include "policy/store.h"

#define PARTING	UINT64_C(1000000000)	/* ns: it ends within that */

struct store_thread {
	struct hosts		*hosts;
	const struct listeners	*listeners;
	struct memory		*memory;
	unsigned		 id;		/* of its loop */
	uint64_t		 name;		/* of the process before; or 0 */
	struct conf		*conf;		/* own reference */
	struct conf		*open;		/* the same: its store is */
	struct loop		*loop;		/* NULL: there was no store */
	struct resolver		*resolver;
	struct own		*own;
	struct dialer		 dialer;
	struct store_desk	*desk;
	pthread_t		 thread;
	bool			 runs;
	bool			 serves;	/* hosts know of it */
	struct gate		*gate;		/* which that begins at */
	atomic_bool		 handed;	/* over, to another process */
	atomic_bool		 stop;
	bool			 leaves;	/* since it was told to stop */
	struct deadline		 parting;	/* of that */

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

/* What it gave back is heard, or takes too long. */
static void
left_cb(void *arg)
{
	struct store_thread *s = arg;

	loop_stop(s->loop, true);
}

static void
leave(struct store_thread *s)
{
	if (s->leaves)
		return;
	s->leaves = true;
	deadline_set(&s->parting, loop_now() + PARTING);
	store_desk_leave(s->desk, left_cb, s);
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
	if (atomic_load(&s->handed))
		store_desk_hand_over(s->desk);
	if (atomic_load(&s->stop))
		leave(s);
	else
		store_desk_look(s->desk);
}

uint64_t
store_thread_name(const struct store_thread *s)
{
	return s->loop != NULL ? store_desk_name(s->desk) : 0;
}

void
store_thread_hand_over(struct store_thread *s)
{
	if (s->loop == NULL)
		return;
	atomic_store(&s->handed, true);
	loop_ring(s->loop);
}

void
store_thread_reload(struct store_thread *s, struct conf *conf)
{
	struct conf *skipped;

	/* the store that was there is kept until the end */
	if (s->loop == NULL || conf->store.name == NULL)
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
store_thread_new(struct hosts *hosts, const struct listeners *listeners,
    struct memory *memory, unsigned id, struct gate *gate, uint64_t name)
{
	struct store_thread *s = calloc(1, sizeof *s);

	if (s == NULL)
		fatal("store: cannot start: out of memory");
	s->hosts = hosts;
	s->listeners = listeners;
	s->memory = memory;
	s->id = id;
	s->name = name;
	s->gate = gate;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

/* What is on its loop, by the thread that has it. */
static void
clear(struct store_thread *s)
{
	deadline_free(&s->parting);
	store_desk_free(s->desk);
	resolver_free(s->resolver);
	own_free(s->own);
	loop_bury_all(s->loop);
}

/* Nobody has its loop any more. */
static void
shut(struct store_thread *s)
{
	loop_free(s->loop);
	s->loop = NULL;
	conf_unref(s->open);
	conf_unref(s->conf);
}

static bool
wrong(char **cause, const char *what)
{
	if (asprintf(cause, "store: cannot start: %s", what) == -1)
		*cause = NULL;
	return false;
}

bool
store_thread_open(struct store_thread *s, struct conf *conf, char **cause)
{
	if (s->loop != NULL || conf->store.name == NULL)
		return true;
	if ((s->loop = loop_new(s->id, s->memory, rung_cb, s)) == NULL)
		return wrong(cause, strerror(errno));
	s->conf = conf_ref(conf);
	s->open = conf_ref(conf);
	s->resolver = resolver_new(s->loop, conf);
	s->own = own_new(s->listeners);
	s->dialer = (struct dialer){ s->loop, s->resolver, s->own, conf };
	s->desk = NULL;
	if (s->resolver != NULL && s->own != NULL)
		s->desk = store_desk_new(s->hosts, &s->dialer, &conf->store,
		    s->name);
	deadline_init(&s->parting, s->loop, left_cb, s);
	if (s->desk != NULL)
		return true;
	clear(s);
	shut(s);
	return wrong(cause, "out of memory");
}

void
store_thread_serve(struct store_thread *s)
{
	if (s->loop == NULL || s->serves)
		return;
	s->serves = true;
	store_desk_begin(s->hosts, ring_cb, s);
}

static void *
run(void *arg)
{
	struct store_thread *s = arg;

	gate_wait(s->gate);
	loop_run(s->loop);
	clear(s);
	return NULL;
}

bool
store_thread_start(struct store_thread *s, char **cause)
{
	if (s->loop == NULL || s->runs)
		return true;
	errno = pthread_create(&s->thread, NULL, run, s);
	s->runs = errno == 0;
	if (s->runs)
		return true;
	(void)wrong(cause, strerror(errno));
	clear(s);
	shut(s);
	return false;
}

void
store_thread_end(struct store_thread *s)
{
	if (s->runs) {
		atomic_store(&s->stop, true);
		loop_ring(s->loop);
		pthread_join(s->thread, NULL);
		shut(s);
	}
	pthread_mutex_destroy(&s->lock);
	conf_unref(s->new_conf);
	free(s);
}

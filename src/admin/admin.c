/* SPDX-License-Identifier: ISC */
#include "admin/admin.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/admin_body.h"
#include "admin/admin_context.h"
#include "admin/admin_events.h"
#include "admin/admin_expiry.h"
#include "admin/admin_history.h"
#include "admin/admin_hour.h"
#include "admin/admin_log.h"
#include "admin/admin_place.h"
#include "admin/admin_request.h"
#include "admin/admin_session.h"
#include "base/events.h"
#include "base/gate.h"
#include "base/log.h"
#include "conf/conf.h"
#include "front/front.h"
#include "net/address.h"
#include "net/listen.h"
#include "net/own.h"
#include "net/resolve.h"

/*
 * Life: admin_new() binds what there is to listen at, and makes the loop and a
 * front for the socket and one for the web; admin_start() starts the thread,
 * which serves both until admin_free() has it stop.  The main thread gives it
 * orders; nothing else of it is touched by another thread.
 */

/* A way in. */
struct way {
	struct admin_door	 door;
	struct listeners	*listeners;	/* NULL: there is none */
	struct front		*front;
};

struct admin {
	struct admin_context	 context;
	struct way		 socket;
	struct way		 web;
	pthread_t		 thread;
	struct gate		*gate;		/* which its thread begins at */
	sem_t			 listens;
	bool			 started;

	pthread_mutex_t		 lock;		/* guards the orders */
	struct conf		*new_conf;	/* to change to; or NULL */
	char			*new_error;	/* of a reload; or NULL */
	bool			 ordered_drain;
	bool			 ordered_leave;
	bool			 ordered_stop;
};

/* Orders */

/* The names of the web, each with the port of each of its addresses. */
static bool
name_web(struct way *web, const struct conf *conf)
{
	static const char *const local[] = {
		"127.0.0.1", "[::1]", "localhost",
	};
	struct guard_origins *origins = &web->door.origins;
	const struct listener *l;
	uint16_t port;
	size_t i, j;
	bool tls, ok = true;

	guard_origins_free(origins);
	for (i = 0; ok && web->listeners != NULL && i < web->listeners->n;
	    i++) {
		l = &web->listeners->list[i];
		port = ntohs(((const struct sockaddr_in *)&l->addr)->sin_port);
		tls = l->tls;
		for (j = 0; ok && j < sizeof local / sizeof local[0]; j++)
			ok = guard_origins_add(origins, tls, local[j], port);
		for (j = 0; ok && j < conf->admin_hosts.n; j++)
			ok = guard_origins_add(origins, tls,
			    conf->admin_hosts.list[j], port);
	}
	return ok;
}

/* Whether both have the same token, or none. */
static bool
same_token(const struct conf *a, const struct conf *b)
{
	if (a->admin_token == NULL || b->admin_token == NULL)
		return a->admin_token == b->admin_token;
	return strcmp(a->admin_token, b->admin_token) == 0;
}

static void
take_conf(struct admin *a, struct conf *conf)
{
	struct admin_context *context = &a->context;

	if (a->web.front != NULL)
		front_reload(a->web.front, conf);
	if (a->socket.front != NULL)
		front_reload(a->socket.front, conf);
	if (!name_web(&a->web, conf))
		log_error("admin.web_hosts: out of memory");
	if (!events_keep(conf->admin_events))
		log_error("admin.events: out of memory");
	if (!same_token(context->conf, conf))
		admin_events_revoke(context->events);
	admin_log_reloaded(context->log);
	if (context->resolver != NULL)
		resolver_reload(context->resolver, conf);
	conf_unref(context->conf);
	context->conf = conf;
	context->reloads++;
	free(context->last_error);
	context->last_error = NULL;
}

static void
leave_sockets(struct admin *a)
{
	if (a->web.front != NULL)
		front_leave(a->web.front);
	if (a->socket.front != NULL)
		front_leave(a->socket.front);
	admin_events_end(a->context.events);
}

static void
rung_cb(void *arg)
{
	struct admin *a = arg;
	struct conf *conf;
	char *error;
	bool leave, stop;

	pthread_mutex_lock(&a->lock);
	conf = a->new_conf;
	a->new_conf = NULL;
	error = a->new_error;
	a->new_error = NULL;
	if (a->ordered_drain)
		a->context.draining = true;
	leave = a->ordered_leave;
	a->ordered_leave = false;
	stop = a->ordered_stop;
	pthread_mutex_unlock(&a->lock);

	if (conf != NULL)
		take_conf(a, conf);
	if (error != NULL) {
		free(a->context.last_error);
		a->context.last_error = error;
	}
	if (leave)
		leave_sockets(a);
	if (stop)
		loop_stop(a->context.loop, false);
}

void
admin_conf(struct admin *a, struct conf *conf)
{
	struct conf *skipped;

	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	skipped = a->new_conf;
	a->new_conf = conf_ref(conf);
	free(a->new_error);
	a->new_error = NULL;
	pthread_mutex_unlock(&a->lock);
	conf_unref(skipped);
	loop_ring(a->context.loop);
}

void
admin_conf_failed(struct admin *a, const char *error)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	free(a->new_error);
	a->new_error = strdup(error);
	pthread_mutex_unlock(&a->lock);
	loop_ring(a->context.loop);
}

void
admin_drain(struct admin *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->ordered_drain = true;
	pthread_mutex_unlock(&a->lock);
	loop_ring(a->context.loop);
}

void
admin_leave(struct admin *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->ordered_drain = a->ordered_leave = true;
	pthread_mutex_unlock(&a->lock);
	loop_ring(a->context.loop);
}

/* Sockets */

/* The first port that the proxy listens at; 0: none. */
static uint16_t
proxy_port(const struct listeners *ls)
{
	const struct sockaddr_in *in;
	size_t i;

	for (i = 0; i < ls->n; i++) {
		in = (const struct sockaddr_in *)&ls->list[i].addr;
		if (in->sin_family != AF_UNIX)
			return ntohs(in->sin_port);
	}
	return 0;
}

static struct listeners *
open_socket(const struct conf *conf, const char *path, char **cause)
{
	char text[ADMIN_PLACE + 8];
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct conf_address a = {
		.len = sizeof sun,
		.text = text,
		.at = conf->admin_socket_at,
	};
	struct conf_addresses addresses = { .list = &a, .n = 1 };
	struct listen_order order = {
		.key = "admin.socket",
		.told = "control plane at",
		.addresses = &addresses,
		.workers = 1,
		.guarded = true,
		.mode = conf->admin_mode,
		.group = conf->admin_group,
	};

	snprintf(text, sizeof text, "unix:%s", path);
	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	memcpy(&a.addr, &sun, sizeof sun);
	return listen_open(conf, &order, cause);
}

/* Where nobody said where; a daemon without one works, but for commands. */
static void
open_default(struct admin *a, const struct listeners *proxy)
{
	char paths[ADMIN_PLACES][ADMIN_PLACE];
	char *cause = NULL;
	size_t i, n = admin_places(proxy_port(proxy), paths);

	for (i = 0; i < n && a->socket.listeners == NULL; i++) {
		free(cause);
		a->socket.listeners = open_socket(a->context.conf, paths[i],
		    &cause);
	}
	if (n == 0)
		log_info("no socket for commands: there is neither "
		    "admin.socket nor XDG_RUNTIME_DIR, and /tmp/sluice-%lu "
		    "is not this user's alone", (unsigned long)geteuid());
	else if (a->socket.listeners == NULL)
		log_warn("no socket for commands: %s", cause != NULL ? cause :
		    "out of memory");
	if (a->socket.listeners == NULL || n == 0)
		free(cause);
}

static bool
open_web(struct admin *a, char **cause)
{
	const struct conf *conf = a->context.conf;
	struct listen_order order = {
		.key = "admin.web",
		.told = "control plane at",
		.addresses = &conf->admin_web,
		.workers = 1,
	};

	if (conf->admin_web.n == 0)
		return true;
	a->web.listeners = listen_open(conf, &order, cause);
	return a->web.listeners != NULL;
}

static bool
open_sockets(struct admin *a, const struct listeners *proxy, char **cause)
{
	const struct conf *conf = a->context.conf;

	if (!open_web(a, cause))
		return false;
	if (conf->admin_socket == NULL) {
		open_default(a, proxy);
		return true;
	}
	a->socket.listeners = open_socket(conf, conf->admin_socket, cause);
	return a->socket.listeners != NULL;
}

/* Start and end */

static void
ignore_cb(void *arg)
{
	(void)arg;
}

static bool
open_way(struct admin *a, struct way *way, enum front_service service)
{
	struct front_setup setup = {
		.service = service,
		.loop = a->context.loop,
		.conf = a->context.conf,
		.listeners = way->listeners,
		.own = a->context.own,
		.events = &admin_session_events,
		.owner = &way->door,
		.began = ignore_cb,
		.ended = ignore_cb,
	};

	way->door.context = &a->context;
	way->door.socket = service == FRONT_SOCKET;
	if (way->listeners != NULL)
		way->front = front_new(&setup);
	return way->listeners == NULL || way->front != NULL;
}

static bool
open_rooms(struct admin *a, const struct admin_setup *setup)
{
	struct admin_context *context = &a->context;

	context->loop = loop_new(setup->nworkers, setup->memory, rung_cb, a);
	if (context->loop == NULL)
		return false;
	context->hasher = client_hasher_new();
	context->own = own_new(context->listeners);
	context->log = admin_log_new(context);
	context->expiry = admin_expiry_new(context);
	context->history = admin_history_new(context);
	context->events = admin_events_new(context);
	context->hour = admin_hour_new(context->loop);
	return context->hasher != NULL && context->own != NULL &&
	    context->log != NULL &&
	    context->expiry != NULL && context->history != NULL &&
	    context->events != NULL && context->hour != NULL &&
	    open_way(a, &a->socket, FRONT_SOCKET) &&
	    open_way(a, &a->web, FRONT_WEB) && name_web(&a->web,
	    context->conf) && events_keep(context->conf->admin_events);
}

static void
fill_context(struct admin_context *context, const struct admin_setup *setup)
{
	context->conf = conf_ref(setup->conf);
	context->hosts = setup->hosts;
	context->exchanges = setup->exchanges;
	context->nworkers = setup->nworkers;
	context->memory = setup->memory;
	context->listeners = setup->listeners;
	context->clients = setup->clients;
	context->started = loop_now();
	context->started_wall = loop_wall();
	context->reload = setup->reload;
	context->reload_arg = setup->arg;
	context->upgrade = setup->upgrade;
	context->upgrade_arg = setup->upgrade_arg;
	LIST_INIT(&context->requests);
}

struct admin *
admin_new(const struct admin_setup *setup, char **cause)
{
	struct admin *a;

	*cause = NULL;
	if (setup->conf->admin_off)
		return NULL;
	if ((a = calloc(1, sizeof *a)) == NULL) {
		*cause = strdup("out of memory");
		return NULL;
	}
	pthread_mutex_init(&a->lock, NULL);
	sem_init(&a->listens, 0, 0);
	admin_body_init();
	admin_session_init();
	fill_context(&a->context, setup);
	a->gate = setup->gate;
	if (!open_sockets(a, setup->listeners, cause)) {
		admin_free(a);
		return NULL;
	}
	if (a->socket.listeners == NULL && a->web.listeners == NULL) {
		admin_free(a);
		return NULL;
	}
	if (!open_rooms(a, setup))
		fatal("control plane: out of memory");
	return a;
}

struct listeners *
admin_listeners(struct admin *a)
{
	if (a->web.listeners == NULL)
		return a->socket.listeners;
	a->web.listeners->also = a->socket.listeners;
	return a->web.listeners;
}

/* Handlers that had yet to answer free what they keep. */
static void
close_requests(struct admin_context *context)
{
	struct admin_request *r;

	while ((r = LIST_FIRST(&context->requests)) != NULL) {
		if (r->ended != NULL)
			r->ended(r);
		admin_request_free(r);
	}
}

static void *
run(void *arg)
{
	struct admin *a = arg;

	gate_wait(a->gate);
	if (a->socket.front != NULL)
		front_listen(a->socket.front);
	if (a->web.front != NULL)
		front_listen(a->web.front);
	sem_post(&a->listens);
	/* what an earlier process has set ends, too */
	admin_expiry_set(&a->context);
	loop_run(a->context.loop);
	if (a->socket.front != NULL)
		front_free(a->socket.front);
	if (a->web.front != NULL)
		front_free(a->web.front);
	close_requests(&a->context);
	admin_hour_free(a->context.hour);
	admin_events_free(a->context.events);
	admin_log_free(a->context.log);
	admin_expiry_free(a->context.expiry);
	admin_history_free(a->context.history);
	if (a->context.resolver != NULL)
		resolver_free(a->context.resolver);
	loop_bury_all(a->context.loop);
	return NULL;
}

void
admin_start(struct admin *a)
{
	int err;

	if ((err = pthread_create(&a->thread, NULL, run, a)) != 0)
		fatal("control plane: cannot start: %s", strerror(err));
	a->started = true;
}

void
admin_begun(struct admin *a)
{
	/* who says that it is ready lacks nothing any more */
	while (sem_wait(&a->listens) == -1 && errno == EINTR)
		continue;
}

void
admin_free(struct admin *a)
{
	if (a == NULL)
		return;
	if (a->started) {
		pthread_mutex_lock(&a->lock);
		a->ordered_stop = true;
		pthread_mutex_unlock(&a->lock);
		loop_ring(a->context.loop);
		pthread_join(a->thread, NULL);
		loop_free(a->context.loop);
	}
	client_hasher_free(a->context.hasher);
	own_free(a->context.own);
	listen_close(a->socket.listeners);
	listen_close(a->web.listeners);
	guard_origins_free(&a->web.door.origins);
	conf_unref(a->context.conf);
	conf_unref(a->new_conf);
	free(a->context.last_error);
	free(a->new_error);
	pthread_mutex_destroy(&a->lock);
	sem_destroy(&a->listens);
	free(a);
}

/* SPDX-License-Identifier: ISC */
#include "daemon/daemon.h"

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <ares.h>
#include <event2/event.h>
#include <event2/thread.h>

#include "admin/admin.h"
#include "base/client_hash.h"
#include "base/events.h"
#include "base/gate.h"
#include "base/log.h"
#include "base/once.h"
#include "base/stats.h"
#include "conf/conf.h"
#include "daemon/kept.h"
#include "daemon/load.h"
#include "daemon/notify.h"
#include "daemon/reload.h"
#include "daemon/rights.h"
#include "daemon/sandbox.h"
#include "daemon/service.h"
#include "daemon/signals.h"
#include "daemon/signals_defer.h"
#include "daemon/starter.h"
#include "daemon/state.h"
#include "daemon/store_thread.h"
#include "daemon/successor.h"
#include "daemon/upgrade.h"
#include "daemon/worker.h"
#include "exchange/access.h"
#include "exchange/user_checks.h"
#include "exchange/via.h"
#include "front/clients.h"
#include "hosts/hosts.h"
#include "net/inherited.h"
#include "net/listen.h"
#include "net/loop.h"
#include "net/reserve.h"
#include "tls/tls_locked.h"

/*
 * The main thread reads the configuration, starts the workers and then only
 * waits: for signals, and for the workers to end.
 */

#define CHECKERS	2	/* threads that check passwords */

struct sluice {
	struct reloader		 reloader;	/* has the configuration */
	struct hosts		*hosts;
	struct state		*state;		/* or NULL */
	struct store_thread	*store;
	struct listeners	*listeners;
	struct workers		 workers;
	struct exchanges	**exchanges;	/* of each worker */
	struct admin		*admin;		/* or NULL */
	struct upgrade		 upgrade;
	unsigned		 done;		/* workers that ended */
	int			 signal_fd;
};

/* The kernel has no memory for it, for now: that is no reason to end. */
static void
poll_failed(void)
{
	const struct timespec moment = { .tv_nsec = 100000000 };

	if (errno == ENOMEM || errno == EAGAIN)
		(void)nanosleep(&moment, NULL);
	else if (errno != EINTR)
		fatal("poll: %s", strerror(errno));
}

/* The sooner of two, of which -1 is never. */
static int
sooner(int a, int b)
{
	return a == -1 ? b : b == -1 ? a : a < b ? a : b;
}

static void
take_reload(struct sluice *s)
{
	if (upgrade_is_done(&s->upgrade))
		reload_drop(&s->reloader);
	else
		reload_take(&s->reloader);
}

static void
wait_for_end(struct sluice *s)
{
	struct pollfd p[3 + UPGRADE_FDS] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = s->workers.done_fd, .events = POLLIN },
		{ .events = POLLIN },
	};
	struct service service = {
		.workers = &s->workers,
		.hosts = s->hosts,
	};
	const char *why;
	uint64_t n;
	int ms;

	while (s->done < s->workers.n) {
		service_look(&service);
		ms = upgrade_wait(&s->upgrade, p + 3);
		p[2].fd = upgrade_hands_over(&s->upgrade) ? -1 :
		    s->reloader.fd;
		if (poll(p, 3 + UPGRADE_FDS,
		    sooner(ms, service_wait(&service))) == -1) {
			poll_failed();
			continue;
		}
		if (p[1].revents & POLLIN &&
		    read(s->workers.done_fd, &n, sizeof n) == sizeof n)
			s->done += (unsigned)n;
		else if (p[0].revents & POLLIN)
			signals_take(s->signal_fd, &s->reloader, &s->upgrade);
		else if (p[2].revents & POLLIN)
			take_reload(s);
		else if ((why = upgrade_look(&s->upgrade, p + 3)) != NULL)
			signals_end(&s->reloader, why);
	}
}

/* Start and end */

static void
libevent_fatal_cb(int err)
{
	log_error("libevent: fatal error %d", err);
	log_flush();
	abort();
}

/* Once a minute, whichever descriptor it speaks of. */
static void
libevent_log_cb(int severity, const char *msg)
{
	size_t n = strcspn(msg, "0123456789");

	if (severity >= EVENT_LOG_WARN && once_a_minute(msg, n, loop_now()))
		log_warn("libevent: %s", msg);
}

/* Whoever is to be followed by us hears it, too. */
static void
say_failed(const char *cause)
{
	const char *why = cause != NULL ? cause : "out of memory";

	successor_fail(why);
	log_error("%s", why);
}

static void
say_wrong(const char *cause)
{
	if (cause == NULL) {
		say_failed(NULL);
		return;
	}
	successor_fail_conf(cause);
	log_error("%s", cause);
}

/* Ends the process. */
static void
fail(const char *cause)
{
	const char *why = cause != NULL ? cause : "out of memory";

	successor_fail(why);
	fatal("%s", why);
}

static void
open_listeners(struct sluice *s)
{
	const struct conf *conf = s->reloader.conf;
	struct listen_order order = {
		.key = "listen",
		.told = "listening on",
		.addresses = &conf->listen,
		.workers = conf->workers,
	};
	char *cause = NULL;

	rights_bind_begin();
	s->listeners = listen_open(conf, &order, &cause);
	rights_bind_end();
	if (s->listeners == NULL)
		fail(cause);
}

static bool
open_state(struct sluice *s, const struct conf *conf)
{
	char *cause = NULL;

	if (conf->state_file == NULL)
		return true;
	if ((s->state = state_open(conf, successor_is(), &cause)) == NULL)
		say_failed(cause);
	free(cause);
	return s->state != NULL;
}

/* Its loop has the number behind the workers'. */
static void
open_admin(struct sluice *s)
{
	struct admin_setup setup = {
		.conf = s->reloader.conf,
		.hosts = s->hosts,
		.exchanges = s->exchanges,
		.nworkers = s->workers.n,
		.memory = &s->workers.memory,
		.listeners = s->listeners,
		.clients = s->workers.clients,
		.reload = reload_ask,
		.arg = &s->reloader,
		.upgrade = upgrade_ask,
		.upgrade_arg = &s->upgrade,
		.gate = &s->workers.gate,
	};
	char *cause;

	rights_bind_begin();
	s->admin = s->reloader.admin = admin_new(&setup, &cause);
	rights_bind_end();
	if (s->admin == NULL && cause != NULL)
		fail(cause);
	if (s->admin != NULL)
		s->listeners->also = admin_listeners(s->admin);
	s->upgrade.listeners = s->listeners;
}

static void
make_workers(struct sluice *s)
{
	unsigned i;

	s->workers.list = calloc(s->workers.n, sizeof *s->workers.list);
	s->exchanges = calloc(s->workers.n, sizeof *s->exchanges);
	s->workers.checks = user_checks_new(CHECKERS);
	if (s->hosts == NULL || s->workers.list == NULL ||
	    s->exchanges == NULL || s->workers.clients == NULL ||
	    s->workers.checks == NULL)
		fatal("cannot start: out of memory");
	for (i = 0; i < s->workers.n; i++) {
		s->workers.list[i] = worker_new(&s->workers, i,
		    s->reloader.conf, s->hosts, s->listeners);
		s->exchanges[i] = worker_exchanges(s->workers.list[i]);
	}
}

/* Before a byte of a client's is read. */
static void
confine(const struct conf *conf)
{
	const char *why;

	rights_end();
	if (conf->sandbox && !sandbox_enter(&why))
		log_info("no sandbox: %s", why);
	/* that has started its last process, and waited for it */
	signals_bury();
}

/* What the process before remembers, and listened at; or a file. */
static void
take_over(struct sluice *s)
{
	struct successor with = {
		.state = s->state,
		.hosts = s->hosts,
		.loop = worker_loop(s->workers.list[0]),
		.workers = &s->workers,
		.bell = s->upgrade.bell,
	};

	if (!successor_take_over(&with)) {
		log_flush();
		_exit(1);
	}
	/* a keeper removes what it holds by itself */
	if (kept_fd() == -1)
		listen_adopt(s->listeners);
}

/* A reload may have the first one, too. */
static void
open_store(struct sluice *s, struct conf *conf)
{
	char *cause = NULL;

	s->store = s->reloader.store = store_thread_new(s->hosts, s->listeners,
	    &s->workers.memory, s->workers.n + 1, &s->workers.gate,
	    successor_store());
	if (!store_thread_open(s->store, conf, &cause))
		fail(cause);
	store_thread_serve(s->store);
}

/* They wait: nothing fails when another process has let us begin. */
static void
start_threads(struct sluice *s)
{
	struct gate *gate = &s->workers.gate;
	char *cause = NULL;
	unsigned i;

	if (!state_start(s->state, worker_loop(s->workers.list[0]), gate))
		fatal("cannot start: %s", strerror(errno));
	if (!store_thread_start(s->store, &cause))
		fail(cause);
	for (i = 0; i < s->workers.n; i++)
		worker_start(s->workers.list[i]);
	if (s->admin != NULL)
		admin_start(s->admin);
}

static void
begin(struct sluice *s)
{
	unsigned i;

	state_begin(s->state);
	gate_open(&s->workers.gate);
	for (i = 0; i < s->workers.n; i++)
		worker_begun(s->workers.list[i]);
	if (s->admin != NULL)
		admin_begun(s->admin);
}

static void
start(struct sluice *s)
{
	struct conf *conf = s->reloader.conf;
	char *cause = NULL;

	s->workers.n = conf->workers;
	memory_init(&s->workers.memory, conf->limit_memory,
	    conf->access_share);
	s->workers.clients = clients_new(&s->workers.memory);
	s->workers.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->workers.done_fd == -1 || s->signal_fd == -1)
		fatal("cannot start: %s", strerror(errno));
	if (!load_open_logs(conf, &cause))
		fail(cause);
	open_listeners(s);
	s->reloader.workers = &s->workers;
	/* the loops of the control plane and of the store are behind */
	s->reloader.hosts = s->hosts = hosts_new(conf, s->workers.n + 2);
	if (s->hosts != NULL)
		open_store(s, conf);
	s->workers.ending = successor_end;
	make_workers(s);
	open_admin(s);
	kept_hand_over(s->listeners);
	confine(conf);
	start_threads(s);
	take_over(s);
	inherited_close();
	begin(s);
	log_info("sluice " PACKAGE_VERSION " is ready, %u worker%s, "
	    "configuration %s", s->workers.n,
	    s->workers.n == 1 ? "" : "s", conf->path);
	load_log_level(conf, true);
	notify_ready();
}

/* The control plane answers until the workers have ended. */
static void
stop(struct sluice *s)
{
	unsigned i;

	/* it looks at all listeners, when it connects */
	store_thread_end(s->store);
	admin_free(s->admin);
	user_checks_free(s->workers.checks);
	state_end(s->state);
	for (i = 0; i < s->workers.n; i++)
		worker_join(s->workers.list[i]);
	free(s->workers.list);
	free(s->exchanges);
	clients_free(s->workers.clients);
	memory_destroy(&s->workers.memory);
	hosts_free(s->hosts);
	listen_close(s->listeners);
	access_close();
	stats_free();
	events_free();
	upgrade_destroy(&s->upgrade);
	reload_destroy(&s->reloader);
	close(s->workers.done_fd);
	close(s->signal_fd);
	notify_close();
	starter_close();
	log_info("ended");
}

int
daemon_run(const char *path)
{
	struct sluice s = { .workers.gate = GATE_SHUT };
	struct conf *conf;
	char *cause = NULL;
	int unlocked = tls_locked_init() ? 0 : errno;

	signals_defer();
	inherited_take();
	/* who would take over from one that is for a program outlives that */
	if (!load_is_private())
		starter_begin();
	notify_open();
	if ((conf = load_conf(path, false, &cause)) == NULL) {
		say_wrong(cause);
		free(cause);
		return 1;
	}
	load_log_level(conf, false);
	if (unlocked != 0)
		log_debug("keys may be swapped out: %s", strerror(unlocked));
	s.signal_fd = signals_open();
	/* one for each worker, and the control plane's */
	if (!reserve_init(conf->workers + 1))
		fatal("cannot start: out of memory");
	event_set_fatal_callback(libevent_fatal_cb);
	event_set_log_callback(libevent_log_cb);
	if (evthread_use_pthreads() == -1 ||
	    ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		fatal("cannot start: libraries");
	if (!client_hash_init() || !via_init())
		fatal("cannot start: no randomness");
	if (conf->store.key_file != NULL)
		client_hash_set_key(conf->store.key);
	if (!open_state(&s, conf) ||
	    !successor_meet(conf->store.key_file != NULL)) {
		conf_unref(conf);
		return 1;
	}
	load_warnings(conf, load_log_warning_cb, NULL);
	load_series(conf);
	if (reload_init(&s.reloader, conf) == -1)
		fatal("cannot start: %s", strerror(errno));
	s.upgrade = (struct upgrade){ .reloader = &s.reloader,
		.state = &s.state };
	if (!upgrade_init(&s.upgrade))
		fatal("cannot start: %s", strerror(errno));
	start(&s);
	wait_for_end(&s);
	stop(&s);
	ares_library_cleanup();
	libevent_global_shutdown();
	return 0;
}

/* SPDX-License-Identifier: ISC */
#include "daemon/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/events.h"
#include "base/bell.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/stats.h"
#include "conf/conf.h"
#include "conf/conf_changes.h"
#include "conf/conf_reread.h"
#include "daemon/load.h"
#include "daemon/notify.h"
#include "daemon/store_thread.h"
#include "daemon/successor.h"
#include "daemon/worker.h"
#include "hosts/hosts_reload.h"
#include "net/loop.h"

void
reload_logs(const struct conf *conf)
{
	char *cause = NULL;

	if (load_open_logs(conf, &cause))
		log_info("log files opened anew");
	else
		log_error("log files not opened anew: %s", cause != NULL ?
		    cause : "out of memory");
	free(cause);
}

static void
tell_failed(const char *cause)
{
	const char *why = cause != NULL ? cause : "out of memory";

	log_told(LOG_LEVEL_ERROR, "configuration not reloaded: %s", why);
	events_tell(EVENT_RELOAD, NULL, NULL, NULL,
	    "configuration not reloaded: %s", why);
}

/* Lines, for who asked. */
struct lines {
	char			**list;		/* NULL ends them; or NULL */
	size_t			 n;
	size_t			 more;		/* that are not in it */
};

#define LINES		100

/* For one that has no memory there is no place either. */
static void
put_line(struct lines *lines, const char *line)
{
	char **list;

	list = reallocarray(lines->list, lines->n + 2, sizeof *list);
	if (list == NULL)
		return;
	lines->list = list;
	if ((list[lines->n] = strdup(line)) != NULL)
		lines->n++;
	list[lines->n] = NULL;
}

static void
add_line_cb(const char *line, void *arg)
{
	struct lines *lines = arg;

	if (lines->n < LINES)
		put_line(lines, line);
	else
		lines->more++;
}

static void
add_warning_cb(const char *line, void *lines)
{
	load_log_warning_cb(line, NULL);
	add_line_cb(line, lines);
}

static char **
end_lines(struct lines *lines)
{
	char more[64];

	if (lines->more > 0) {
		snprintf(more, sizeof more, "and %zu more", lines->more);
		put_line(lines, more);
	}
	return lines->list;
}

/* Tells who asked, and whoever looks, in what the new one differs. */
static void
tell_changes(const struct conf *old, const struct conf *new,
    struct admin_reload *asked)
{
	struct lines changes = { NULL, 0, 0 }, warnings = { NULL, 0, 0 };
	struct conf_reread counts;

	conf_changes(old, new, add_warning_cb, &changes);
	conf_reread(old, new, add_line_cb, &changes, &counts);
	load_warnings(new, add_warning_cb, &warnings);
	conf_reread_text(asked->says, &counts);
	asked->changes = end_lines(&changes);
	asked->warnings = end_lines(&warnings);
}

static void
put_in_force(struct reloader *r, struct conf *conf)
{
	unsigned i;

	log_set_level((enum log_level)conf->log_level);
	load_series(conf);
	store_thread_serve(r->store);
	hosts_reload(r->hosts, conf, loop_now());
	memory_limit(&r->workers->memory, conf->limit_memory,
	    conf->access_share);
	for (i = 0; i < r->workers->n; i++)
		worker_reload(r->workers->list[i], conf);
	admin_conf(r->admin, conf);
	store_thread_reload(r->store, conf);
	conf_unref(r->conf);
	r->conf = conf;
}

/* Of the processes before, too, which write to the same. */
static bool
open_logs(const struct conf *conf, char **cause)
{
	if (!load_open_logs(conf, cause))
		return false;
	successor_logs();
	return true;
}

static void
reload_for(struct reloader *r, struct admin_reload *asked)
{
	struct conf *conf;

	notify_reloading();
	asked->error = NULL;
	conf = load_conf(r->conf->path, true, &asked->error);
	asked->ok = conf != NULL && open_logs(conf, &asked->error) &&
	    store_thread_open(r->store, conf, &asked->error) &&
	    store_thread_start(r->store, &asked->error);
	atomic_store(&stats_process.wrong, !asked->ok);
	if (!asked->ok) {
		stats_add(&stats_process.failed, 1);
		tell_failed(asked->error);
		admin_conf_failed(r->admin, asked->error != NULL ?
		    asked->error : "out of memory");
		conf_unref(conf);
		notify_ready();
		return;
	}
	tell_changes(r->conf, conf, asked);
	put_in_force(r, conf);
	stats_add(&stats_process.reloads, 1);
	log_info("configuration reloaded: %s", asked->says);
	events_tell(EVENT_RELOAD, NULL, NULL, NULL, "configuration read "
	    "again: %s", asked->says);
	notify_ready();
}

static void
free_lines(char **list)
{
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

void
reload_conf(struct reloader *r)
{
	struct admin_reload nobody = { .done = NULL };

	reload_for(r, &nobody);
	free(nobody.error);
	free_lines(nobody.changes);
	free_lines(nobody.warnings);
}

/* For others */

int
reload_init(struct reloader *r, struct conf *conf)
{
	r->conf = conf;
	STAILQ_INIT(&r->asked);
	pthread_mutex_init(&r->lock, NULL);
	return r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void
reload_destroy(struct reloader *r)
{
	pthread_mutex_destroy(&r->lock);
	close(r->fd);
	conf_unref(r->conf);
}

void
reload_ask(struct admin_reload *asked, void *reloader)
{
	struct reloader *r = reloader;

	pthread_mutex_lock(&r->lock);
	STAILQ_INSERT_TAIL(&r->asked, asked, entry);
	pthread_mutex_unlock(&r->lock);
	bell_ring(r->fd);
}

static struct admin_reload *
next_asked(struct reloader *r)
{
	struct admin_reload *asked;

	pthread_mutex_lock(&r->lock);
	if ((asked = STAILQ_FIRST(&r->asked)) != NULL)
		STAILQ_REMOVE_HEAD(&r->asked, entry);
	pthread_mutex_unlock(&r->lock);
	return asked;
}

void
reload_later(struct reloader *r)
{
	r->later = true;
	bell_ring(r->fd);
}

void
reload_take(struct reloader *r)
{
	struct admin_reload *asked;
	bool later = r->later;
	uint64_t n;

	(void)!read(r->fd, &n, sizeof n);
	r->later = false;
	if (later)
		reload_conf(r);
	while ((asked = next_asked(r)) != NULL) {
		reload_for(r, asked);
		asked->done(asked);
	}
}

void
reload_drop(struct reloader *r)
{
	struct admin_reload *asked;
	uint64_t n;

	(void)!read(r->fd, &n, sizeof n);
	r->later = false;
	while ((asked = next_asked(r)) != NULL) {
		asked->ok = false;
		asked->error = strdup("another process has taken over");
		asked->done(asked);
	}
}

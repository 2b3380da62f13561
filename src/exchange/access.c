/* SPDX-License-Identifier: ISC */
#include "exchange/access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/log.h"
#include "base/log_file.h"
#include "base/log_sink.h"
#include "net/loop.h"

/* One sink for all threads, whose thread writes: nobody else ever waits. */

#define KEPT	(1024 * 1024)	/* bytes that nobody has taken yet */
#define BUFFER	16384	/* bytes a thread collects */

static struct log_sink *sink;

struct access_log {
	const struct conf *conf;
	struct event	 flush_ev;
	size_t		 len;
	char		 buf[BUFFER];
	time_t		 second;	/* that stamp stands for */
	char		 stamp[32];	/* up to the seconds */
};

/* The sink */

/* The path that log.access names; NULL: standard output. */
static const char *
path_of(const struct conf *conf)
{
	return strcmp(conf->log_access, "-") == 0 ? NULL : conf->log_access;
}

/* Puts the key before what was wrong. */
static bool
wrong(char **cause)
{
	char *what = *cause;

	if (asprintf(cause, "log.access: %s", what != NULL ? what :
	    "out of memory") == -1)
		*cause = NULL;
	free(what);
	return false;
}

bool
access_open(const struct conf *conf, char **cause)
{
	*cause = NULL;
	if (conf->log_access == NULL) {
		if (sink != NULL)
			log_sink_close(sink);
		return true;
	}
	if (sink == NULL)
		sink = log_sink_new("log.access", KEPT, log_at);
	return (sink != NULL && log_sink_open(sink, path_of(conf),
	    STDOUT_FILENO, cause)) || wrong(cause);
}

bool
access_test(const struct conf *conf, char **cause)
{
	*cause = NULL;
	return conf->log_access == NULL || path_of(conf) == NULL ||
	    log_file_test(path_of(conf), cause) || wrong(cause);
}

void
access_close(void)
{
	log_sink_free(sink);
	sink = NULL;
}

/* A thread's lines */

static void
flush(struct access_log *log)
{
	if (sink != NULL && log->len > 0)
		log_sink_write(sink, log->buf, log->len);
	log->len = 0;
}

static void
flush_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

struct access_log *
access_new(struct loop *l, const struct conf *conf)
{
	struct access_log *log;

	if ((log = calloc(1, sizeof *log)) == NULL)
		return NULL;
	log->conf = conf;
	event_assign(&log->flush_ev, l->base, -1, 0, flush_cb, log);
	return log;
}

void
access_reload(struct access_log *log, const struct conf *conf)
{
	log->conf = conf;
}

void
access_free(struct access_log *log)
{
	event_del(&log->flush_ev);
	flush(log);
	free(log);
}

/* 2026-11-23T21:48:52.123Z */
static const char *
stamp(struct access_log *log, char buf[static 64])
{
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ts.tv_sec != log->second) {
		gmtime_r(&ts.tv_sec, &tm);
		strftime(log->stamp, sizeof log->stamp, "%Y-%m-%dT%H:%M:%S",
		    &tm);
		log->second = ts.tv_sec;
	}
	snprintf(buf, 64, "%s.%03dZ", log->stamp,
	    (int)(ts.tv_nsec / 1000000));
	return buf;
}

bool
access_enabled(const struct access_log *log)
{
	return log->conf->log_access != NULL;
}

void
access_write(struct access_log *log, const struct access_line *l)
{
	char when[64], *buf;

	if (!access_enabled(log))
		return;
	if (BUFFER - log->len < ACCESS_LINE)
		flush(log);
	event_active(&log->flush_ev, EV_TIMEOUT, 0);
	buf = log->buf + log->len;
	stamp(log, when);
	log->len += log->conf->log_format == CONF_LOG_JSON ?
	    access_line_json(l, when, buf) : access_line_text(l, when, buf);
}

/* SPDX-License-Identifier: ISC */
#include "proxy/access.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <jansson.h>

#include "log.h"
#include "proxy/worker.h"

/*
 * The file is one descriptor for all workers, whose number stays the same when
 * it is reopened (dup2), so that no worker needs to hear of that.
 */

#define AGAIN_NS	100000000ULL
#define BUFFER	16384	/* bytes a worker collects */
#define LINE	1024	/* bytes of one line at most */

static atomic_int access_fd = -1;
static pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;

struct access_log {
	struct worker	*worker;
	struct event	 flush_ev;
	struct deadline	 again;		/* when a pipe was full */
	bool		 failed;	/* logged that writing has */
	size_t		 len;
	char		 buf[BUFFER];
	time_t		 second;	/* that stamp stands for */
	char		 stamp[32];	/* up to the seconds */
};

/* The file */

static int
open_file(const char *path)
{
	if (strcmp(path, "-") == 0)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

bool
access_open(const struct conf *conf, char **cause)
{
	int fd, old = atomic_load(&access_fd);

	if (conf->log_access == NULL) {
		access_close();
		return true;
	}
	if ((fd = open_file(conf->log_access)) == -1) {
		if (asprintf(cause, "log.access: cannot open %s: %s",
		    conf->log_access, strerror(errno)) == -1)
			*cause = NULL;
		return false;
	}
	if (old == -1) {
		atomic_store(&access_fd, fd);
	} else {
		(void)dup3(fd, old, O_CLOEXEC);
		close(fd);
	}
	return true;
}

void
access_close(void)
{
	int fd;

	/* nobody may be writing to a number that means another file by then */
	pthread_mutex_lock(&write_lock);
	fd = atomic_exchange(&access_fd, -1);
	if (fd != -1)
		close(fd);
	pthread_mutex_unlock(&write_lock);
}

/* A worker's lines */

/*
 * How many bytes, ending with a line, may be written without waiting: a pipe
 * that nobody empties must not stop the proxy.  What poll() calls writable
 * takes PIPE_BUF bytes at once.
 */
static size_t
writable(const struct access_log *log, int fd, size_t off)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	size_t n = log->len - off;

	if (poll(&p, 1, 0) != 1)
		return 0;
	if (n <= PIPE_BUF)
		return n;
	for (n = PIPE_BUF; log->buf[off + n - 1] != '\n'; n--)
		continue;
	return n;
}

static void
lost(struct access_log *log, const char *why)
{
	if (!log->failed)
		log_error("log.access: cannot write: %s; lines are lost", why);
	log->failed = true;
}

static void
write_lines(struct access_log *log, int fd)
{
	size_t n, off = 0;
	ssize_t r;

	while (off < log->len && (n = writable(log, fd, off)) > 0) {
		r = write(fd, log->buf + off, n);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1) {
			lost(log, strerror(errno));
			off = log->len;
			break;
		}
		off += (size_t)r;
		if (log->failed)
			log_info("log.access: writing again");
		log->failed = false;
	}
	log->len -= off;
	memmove(log->buf, log->buf + off, log->len);
}

static void
flush(struct access_log *log)
{
	int fd;

	pthread_mutex_lock(&write_lock);
	if ((fd = atomic_load(&access_fd)) != -1)
		write_lines(log, fd);
	else
		log->len = 0;
	pthread_mutex_unlock(&write_lock);
	if (log->len > 0)
		deadline_set(&log->again, worker_now() + AGAIN_NS);
}

static void
again_cb(void *arg)
{
	flush(arg);
}

static void
flush_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

struct access_log *
access_new(struct worker *w)
{
	struct access_log *log;

	if ((log = calloc(1, sizeof *log)) == NULL)
		return NULL;
	log->worker = w;
	deadline_init(&log->again, w, again_cb, log);
	event_assign(&log->flush_ev, w->base, -1, 0, flush_cb, log);
	return log;
}

void
access_free(struct access_log *log)
{
	event_del(&log->flush_ev);
	flush(log);
	deadline_free(&log->again);
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

static const char *const outcomes[] = {
	[ACCESS_FORWARDED] = "forwarded",
	[ACCESS_TUNNEL] = "tunnel, requests inside not seen",
	[ACCESS_UPGRADED] = "upgraded",
	[ACCESS_INTERCEPTED] = "intercepted",
	[ACCESS_REFUSED] = "refused",
	[ACCESS_CLIENT_GONE] = "client gone",
	[ACCESS_UPSTREAM_ERROR] = "upstream error",
};

static double
ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static int
format_text(struct access_log *log, const struct access_line *l, char *buf)
{
	unsigned long long wait = l->wait / 1000, upstream = l->upstream / 1000;
	char when[64], resent[32] = "";

	if (l->resent > 0)
		snprintf(resent, sizeof resent, ", sent again: %u", l->resent);

	return snprintf(buf, LINE, "%s %s %s %s %d %llu %llu "
	    "%llu.%03llu %llu.%03llu %s%s%s%s\n",
	    stamp(log, when), l->client,
	    l->method != NULL ? l->method : "-",
	    l->host != NULL ? l->host : "-", l->status,
	    (unsigned long long)l->in, (unsigned long long)l->out,
	    wait / 1000, wait % 1000, upstream / 1000, upstream % 1000,
	    outcomes[l->outcome], resent, l->reason != NULL ? ": " : "",
	    l->reason != NULL ? l->reason : "");
}

static int
format_json(struct access_log *log, const struct access_line *l, char *buf)
{
	char when[64];
	json_t *o;
	size_t n;

	o = json_pack("{ss ss ss? ss? si sI sI sf sf ss ss? si}",
	    "time", stamp(log, when), "client", l->client,
	    "method", l->method, "host", l->host, "status", l->status,
	    "in", (json_int_t)l->in, "out", (json_int_t)l->out,
	    "wait_ms", ms(l->wait), "upstream_ms", ms(l->upstream),
	    "outcome", outcomes[l->outcome], "reason", l->reason,
	    "resent", (int)l->resent);
	if (o == NULL)
		return 0;
	n = json_dumpb(o, buf, LINE - 1, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(o);
	if (n == 0 || n >= LINE)
		return 0;
	buf[n] = '\n';
	return (int)n + 1;
}

bool
access_enabled(const struct access_log *log)
{
	return log->worker->conf->log_access != NULL;
}

void
access_write(struct access_log *log, const struct access_line *l)
{
	const struct conf *conf = log->worker->conf;
	char *buf;
	int n;

	if (!access_enabled(log))
		return;
	if (BUFFER - log->len < LINE)
		flush(log);
	if (BUFFER - log->len < LINE) {
		lost(log, "nobody reads it");
		return;
	}
	event_active(&log->flush_ev, EV_TIMEOUT, 0);
	buf = log->buf + log->len;
	if (conf->log_format == CONF_LOG_JSON)
		n = format_json(log, l, buf);
	else
		n = format_text(log, l, buf);
	if (n >= LINE) {	/* cut: a line is one all the same */
		n = LINE - 1;
		buf[n - 1] = '\n';
	}
	if (n > 0)
		log->len += (size_t)n;
}

/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/events.h"
#include "base/log_sink.h"

#define LINE	2048	/* bytes of one line at most */
#define KEPT	(256 * 1024)	/* bytes that nobody has taken yet */

static atomic_int level = LOG_LEVEL_INFO;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct log_sink *sink;	/* NULL: without memory */
static atomic_bool in_file;	/* and not on standard error */

static const char *const names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void
log_set_level(enum log_level l)
{
	atomic_store(&level, (int)l);
}

int
log_enabled(enum log_level l)
{
	return (int)l <= atomic_load(&level);
}

/* Whatever a peer had a say in must not forge a line or move a cursor. */
static void
escape(char *p, const char *end)
{
	for (; p < end; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
}

/* What is logged goes out, however the process ends by itself. */
static void
make_sink(void)
{
	char *cause = NULL;

	sink = log_sink_new("diagnostics", KEPT, log_at);
	if (sink != NULL && log_sink_open(sink, NULL, STDERR_FILENO, &cause))
		atexit(log_flush);
	free(cause);
}

/* As far as that is possible at once: where there is no thread. */
static void
write_now(const char *p, size_t n)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&out, 1, 0) == 1)
		(void)!write(STDERR_FILENO, p, n);
}

static void
put(const char *p, size_t n)
{
	pthread_once(&once, make_sink);
	if (sink != NULL)
		log_sink_write(sink, p, n);
	else
		write_now(p, n);
}

bool
log_open(const char *path, char **cause)
{
	pthread_once(&once, make_sink);
	*cause = NULL;
	if (sink == NULL)
		return path == NULL;
	if (!log_sink_open(sink, path, STDERR_FILENO, cause))
		return false;
	atomic_store(&in_file, path != NULL);
	return true;
}

void
log_flush(void)
{
	if (sink != NULL)
		log_sink_flush(sink);
}

/* A line, with its end, and where in it the message begins. */
struct line {
	char	 p[LINE];
	size_t	 len;
	size_t	 message;
};

static void format(struct line *, enum log_level, const char *, va_list)
    __attribute__((format(printf, 3, 0)));
static void vlog(enum log_level, bool, const char *, va_list)
    __attribute__((format(printf, 3, 0)));

static void
format(struct line *line, enum log_level l, const char *fmt, va_list ap)
{
	char *buf = line->p;
	struct timespec ts;
	struct tm tm;
	size_t n, max = LINE - 1;
	int r;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(buf, max, "%Y-%m-%dT%H:%M:%S", &tm);
	n += (size_t)snprintf(buf + n, max - n, ".%03dZ %s: ",
	    (int)(ts.tv_nsec / 1000000), names[l]);
	line->message = n;
	r = vsnprintf(buf + n, max - n, fmt, ap);
	if (r > 0)
		n += (size_t)r < max - n ? (size_t)r : max - n - 1;
	escape(buf, buf + n);
	buf[n++] = '\n';
	line->len = n;
}

/* told: as an event, by whoever logs it. */
static void
vlog(enum log_level l, bool told, const char *fmt, va_list ap)
{
	struct line line;

	if (!log_enabled(l))
		return;
	format(&line, l, fmt, ap);
	put(line.p, line.len);
	if (l <= LOG_LEVEL_WARN && !told)
		events_tell(EVENT_WARNING, NULL, NULL, NULL, "%.*s",
		    (int)(line.len - 1 - line.message),
		    line.p + line.message);
}

void
log_at(enum log_level l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(l, false, fmt, ap);
	va_end(ap);
}

void
log_told(enum log_level l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(l, true, fmt, ap);
	va_end(ap);
}

#define LOG_FUNCTION(name, l)			\
	void					\
	name(const char *fmt, ...)		\
	{					\
		va_list ap;			\
						\
		va_start(ap, fmt);		\
		vlog(l, false, fmt, ap);	\
		va_end(ap);			\
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

void
fatal(const char *fmt, ...)
{
	struct line line;
	va_list ap;

	va_start(ap, fmt);
	format(&line, LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
	put(line.p, line.len);
	/* whoever started it looks there */
	if (atomic_load(&in_file))
		write_now(line.p, line.len);
	exit(1);
}

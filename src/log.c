/* SPDX-License-Identifier: ISC */
#include "log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LINE	2048	/* bytes of one line at most */

static atomic_int level = LOG_LEVEL_INFO;

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

static void vlog(enum log_level, const char *, va_list)
    __attribute__((format(printf, 2, 0)));

static void
vlog(enum log_level l, const char *fmt, va_list ap)
{
	struct timespec ts;
	struct tm tm;
	char buf[LINE];
	size_t n, max = sizeof buf - 1;
	int r;

	if (!log_enabled(l))
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = strftime(buf, max, "%Y-%m-%dT%H:%M:%S", &tm);
	n += (size_t)snprintf(buf + n, max - n, ".%03dZ %s: ",
	    (int)(ts.tv_nsec / 1000000), names[l]);
	r = vsnprintf(buf + n, max - n, fmt, ap);
	if (r > 0)
		n += (size_t)r < max - n ? (size_t)r : max - n - 1;
	escape(buf, buf + n);
	buf[n++] = '\n';
	(void)!write(STDERR_FILENO, buf, n);
}

#define LOG_FUNCTION(name, l)			\
	void					\
	name(const char *fmt, ...)		\
	{					\
		va_list ap;			\
						\
		va_start(ap, fmt);		\
		vlog(l, fmt, ap);		\
		va_end(ap);			\
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
	exit(1);
}

/* SPDX-License-Identifier: ISC */
#include "daemon/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/kept.h"

#define STATE	64	/* bytes of one, with its end */

static int fd = -1;
static struct sockaddr_un to;
static socklen_t to_len;
static uint64_t watchdog;	/* ns; 0: none */
static char owed[STATE];	/* a state that nobody took; or "" */
static bool stopping;

/* A path, or with "@" before it a name that is in no directory. */
static bool
read_address(const char *path)
{
	size_t len = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || len < 2 ||
	    len >= sizeof to.sun_path)
		return false;
	to.sun_family = AF_UNIX;
	memcpy(to.sun_path, path, len + 1);
	to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	else
		to_len++;
	return true;
}

/* It may be meant for another process, whose child we are. */
static uint64_t
read_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid;
	uintmax_t n;
	char *end;

	pid = getenv("WATCHDOG_PID");
	if (usec == NULL || (pid != NULL &&
	    strtoimax(pid, NULL, 10) != (intmax_t)getpid()))
		return 0;
	n = strtoumax(usec, &end, 10);
	return *end != '\0' || n > UINT64_MAX / 1000 ? 0 : (uint64_t)n * 1000;
}

/* To the keeper, if there is one, who knows the address. */
static int
open_socket(void)
{
	if (kept_fd() == -1)
		return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC |
		    SOCK_NONBLOCK, 0);
	to_len = 0;
	return fcntl(kept_fd(), F_DUPFD_CLOEXEC, 3);
}

void
notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (path != NULL && !read_address(path))
		log_warn("NOTIFY_SOCKET: \"%s\" is no address of a Unix socket",
		    path);
	else if (path != NULL && (fd = open_socket()) == -1)
		log_warn("NOTIFY_SOCKET: %s", strerror(errno));
	if (fd != -1)
		watchdog = read_watchdog();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

bool
notify_inherit(void)
{
	char usec[32];

	if (fd == -1)
		return true;
	snprintf(usec, sizeof usec, "%" PRIu64, watchdog / 1000);
	/* any address will do: it is not used */
	return setenv("NOTIFY_SOCKET", "@keeper", 1) == 0 && (watchdog == 0 ||
	    setenv("WATCHDOG_USEC", usec, 1) == 0);
}

void
notify_close(void)
{
	if (fd != -1)
		close(fd);
	fd = -1;
}

bool
notify_wanted(void)
{
	return fd != -1;
}

uint64_t
notify_watchdog(void)
{
	return watchdog;
}

/* False where it would have had to wait. */
static bool
send_text(const char *text)
{
	return fd == -1 || sendto(fd, text, strlen(text), MSG_NOSIGNAL,
	    (struct sockaddr *)&to, to_len) != -1 || errno != EAGAIN;
}

/* A later state takes the place of one that was not taken. */
static void
send_state(const char *text)
{
	if (stopping)
		return;
	owed[0] = '\0';
	if (!send_text(text))
		snprintf(owed, sizeof owed, "%s", text);
}

void
notify_ready(void)
{
	send_state("READY=1");
}

void
notify_reloading(void)
{
	struct timespec ts;
	char text[STATE];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)ts.tv_sec * 1000000 +
	    (unsigned long long)ts.tv_nsec / 1000);
	send_state(text);
}

void
notify_stopping(void)
{
	send_state("STOPPING=1");
	stopping = true;
}

/* A keeper stays what it is. */
void
notify_leave(pid_t pid)
{
	char text[STATE];

	snprintf(text, sizeof text, "READY=1\nMAINPID=%jd", (intmax_t)pid);
	if (kept_fd() == -1)
		(void)send_text(text);
	notify_close();
}

void
notify_again(void)
{
	if (owed[0] != '\0' && send_text(owed))
		owed[0] = '\0';
}

void
notify_status(const char *fmt, ...)
{
	char text[NOTIFY_TEXT] = "STATUS=";
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof text - n, fmt, ap);
	va_end(ap);
	(void)send_text(text);
}

/* What people read is not worth to be kept. */
void
notify_pass(const char *text)
{
	if (!send_text(text) && strncmp(text, "STATUS=", 7) != 0)
		snprintf(owed, sizeof owed, "%s", text);
}

void
notify_alive(void)
{
	(void)send_text("WATCHDOG=1");
}

void
notify_extend(uint64_t ns)
{
	char text[STATE];

	snprintf(text, sizeof text, "EXTEND_TIMEOUT_USEC=%" PRIu64,
	    ns / 1000);
	(void)send_text(text);
}

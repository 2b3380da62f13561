/* SPDX-License-Identifier: ISC */

/*
 * Calls that do their work or fail: memory, descriptors, files, sockets; how a
 * loop waits, and what time it is.
 */
#define _GNU_SOURCE

#include "fault_how.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* With _FORTIFY_SOURCE callers use others, which end here, too. */
int	__poll_chk(struct pollfd *, nfds_t, int, size_t);
int	open64(const char *, int, ...);
FILE	*fopen64(const char *, const char *);

/* Memory */

void *
malloc(size_t size)
{
	NEXT(next, malloc);
	return fails(CALL_memory, -1) ? NULL : next(size);
}

void *
calloc(size_t n, size_t size)
{
	NEXT(next, calloc);
	return fails(CALL_memory, -1) ? NULL : next(n, size);
}

void *
realloc(void *p, size_t size)
{
	NEXT(next, realloc);
	return fails(CALL_memory, -1) ? NULL : next(p, size);
}

void *
reallocarray(void *p, size_t n, size_t size)
{
	NEXT(next, reallocarray);
	return fails(CALL_memory, -1) ? NULL : next(p, n, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	NEXT(next, aligned_alloc);
	return fails(CALL_memory, -1) ? NULL : next(alignment, size);
}

int
posix_memalign(void **p, size_t alignment, size_t size)
{
	int error = how(CALL_memory, -1);

	NEXT(next, posix_memalign);
	return error > 0 ? error : next(p, alignment, size);
}

/* Calls that do their work or fail */

#define FAIL(type, failed, name, fd, parameters, arguments) \
	type \
	name parameters \
	{ \
		NEXT(next, name); \
		return fails(CALL_##name, fd) ? failed : next arguments; \
	}

FAIL(int, -1, socket, -1, (int domain, int type, int protocol),
    (domain, type, protocol))
FAIL(int, -1, epoll_ctl, fd, (int set, int op, int fd,
    struct epoll_event *event), (set, op, fd, event))
FAIL(int, -1, epoll_create1, -1, (int flags), (flags))
FAIL(int, -1, eventfd, -1, (unsigned value, int flags), (value, flags))
FAIL(int, -1, timerfd_create, -1, (clockid_t clock, int flags),
    (clock, flags))
FAIL(int, -1, poll, -1, (struct pollfd *list, nfds_t n, int ms),
    (list, n, ms))
FAIL(int, -1, dup, fd, (int fd), (fd))
FAIL(int, -1, fstat, fd, (int fd, struct stat *st), (fd, st))
FAIL(int, -1, stat, -1, (const char *path, struct stat *st), (path, st))
FAIL(int, -1, fsync, fd, (int fd), (fd))
FAIL(int, -1, rename, -1, (const char *from, const char *to), (from, to))
FAIL(int, -1, getsockopt, fd, (int fd, int level, int name, void *p,
    socklen_t *len), (fd, level, name, p, len))
FAIL(int, -1, setsockopt, fd, (int fd, int level, int name, const void *p,
    socklen_t len), (fd, level, name, p, len))
FAIL(int, -1, getsockname, fd, (int fd, struct sockaddr *sa, socklen_t *len),
    (fd, sa, len))
FAIL(int, -1, getpeername, fd, (int fd, struct sockaddr *sa, socklen_t *len),
    (fd, sa, len))
FAIL(int, -1, shutdown, fd, (int fd, int what), (fd, what))
FAIL(ssize_t, -1, getrandom, -1, (void *p, size_t n, unsigned flags),
    (p, n, flags))
FAIL(ssize_t, -1, sendto, fd, (int fd, const void *p, size_t n, int flags,
    const struct sockaddr *to, socklen_t len), (fd, p, n, flags, to, len))
FAIL(FILE *, NULL, fopen, -1, (const char *path, const char *mode),
    (path, mode))

/* The local port of what this thread has accepted last. */
static _Thread_local uint32_t accepted;

int
accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags)
{
	struct sockaddr_in to;
	socklen_t n = sizeof to;
	int one;

	NEXT(next, accept4);
	if (fails(CALL_accept4, fd) || (one = next(fd, sa, len, flags)) == -1)
		return -1;
	inside = true;
	if (getsockname(one, (struct sockaddr *)&to, &n) == 0 &&
	    to.sin_family == AF_INET)
		accepted = ntohs(to.sin_port);
	inside = false;
	return one;
}

/*
 * At first it reads who else knows of users; without memory for that glibc ends
 * the process, by a signal or by an assertion of its own.
 */
int
getpwuid_r(uid_t uid, struct passwd *pw, char *buf, size_t size,
    struct passwd **found)
{
	static bool was_read;
	bool was = inside;
	int error;

	NEXT(next, getpwuid_r);
	inside |= !was_read;
	was_read = true;
	error = next(uid, pw, buf, size, found);
	inside = was;
	return error;
}

FILE *
fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*start)(void *), void *arg)
{
	int error = how(CALL_pthread_create, -1);

	NEXT(next, pthread_create);
	return error > 0 ? error : next(thread, attr, start, arg);
}

/* One that is interrupted goes on connecting. */
int
connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	int error = how(CALL_connect, fd);

	NEXT(next, connect);
	if (error == WHOLE)
		return next(fd, sa, len);
	if (error == EINTR)
		(void)next(fd, sa, len);
	errno = error;
	return -1;
}

/* The descriptor is gone in any case. */
int
close(int fd)
{
	int error = how(CALL_close, fd), result;

	NEXT(next, close);
	result = next(fd);
	if (error <= 0)
		return result;
	errno = error;
	return -1;
}

int
open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	NEXT(next, open);
	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return fails(CALL_open, -1) ? -1 : next(path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open(path, flags, mode);
}

int
fcntl(int fd, int what, ...)
{
	va_list args;
	void *arg;

	NEXT(next, fcntl);
	va_start(args, what);
	arg = va_arg(args, void *);
	va_end(args);
	if ((what == F_DUPFD || what == F_DUPFD_CLOEXEC) &&
	    fails(CALL_fcntl, fd))
		return -1;
	return next(fd, what, arg);
}

int
ioctl(int fd, unsigned long what, ...)
{
	va_list args;
	void *arg;

	NEXT(next, ioctl);
	va_start(args, what);
	arg = va_arg(args, void *);
	va_end(args);
	return fails(CALL_ioctl, fd) ? -1 : next(fd, what, arg);
}

/* Only one takes it. */
static void
hang(struct fault *f)
{
	uint32_t wanted = FAULT_HANG;

	if (f->hang == FAULT_TURNS || (f->port != 0 && f->port != accepted) ||
	    !atomic_compare_exchange_strong(&f->hang, &wanted, FAULT_HANGS))
		return;
	while (f->hang == FAULT_HANGS)
		usleep(1000);
}

/* Where it does less, it tells of one event only; others come next time. */
int
epoll_wait(int set, struct epoll_event *events, int max, int ms)
{
	int error = how(CALL_epoll_wait, -1);

	NEXT(next, epoll_wait);
	hang(fault);
	if (error > 0) {
		errno = error;
		return -1;
	}
	return next(set, events, error == CUT ? 1 : max, ms);
}

int
__poll_chk(struct pollfd *list, nfds_t n, int ms, size_t size)
{
	if (n > size / sizeof *list)
		abort();
	return poll(list, n, ms);
}

/* Time */

#define SECOND	1000000000LL

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int64_t shift = fault->shift, ns;
	int result;

	NEXT(next, clock_gettime);
	result = next(clock, ts);
	if (result == 0 && shift != 0 && clock == CLOCK_REALTIME) {
		ns = ts->tv_sec * SECOND + ts->tv_nsec + shift;
		ts->tv_sec = ns / SECOND;
		ts->tv_nsec = ns % SECOND;
	}
	return result;
}

time_t
time(time_t *out)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

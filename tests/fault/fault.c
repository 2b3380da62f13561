/* SPDX-License-Identifier: ISC */

/*
 * Preloaded into the daemon (LD_PRELOAD) by tests: makes the Nth call of a
 * kind fail, as the mapped file $FAULT_FILE says (fault.h), which a test may
 * change at any time.  Without that file nothing fails.
 *
 * A site is a stack of return addresses, as a hash of where they are in their
 * files, so that it is the same in the next process.
 *
 * With a sanitizer the same works: its functions are the next ones here.
 */
#define _GNU_SOURCE

#include "fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* With _FORTIFY_SOURCE callers use others, which end here, too. */
ssize_t	__read_chk(int, void *, size_t, size_t);
ssize_t	__recv_chk(int, void *, size_t, size_t, int);
int	__poll_chk(struct pollfd *, nfds_t, int, size_t);
int	open64(const char *, int, ...);
FILE	*fopen64(const char *, const char *);

enum call {
	CALL_none,
#define CALL(name, ...) CALL_##name,
#include "calls.h"
#undef CALL
};

/* How it fails, apart from the errors. */
#define WHOLE	(-1)		/* it does not */
#define CUT	0

#define REACH	12		/* frames of a stack that make a site */

static struct fault none;
static struct fault *fault = &none;
/* This thread is in here; what it calls on the way is not counted. */
static _Thread_local bool inside;

/* The function that would have been called. */
#define NEXT(next, name) \
	static __typeof__(name) *next; \
	if (next == NULL) \
		*(void **)&next = dlsym(RTLD_NEXT, #name)

/* Sites */

/* Where it is in its file, wherever that is mapped. */
static uint64_t
place_of(const void *address)
{
	struct dl_find_object found;
	const char *name;
	uint64_t place;

	if (_dl_find_object((void *)(uintptr_t)address, &found) != 0)
		return 0;
	place = (uint64_t)((const char *)address -
	    (const char *)found.dlfo_map_start);
	name = found.dlfo_link_map->l_name;
	for (name = name != NULL ? name : ""; *name != '\0'; name++)
		place = (place ^ (unsigned char)*name) * 1099511628211ULL;
	return place;
}

/* Frames of this library are left out. */
static uint64_t
find_site(void **stack, int n, int *first)
{
	const void *own = (const void *)(uintptr_t)place_of;
	struct dl_find_object me, found;
	uint64_t site = 14695981039346656037ULL;
	int i;

	if (_dl_find_object((void *)(uintptr_t)own, &me) != 0)
		return 0;
	for (i = 0; i < n && _dl_find_object(stack[i], &found) == 0 &&
	    found.dlfo_map_start == me.dlfo_map_start; i++)
		continue;
	*first = i;
	for (; i < n && i < *first + REACH; i++)
		site = (site ^ place_of(stack[i])) * 1099511628211ULL;
	return site;
}

/* What has failed is told with the stack that led there. */
static void
tell(struct fault *f, uint64_t site, void **stack, int n, int first)
{
	uint32_t frames = 0;

	for (; first < n && frames < FAULT_FRAMES; first++)
		f->stack[frames++] = (uint64_t)(uintptr_t)stack[first];
	f->frames = frames;
	f->at = site;
}

static bool
is_it(struct fault *f)
{
	uint32_t seen, many = f->many > 0 ? f->many : 1;
	void *stack[FAULT_FRAMES + 8];
	uint64_t site = 0;
	int n = 0, first = 0;
	bool fires;

	if (f->depth || f->site != 0) {
		n = backtrace(stack, FAULT_FRAMES + 8);
		site = find_site(stack, n, &first);
	}
	if (f->site != 0 && f->site != site)
		return false;
	seen = atomic_fetch_add(&f->seen, 1) + 1;
	if (f->depth && seen <= FAULT_CALLS) {
		f->sites[seen - 1] = site;
		f->written = seen;
	}
	fires = f->nth > 0 && seen >= f->nth && seen - f->nth < many;
	if (fires && atomic_fetch_add(&f->fired, 1) == 0) {
		if (n == 0) {
			n = backtrace(stack, FAULT_FRAMES + 8);
			site = find_site(stack, n, &first);
		}
		tell(f, site, stack, n, first);
	}
	return fires;
}

static bool
is_at_port(int fd, uint32_t port)
{
	struct sockaddr_in to;
	socklen_t len = sizeof to;

	return getpeername(fd, (struct sockaddr *)&to, &len) == 0 &&
	    to.sin_family == AF_INET && ntohs(to.sin_port) == port;
}

/* Returns WHOLE, CUT, or the error that this call has to fail with. */
static int
how(enum call call, int fd)
{
	struct fault *f = fault;
	int error = errno, result = WHOLE;

	if (f->call != call || inside)
		return WHOLE;
	inside = true;
	if ((f->port == 0 || is_at_port(fd, f->port)) && is_it(f))
		result = (int)f->error;
	inside = false;
	errno = error;
	return result;
}

/* As above, and sets errno; for calls that cannot be cut short. */
static bool
fails(enum call call, int fd)
{
	int error = how(call, fd);

	if (error > 0)
		errno = error;
	return error > 0;
}

/*
 * Whether it can fail in that way.  A file on a disk is never waited for.  An
 * eventfd, a timerfd and the like know no other error than EAGAIN, and a write
 * to them does not even fail with that while there is room.
 */
static bool
is_possible(int fd, bool write)
{
	uint32_t error = fault->error;
	struct stat st;
	bool known;

	inside = true;
	known = fstat(fd, &st) == 0;
	inside = false;
	if (!known)
		return false;
	if (S_ISREG(st.st_mode))
		return error == CUT || error == EIO || error == ENOSPC;
	if (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode) ||
	    S_ISCHR(st.st_mode))
		return true;
	return error == EINTR || (error == EAGAIN && !write);
}

/* A datagram goes whole, or not at all. */
static bool
is_datagram(int fd)
{
	int type = 0;
	socklen_t len = sizeof type;
	bool found;

	inside = true;
	found = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_DGRAM;
	inside = false;
	return found;
}

static int
how_file(enum call call, int fd, bool write)
{
	if (fault->call != call || inside || !is_possible(fd, write) ||
	    (fault->error == CUT && is_datagram(fd)))
		return WHOLE;
	return how(call, fd);
}

__attribute__((constructor))
static void
map(void)
{
	const char *path = getenv("FAULT_FILE");
	void *stack[1], *p;
	int fd;

	/* the first one loads a library */
	(void)backtrace(stack, 1);
	if (path == NULL || (fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return;
	p = mmap(NULL, sizeof *fault, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	close(fd);
	if (p != MAP_FAILED)
		fault = p;
}

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

/* Calls that may do less than was asked for */

/* The size that is left of it; or 0, with errno. */
static size_t
cut(int error, size_t n)
{
	if (error > 0) {
		errno = error;
		return 0;
	}
	return error == CUT && n > 0 ? 1 : n;
}

#define MOVE(name, write, type, parameters, arguments) \
	ssize_t \
	name parameters \
	{ \
		int error = how_file(CALL_##name, fd, write); \
		size_t asked = n; \
		\
		NEXT(next, name); \
		n = cut(error, n); \
		return n == 0 && asked > 0 ? -1 : next arguments; \
	}

MOVE(read, false, void, (int fd, void *p, size_t n), (fd, p, n))
MOVE(recv, false, void, (int fd, void *p, size_t n, int flags),
    (fd, p, n, flags))
MOVE(recvfrom, false, void, (int fd, void *p, size_t n, int flags,
    struct sockaddr *from, socklen_t *len), (fd, p, n, flags, from, len))
MOVE(write, true, void, (int fd, const void *p, size_t n), (fd, p, n))
MOVE(send, true, void, (int fd, const void *p, size_t n, int flags),
    (fd, p, n, flags))

ssize_t
__read_chk(int fd, void *p, size_t n, size_t size)
{
	if (n > size)
		abort();
	return read(fd, p, n);
}

ssize_t
__recv_chk(int fd, void *p, size_t n, size_t size, int flags)
{
	if (n > size)
		abort();
	return recv(fd, p, n, flags);
}

/* The first byte of all that is there to be filled, or sent. */
static struct iovec
first_byte(const struct iovec *v, size_t n)
{
	struct iovec one = { 0 };

	while (n > 0 && v->iov_len == 0)
		v++, n--;
	if (n > 0) {
		one.iov_base = v->iov_base;
		one.iov_len = 1;
	}
	return one;
}

#define MOVE_VECTOR(name, write) \
	ssize_t \
	name(int fd, const struct iovec *v, int n) \
	{ \
		int error = how_file(CALL_##name, fd, write); \
		struct iovec one; \
		\
		NEXT(next, name); \
		if (error > 0) { \
			errno = error; \
			return -1; \
		} \
		if (error == WHOLE) \
			return next(fd, v, n); \
		one = first_byte(v, (size_t)n); \
		return next(fd, &one, 1); \
	}

MOVE_VECTOR(readv, false)
MOVE_VECTOR(writev, true)

/*
 * A message, or a byte of it.  What else a call tells (who has sent it, what
 * came beside it, whether that had room) is told of the byte, too.
 */
static ssize_t
move_message(int error, int fd, struct msghdr *msg, int flags,
    ssize_t (*next)(int, struct msghdr *, int))
{
	struct iovec *v = msg->msg_iov, one;
	size_t n = msg->msg_iovlen;
	ssize_t moved;

	if (error > 0) {
		errno = error;
		return -1;
	}
	if (error == CUT) {
		one = first_byte(v, n);
		msg->msg_iov = &one;
		msg->msg_iovlen = 1;
	}
	moved = next(fd, msg, flags);
	msg->msg_iov = v;
	msg->msg_iovlen = n;
	return moved;
}

static ssize_t
next_sendmsg(int fd, struct msghdr *msg, int flags)
{
	NEXT(next, sendmsg);
	return next(fd, msg, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct msghdr copy = *msg;

	return move_message(how_file(CALL_sendmsg, fd, true), fd, &copy, flags,
	    next_sendmsg);
}

ssize_t
recvmsg(int fd, struct msghdr *msg, int flags)
{
	NEXT(next, recvmsg);
	return move_message(how_file(CALL_recvmsg, fd, false), fd, msg, flags,
	    next);
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

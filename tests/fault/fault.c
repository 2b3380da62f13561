/* SPDX-License-Identifier: ISC */

/*
 * Preloaded into the daemon (LD_PRELOAD) by tests: makes the Nth call of a
 * kind fail, as the mapped file $FAULT_FILE says (fault.h), which a test may
 * change at any time.  Without that file nothing fails.
 *
 * A site is a stack of return addresses, as a hash of where they are in their
 * files, so that it is the same in the next process.  All that a forked child
 * calls is one site: it may crash, and does no more than what it was made for.
 *
 * With a sanitizer the same works: its functions are the next ones here.
 *
 * The functions that stand in for the daemon's are in fault_calls.c, and those
 * that may do less than was asked for in fault_moves.c.
 */
#define _GNU_SOURCE

#include "fault_how.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define REACH	12		/* frames of a stack that make a site */

static struct fault none;
struct fault *fault = &none;
_Thread_local bool inside;
/* A child that was forked, until it is another program. */
static bool is_child;

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
	uint64_t at, site = 0;
	int n = 0, first = 0;
	bool fires;

	if (is_child) {
		site = FAULT_CHILD;
	} else if (f->depth || f->site != 0) {
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
			at = find_site(stack, n, &first);
			site = is_child ? FAULT_CHILD : at;
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

int
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

bool
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

int
how_file(enum call call, int fd, bool write)
{
	if (fault->call != call || inside || !is_possible(fd, write) ||
	    (fault->error == CUT && is_datagram(fd)))
		return WHOLE;
	return how(call, fd);
}

static void
forked_cb(void)
{
	is_child = true;
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
	(void)pthread_atfork(NULL, NULL, forked_cb);
	if (path == NULL || (fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return;
	p = mmap(NULL, sizeof *fault, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	close(fd);
	if (p != MAP_FAILED)
		fault = p;
}

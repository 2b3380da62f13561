/* SPDX-License-Identifier: ISC */

/* Calls that may do less than was asked for. */
#define _GNU_SOURCE

#include "fault_how.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* With _FORTIFY_SOURCE callers use others, which end here, too. */
ssize_t	__read_chk(int, void *, size_t, size_t);
ssize_t	__recv_chk(int, void *, size_t, size_t, int);

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

/* SPDX-License-Identifier: ISC */

/*
 * What can be made to fail, and how: CALL(name, errors...), the errors that
 * its manual names and that the world can bring about (none that only a wrong
 * argument can).  CUT does a part of the work: one byte, one event.
 *
 * memory is any allocation: malloc(), calloc(), realloc(), reallocarray(),
 * posix_memalign(), aligned_alloc(), and what the C library makes by these
 * (strdup(), asprintf(), open_memstream()).  read, write and the like are told
 * apart by the function that is called.  fault_how.h and faults.py read this.
 */
CALL(memory, ENOMEM)
CALL(accept4, EINTR, EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM,
    EPERM, EPROTO)
CALL(socket, EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, EAFNOSUPPORT)
CALL(connect, ECONNREFUSED, ENETUNREACH, ETIMEDOUT, EADDRNOTAVAIL, EAGAIN,
    EINTR, EACCES)
CALL(recv, EINTR, EAGAIN, ECONNRESET, ENOMEM, CUT)
CALL(recvfrom, EINTR, EAGAIN, ECONNREFUSED, ENOMEM, CUT)
CALL(recvmsg, EINTR, EAGAIN, ECONNRESET, ENOMEM, CUT)
CALL(read, EINTR, EAGAIN, EIO, ECONNRESET, CUT)
CALL(readv, EINTR, EAGAIN, ECONNRESET, CUT)
CALL(send, EINTR, EAGAIN, EPIPE, ECONNRESET, ENOBUFS, ENOMEM, CUT)
CALL(sendto, EINTR, EAGAIN, ECONNREFUSED, ENOBUFS, ENOMEM)
CALL(sendmsg, EINTR, EAGAIN, EPIPE, ECONNRESET, ENOBUFS, ENOMEM, CUT)
CALL(write, EINTR, EAGAIN, EPIPE, ENOSPC, EIO, CUT)
CALL(writev, EINTR, EAGAIN, EPIPE, ENOSPC, ECONNRESET, CUT)
CALL(epoll_ctl, ENOMEM, ENOSPC)
CALL(epoll_wait, EINTR, CUT)
CALL(epoll_create1, EMFILE, ENFILE, ENOMEM)
CALL(poll, EINTR, ENOMEM)
CALL(eventfd, EMFILE, ENFILE, ENOMEM)
CALL(timerfd_create, EMFILE, ENFILE, ENOMEM)
CALL(open, EMFILE, ENFILE, ENOMEM, ENOSPC, EACCES, EINTR, EIO)
CALL(fopen, EMFILE, ENOMEM, EACCES)
CALL(close, EINTR, EIO)
CALL(dup, EMFILE)
CALL(fcntl, EMFILE, ENOMEM)
CALL(fstat, ENOMEM, EIO)
CALL(stat, ENOMEM, EACCES)
CALL(fsync, EIO, ENOSPC, EINTR)
CALL(rename, EIO, ENOSPC, EACCES)
CALL(ioctl, EIO)
CALL(getsockopt, ENOBUFS, ENOMEM)
CALL(setsockopt, ENOBUFS, ENOMEM)
CALL(getsockname, ENOBUFS)
CALL(getpeername, ENOBUFS, ENOTCONN)
CALL(shutdown, ENOTCONN, ENOBUFS)
CALL(getrandom, EINTR, ENOSYS)
CALL(pthread_create, EAGAIN)

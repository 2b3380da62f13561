/* SPDX-License-Identifier: ISC */
#include "daemon/passing.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr	 header;
	char		 room[CMSG_SPACE(PASSING_MOST * sizeof(int))];
};

ssize_t
passing_send(int to, const void *bytes, size_t len, const int *fds, size_t n)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes,
		.iov_len = len };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;

	if (n > 0) {
		memset(&control, 0, sizeof control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(n * sizeof *fds);
		memcpy(CMSG_DATA(&control.header), fds, n * sizeof *fds);
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n * sizeof *fds);
	}
	return sendmsg(to, &message, MSG_NOSIGNAL);
}

/* Adds those of a header to the first *n, of which there may be most. */
static void
take_fds(const struct cmsghdr *c, int *fds, size_t *n, size_t most)
{
	size_t i, came = (c->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
	int fd;

	for (i = 0; i < came; i++) {
		memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
		if (*n < most)
			fds[(*n)++] = fd;
		else
			close(fd);
	}
}

ssize_t
passing_take(int from, void *bytes, size_t len, int *fds, size_t *n)
{
	struct iovec iov = { .iov_base = bytes, .iov_len = len };
	union control control;
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};
	size_t most = *n;
	struct cmsghdr *c;
	ssize_t got;

	*n = 0;
	got = recvmsg(from, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (got == -1)
		return -1;
	for (c = CMSG_FIRSTHDR(&message); c != NULL;
	    c = CMSG_NXTHDR(&message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			take_fds(c, fds, n, most);
	return got;
}

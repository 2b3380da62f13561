/* SPDX-License-Identifier: ISC */

/*
 * Preloaded into the daemon by tests: a sendmsg() to the port that stands in
 * the file $FAULT_FILE fails once, with the error behind it; the file is
 * removed when it has.  And the loop that finds a file $FAULT_FILE.hang, and
 * removes it, hangs until there is a file $FAULT_FILE.go.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Returns the error that it fails with; or 0. */
static int
fails(int fd)
{
	struct sockaddr_in to;
	socklen_t len = sizeof to;
	const char *path = getenv("FAULT_FILE");
	int port = 0, error = 0;
	FILE *f;

	if (path == NULL || (f = fopen(path, "re")) == NULL)
		return 0;
	if (fscanf(f, "%d %d", &port, &error) != 2)
		port = 0;
	fclose(f);
	if (getpeername(fd, (struct sockaddr *)&to, &len) == -1 ||
	    to.sin_family != AF_INET || ntohs(to.sin_port) != port)
		return 0;
	unlink(path);
	return error;
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	ssize_t (*next)(int, const struct msghdr *, int);
	int error;

	*(void **)&next = dlsym(RTLD_NEXT, "sendmsg");
	if ((error = fails(fd)) != 0) {
		errno = error;
		return -1;
	}
	return next(fd, msg, flags);
}

/* Only one gets it away. */
static void
hang(void)
{
	const char *path = getenv("FAULT_FILE");
	char begin[PATH_MAX], end[PATH_MAX];

	if (path == NULL)
		return;
	snprintf(begin, sizeof begin, "%s.hang", path);
	snprintf(end, sizeof end, "%s.go", path);
	if (unlink(begin) == -1)
		return;
	while (access(end, F_OK) == -1)
		usleep(1000);
}

int
epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	int (*next)(int, struct epoll_event *, int, int);

	*(void **)&next = dlsym(RTLD_NEXT, "epoll_wait");
	hang();
	return next(fd, events, max, timeout);
}

/* SPDX-License-Identifier: ISC */

/*
 * Preloaded into the daemon by tests: a sendmsg() to the port that stands in
 * the file $FAULT_FILE fails once, with the error behind it; the file is
 * removed when it has.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
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

/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_here.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int
ctl_doctor_here(int backlog, unsigned *port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	if (fd != -1 && bind(fd, (struct sockaddr *)&a, len) == 0 &&
	    listen(fd, backlog) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &len) == 0) {
		*port = ntohs(a.sin_port);
		return fd;
	}
	if (fd != -1)
		close(fd);
	return -1;
}

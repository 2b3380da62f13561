/* SPDX-License-Identifier: ISC */
#include "net/reset.h"

#include <sys/socket.h>

void
reset_connection(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	(void)connect(fd, &none, sizeof none);
}

/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_peer.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/ctl_doctor_process.h"

/*
 * The kernel lists connections by ports with the number of their socket
 * (proc(5)), and of each process the sockets that it has.
 */

static unsigned
port_of(int fd, bool peer)
{
	struct sockaddr_in a = { .sin_family = AF_UNSPEC };
	socklen_t len = sizeof a;

	if ((peer ? getpeername(fd, (struct sockaddr *)&a, &len) :
	    getsockname(fd, (struct sockaddr *)&a, &len)) == -1)
		return 0;
	return ntohs(a.sin_port);
}

/* The number of the socket at that port whose other end is at the other. */
static unsigned long
socket_in(const char *list, unsigned at, unsigned to)
{
	unsigned long inode, found = 0;
	unsigned from, other;
	char line[512];
	FILE *f = fopen(list, "re");

	if (f == NULL)
		return 0;
	while (found == 0 && fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x "
		    "%*x %*x:%*x %*x:%*x %*x %*u %*d %lu", &from, &other,
		    &inode) == 3 && from == at && other == to)
			found = inode;
	fclose(f);
	return found;
}

static bool
is_of_session(const char *pid, pid_t session)
{
	struct ctl_doctor_process process;

	return ctl_doctor_process(pid, &process) &&
	    process.session == session;
}

static bool
has_socket(const char *pid, const char *socket)
{
	char path[64], link[64];
	struct dirent *e;
	bool has = false;
	ssize_t n;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
	if ((d = opendir(path)) == NULL)
		return false;
	while (!has && (e = readdir(d)) != NULL) {
		n = readlinkat(dirfd(d), e->d_name, link, sizeof link - 1);
		link[n > 0 ? n : 0] = '\0';
		has = strcmp(link, socket) == 0;
	}
	closedir(d);
	return has;
}

bool
ctl_doctor_peer_is(int fd, pid_t session)
{
	unsigned to = port_of(fd, false), at = port_of(fd, true);
	unsigned long inode = socket_in("/proc/net/tcp", at, to);
	char socket[64];
	struct dirent *e;
	bool is = false;
	DIR *d;

	if (inode == 0)
		inode = socket_in("/proc/net/tcp6", at, to);
	if (inode == 0 || (d = opendir("/proc")) == NULL)
		return false;
	snprintf(socket, sizeof socket, "socket:[%lu]", inode);
	while (!is && (e = readdir(d)) != NULL)
		is = isdigit((unsigned char)e->d_name[0]) &&
		    is_of_session(e->d_name, session) &&
		    has_socket(e->d_name, socket);
	closedir(d);
	return is;
}

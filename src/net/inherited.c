/* SPDX-License-Identifier: ISC */
#include "net/inherited.h"

#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "net/address.h"

#define FIRST	3	/* the descriptor of the first one */
#define MOST	4608	/* of them; for each address and worker */
#define NAME	64	/* bytes of a name that are shown, with its end */

struct inherited {
	int			 fd;	/* -1: none, or taken */
	struct sockaddr_storage	 addr;
	socklen_t		 len;
	char			 name[NAME];	/* as it was called; or "" */
};

static struct inherited list[MOST];
static unsigned n;

static bool
listens(int fd)
{
	int type = 0, on = 0;
	socklen_t len = sizeof type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_STREAM)
		return false;
	len = sizeof on;
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
	    on != 0;
}

/* Without a name it was called like nobody. */
static void
drop(const struct inherited *s, const char *why)
{
	log_warn("LISTEN_FDS: descriptor %d%s%s%s %s: closed", s->fd,
	    s->name[0] != '\0' ? " (" : "", s->name,
	    s->name[0] != '\0' ? ")" : "", why);
	close(s->fd);
}

/* Cuts the next name off; names are fewer, or more, than descriptors. */
static void
take_name(char **names, struct inherited *s)
{
	const char *name = *names != NULL ? strsep(names, ":") : NULL;

	snprintf(s->name, sizeof s->name, "%s", name != NULL ? name : "");
}

static void
take(int fd, char **names)
{
	struct inherited *s = &list[n];
	int flags = fcntl(fd, F_GETFL);

	*s = (struct inherited){ .fd = fd, .len = sizeof s->addr };
	take_name(names, s);
	if (flags == -1) {
		log_warn("LISTEN_FDS: descriptor %d is not open", fd);
		return;
	}
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (!listens(fd))
		drop(s, "is no stream socket that listens");
	else if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    getsockname(fd, (struct sockaddr *)&s->addr, &s->len) == -1)
		drop(s, strerror(errno));
	else
		n++;
}

/* How many; 0 where they are for another process. */
static unsigned
how_many(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uintmax_t count;
	char *end;

	if (pid == NULL || fds == NULL ||
	    strtoimax(pid, NULL, 10) != (intmax_t)getpid())
		return 0;
	count = strtoumax(fds, &end, 10);
	if (fds[0] < '0' || fds[0] > '9' || *end != '\0') {
		log_warn("LISTEN_FDS: \"%s\" is no number", fds);
		return 0;
	}
	if (count > MOST)
		log_warn("LISTEN_FDS: %ju sockets, of which the first %d are "
		    "looked at", count, MOST);
	return count < MOST ? (unsigned)count : MOST;
}

void
inherited_take(void)
{
	const char *names = getenv("LISTEN_FDNAMES");
	char *copy = names != NULL ? strdup(names) : NULL, *rest = copy;
	unsigned i, count = how_many();

	for (i = 0; i < count; i++)
		take(FIRST + (int)i, &rest);
	free(copy);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

/* Of a Unix socket's address, what is behind the name's end may differ. */
static bool
same(const struct sockaddr *a, const struct sockaddr *b)
{
	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_UNIX)
		return strncmp(((const struct sockaddr_un *)a)->sun_path,
		    ((const struct sockaddr_un *)b)->sun_path,
		    sizeof ((const struct sockaddr_un *)a)->sun_path) == 0;
	/* the port is at the same place in both families */
	if (((const struct sockaddr_in *)a)->sin_port !=
	    ((const struct sockaddr_in *)b)->sin_port)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		    ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(
	    &((const struct sockaddr_in6 *)a)->sin6_addr,
	    &((const struct sockaddr_in6 *)b)->sin6_addr);
}

int
inherited_socket(const struct sockaddr *sa)
{
	struct inherited *s;
	int fd;

	for (s = list; s < list + n; s++) {
		if (s->fd == -1 || !same((struct sockaddr *)&s->addr, sa))
			continue;
		fd = s->fd;
		s->fd = -1;
		return fd;
	}
	return -1;
}

void
inherited_close(void)
{
	char text[ADDRESS_TEXT], why[ADDRESS_TEXT + 64];
	struct inherited *s;

	for (s = list; s < list + n; s++) {
		if (s->fd == -1)
			continue;
		snprintf(why, sizeof why, "is bound to %s, which is no "
		    "address of the configuration", address_print(
		    (struct sockaddr *)&s->addr, text, sizeof text));
		drop(s, why);
	}
	n = 0;
}

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
#include "net/socket_file.h"

#define FIRST	3	/* the descriptor of the first one */
#define NAME	64	/* bytes of a name that are shown, with its end */

struct inherited {
	int			 fd;	/* -1: none, or taken */
	struct sockaddr_storage	 addr;
	socklen_t		 len;
	char			 name[NAME];	/* as it was called; or "" */
	struct socket_file	 file;		/* of a Unix socket */
};

static struct inherited list[INHERITED_MOST];
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
	close(s->fd);
	log_warn("LISTEN_FDS: descriptor %d%s%s%s %s: closed", s->fd,
	    s->name[0] != '\0' ? " (" : "", s->name,
	    s->name[0] != '\0' ? ")" : "", why);
}

/* Takes the next name; names are fewer, or more, than descriptors. */
static void
take_name(const char **names, struct inherited *s)
{
	size_t len = strcspn(*names, ":");

	snprintf(s->name, sizeof s->name, "%.*s", len < NAME ? (int)len : NAME,
	    *names);
	*names += len + ((*names)[len] == ':');
}

/*
 * Lists those that are open, before anything here opens another, as the first
 * line of the log does.  Returns how many are not, with the first of them.
 */
static unsigned
find(unsigned count, const char *names, int *first)
{
	unsigned i, missing = 0;

	for (i = 0; i < count; i++) {
		list[n] = (struct inherited){ .fd = FIRST + (int)i,
			.len = sizeof list[n].addr };
		take_name(&names, &list[n]);
		if (fcntl(list[n].fd, F_SETFD, FD_CLOEXEC) != -1)
			n++;
		else if (missing++ == 0)
			*first = list[n].fd;
	}
	return missing;
}

/* A line for all of them: the number may be a mistake, and in thousands. */
static void
tell_missing(int first, unsigned count)
{
	if (count == 1)
		log_warn("LISTEN_FDS: descriptor %d is not open", first);
	else if (count > 1)
		log_warn("LISTEN_FDS: descriptor %d is not open, nor are %u of "
		    "those after it", first, count - 1);
}

/* Drops what of them is no socket that listens. */
static void
judge(void)
{
	unsigned i, found = n;
	struct inherited *s;
	int flags;

	n = 0;
	for (i = 0; i < found; i++) {
		s = &list[i];
		flags = fcntl(s->fd, F_GETFL);
		if (!listens(s->fd))
			drop(s, "is no stream socket that listens");
		else if (fcntl(s->fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
		    getsockname(s->fd, (struct sockaddr *)&s->addr,
		    &s->len) == -1)
			drop(s, strerror(errno));
		else {
			socket_file_note(&s->file,
			    (struct sockaddr *)&s->addr);
			list[n++] = *s;
		}
	}
}

/*
 * How many are said to be there; 0 where they are for another process.  Where
 * the number is none, says so in *wrong.
 */
static uintmax_t
how_many(const char *fds, bool *wrong)
{
	const char *pid = getenv("LISTEN_PID");
	uintmax_t count;
	char *end;

	*wrong = false;
	if (pid == NULL || fds == NULL ||
	    strtoimax(pid, NULL, 10) != (intmax_t)getpid())
		return 0;
	count = strtoumax(fds, &end, 10);
	*wrong = fds[0] < '0' || fds[0] > '9' || *end != '\0';
	return *wrong ? 0 : count;
}

void
inherited_take(void)
{
	const char *names = getenv("LISTEN_FDNAMES");
	const char *fds = getenv("LISTEN_FDS");
	bool wrong;
	uintmax_t count = how_many(fds, &wrong);
	int first = -1;
	unsigned missing = find(count < INHERITED_MOST ? (unsigned)count :
	    INHERITED_MOST, names != NULL ? names : "", &first);

	if (wrong)
		log_warn("LISTEN_FDS: \"%s\" is no number", fds);
	if (count > INHERITED_MOST)
		log_warn("LISTEN_FDS: %ju sockets, of which the first %d are "
		    "looked at", count, INHERITED_MOST);
	tell_missing(first, missing);
	judge();
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

static bool
is_own(const struct inherited *s)
{
	return strcmp(s->name, INHERITED_OWN) == 0;
}

/* The port is at the same place in both families. */
static uint16_t
port_of(const struct sockaddr_storage *sa)
{
	return ((const struct sockaddr_in *)sa)->sin_port;
}

/*
 * Of a Unix socket's address, what is behind the name's end may differ.  any: so
 * may the port.
 */
static bool
same(const struct sockaddr_storage *a, const struct sockaddr_storage *b,
    bool any)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_UNIX)
		return strncmp(((const struct sockaddr_un *)a)->sun_path,
		    ((const struct sockaddr_un *)b)->sun_path,
		    sizeof ((const struct sockaddr_un *)a)->sun_path) == 0;
	if (!any && port_of(a) != port_of(b))
		return false;
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		    ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(
	    &((const struct sockaddr_in6 *)a)->sin6_addr,
	    &((const struct sockaddr_in6 *)b)->sin6_addr);
}

int
inherited_socket(struct sockaddr_storage *sa, bool *own)
{
	bool any = sa->ss_family != AF_UNIX && port_of(sa) == 0;
	struct inherited *s;
	int fd;

	for (s = list; s < list + n; s++) {
		if (s->fd == -1 || !same(&s->addr, sa, any && is_own(s)))
			continue;
		*own = is_own(s);
		*sa = s->addr;
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
		/* what the file of a Unix socket leads to is gone with it */
		if (is_own(s))
			socket_file_remove(&s->file,
			    (struct sockaddr *)&s->addr);
	}
	n = 0;
}

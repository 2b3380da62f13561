/* SPDX-License-Identifier: ISC */
#include "net/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/conf.h"
#include "net/address.h"
#include "net/inherited.h"

/* Listeners */

/*
 * SO_REUSEPORT gives each worker a queue of its own, but would also let a
 * second daemon share the port unseen: so the address is tried without it
 * first.
 */
static int
bind_socket(const struct sockaddr *sa, socklen_t len, bool shared)
{
	int fd, on = 1, err;

	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return -1;
	if (sa->sa_family != AF_UNIX) {
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		if (shared)
			(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on,
			    sizeof on);
	}
	if (sa->sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
		    sizeof on);
	if (bind(fd, sa, len) == -1 || listen(fd, SOMAXCONN) == -1) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* A socket file nobody listens at any more is in the way; a live one is not. */
static void
remove_stale(const struct sockaddr *sa, socklen_t len)
{
	struct socket_file file;
	int fd;

	socket_file_note(&file, sa);
	if (!file.is)
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return;
	if (connect(fd, sa, len) == -1 && errno == ECONNREFUSED)
		socket_file_remove(&file, sa);
	close(fd);
}

/* One queue for all workers, but for those who have got one of their own. */
static int
share(struct listener *l, unsigned workers)
{
	unsigned i;

	for (i = 1; i < workers; i++) {
		if (l->fds[i] != -1)
			continue;
		l->fds[i] = fcntl(l->fds[0], F_DUPFD_CLOEXEC, 3);
		if (l->fds[i] == -1)
			return -1;
	}
	return 0;
}

/* The number of a group, by its name or as it stands there. */
static bool
find_group(const char *group, gid_t *gid)
{
	const struct group *known = getgrnam(group);
	char *end;

	if (known != NULL) {
		*gid = known->gr_gid;
		return true;
	}
	errno = 0;
	*gid = (gid_t)strtoul(group, &end, 10);
	if (group[0] < '0' || group[0] > '9' || *end != '\0')
		errno = ESRCH;		/* no such group */
	return errno == 0;
}

/* Until it has its permissions, nobody may connect. */
static int
bind_guarded(struct listener *l, const struct listen_order *order)
{
	const struct sockaddr_un *sun = (const struct sockaddr_un *)&l->addr;
	mode_t before = umask(0777);
	gid_t gid = (gid_t)-1;
	int fd, err;

	fd = bind_socket((struct sockaddr *)&l->addr, l->len, false);
	umask(before);
	if (fd == -1)
		return -1;
	if ((order->group != NULL && (!find_group(order->group, &gid) ||
	    chown(sun->sun_path, (uid_t)-1, gid) == -1)) ||
	    chmod(sun->sun_path, order->mode) == -1) {
		err = errno;
		close(fd);
		(void)unlink(sun->sun_path);
		errno = err;
		return -1;
	}
	return fd;
}

static int
open_unix(struct listener *l, const struct listen_order *order)
{
	remove_stale((struct sockaddr *)&l->addr, l->len);
	l->fds[0] = order->guarded ? bind_guarded(l, order) :
	    bind_socket((struct sockaddr *)&l->addr, l->len, false);
	/* whatever fails from now on, its file goes with it */
	l->bound = l->fds[0] != -1;
	if (l->bound)
		socket_file_note(&l->file, (struct sockaddr *)&l->addr);
	return l->bound ? share(l, order->workers) : -1;
}

static int
open_inet(struct listener *l, unsigned workers)
{
	struct sockaddr *sa = (struct sockaddr *)&l->addr;
	socklen_t len = sizeof l->addr;
	unsigned i;
	int fd;

	if ((fd = bind_socket(sa, l->len, false)) == -1)
		return -1;
	if (getsockname(fd, sa, &len) == -1) {
		close(fd);
		return -1;
	}
	if (workers == 1) {
		l->fds[0] = fd;
		return 0;
	}
	close(fd);
	for (i = 0; i < workers; i++) {
		if ((l->fds[i] = bind_socket(sa, l->len, true)) == -1)
			return -1;
	}
	return 0;
}

/* One that was handed over may take connections of both families. */
static bool
takes_both(int fd)
{
	int only = 1;
	socklen_t len = sizeof only;

	return getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &len) == 0 &&
	    only == 0;
}

static bool
make_room(struct listener *l, unsigned n)
{
	int *fds = reallocarray(l->fds, n, sizeof *fds);
	bool *taken;

	if (fds == NULL)
		return false;
	l->fds = fds;
	if ((taken = reallocarray(l->taken, n, sizeof *taken)) == NULL)
		return false;
	l->taken = taken;
	for (; l->nfds < n; l->nfds++) {
		l->fds[l->nfds] = -1;
		l->taken[l->nfds] = false;
	}
	return true;
}

/*
 * Of one address there may be several, each with a queue: who has bound them
 * for workers of his had as many.  One that is closed takes those with it who
 * wait in its queue.  False without memory.
 */
static bool
take_inherited(struct listener *l)
{
	unsigned i;
	int fd;

	for (i = 0; (fd = inherited_socket(&l->addr, &l->own)) != -1; i++) {
		if (i >= l->nfds && !make_room(l, i + 1)) {
			close(fd);
			return false;
		}
		l->fds[i] = fd;
		l->inherited = true;
	}
	return true;
}

static int
open_listener(struct listener *l, const struct conf_address *a,
    const struct listen_order *order)
{
	unsigned workers = order->workers;

	l->addr = a->addr;
	l->len = a->len;
	l->tls = a->certificate != NULL;
	if ((l->text = strdup(a->text)) == NULL || !make_room(l, workers) ||
	    !take_inherited(l))
		return -1;
	if (l->inherited) {
		socket_file_note(&l->file, (struct sockaddr *)&l->addr);
		l->both = a->addr.ss_family == AF_INET6 &&
		    takes_both(l->fds[0]);
		return share(l, workers);
	}
	if (a->addr.ss_family == AF_UNIX)
		return open_unix(l, order);
	return open_inet(l, workers);
}

/* Why not, after errno, and where that address stands. */
static char *
why_not(const struct conf *conf, const char *key, const struct conf_address *a)
{
	const char *reason = strerror(errno), *path = a->text;
	char place[32] = "", *cause;
	struct stat st;

	if (a->addr.ss_family == AF_UNIX)
		path = ((const struct sockaddr_un *)&a->addr)->sun_path;
	if (errno == EADDRINUSE && a->addr.ss_family == AF_UNIX &&
	    lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		reason = S_ISDIR(st.st_mode) ? "that is a directory" :
		    "there is another file, and no socket";
	if (errno == ESRCH)
		reason = "there is no such group";
	if (a->at.line > 0)
		snprintf(place, sizeof place, ":%u:%u", a->at.line,
		    a->at.column);
	return asprintf(&cause, "%s%s: %s: cannot listen on %s: %s",
	    conf->path, place, key, a->text, reason) == -1 ? NULL : cause;
}

struct listeners *
listen_open(const struct conf *conf, const struct listen_order *order,
    char **cause)
{
	const struct conf_addresses *addrs = order->addresses;
	struct listeners *ls;
	char buf[ADDRESS_TEXT];
	size_t i;

	if ((ls = calloc(1, sizeof *ls)) == NULL ||
	    (ls->list = calloc(addrs->n, sizeof *ls->list)) == NULL) {
		free(ls);
		*cause = strdup("out of memory");
		return NULL;
	}
	ls->workers = order->workers;
	atomic_init(&ls->empty, -1);
	for (i = 0; i < addrs->n; i++) {
		ls->n = i + 1;
		if (open_listener(&ls->list[i], &addrs->list[i],
		    order) == -1) {
			*cause = why_not(conf, order->key, &addrs->list[i]);
			listen_close(ls);
			return NULL;
		}
		ls->list[i].bound = true;
		log_info("%s %s%s", order->told, address_print(
		    (struct sockaddr *)&ls->list[i].addr, buf, sizeof buf),
		    ls->list[i].inherited ? ", as handed over" : "");
	}
	return ls;
}

void
listen_adopt(struct listeners *ls)
{
	size_t i;

	for (; ls != NULL; ls = ls->also)
		for (i = 0; i < ls->n; i++)
			if (ls->list[i].own)
				ls->list[i].inherited = false;
}

void
listen_leave(struct listeners *ls)
{
	size_t i;

	for (; ls != NULL; ls = ls->also)
		for (i = 0; i < ls->n; i++)
			ls->list[i].inherited = true;
}

void
listen_close(struct listeners *ls)
{
	struct listener *l;
	size_t i;
	unsigned j;

	if (ls == NULL)
		return;
	for (i = 0; i < ls->n; i++) {
		for (j = 0; j < ls->list[i].nfds; j++) {
			if (ls->list[i].fds[j] != -1 && !ls->list[i].taken[j])
				close(ls->list[i].fds[j]);
		}
		l = &ls->list[i];
		if (l->bound && !l->inherited)
			socket_file_remove(&l->file,
			    (struct sockaddr *)&l->addr);
		free(ls->list[i].text);
		free(ls->list[i].fds);
		free(ls->list[i].taken);
	}
	free(ls->list);
	free(ls);
}

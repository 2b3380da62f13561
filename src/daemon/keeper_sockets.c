/* SPDX-License-Identifier: ISC */
#include "daemon/keeper_sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/kept.h"
#include "daemon/passing.h"
#include "daemon/starter_words.h"

#define FIRST	3	/* the descriptor of the first one that is passed */

/* A whole one, which ends with a NUL whatever the name is. */
static bool
address_of(int fd, struct sockaddr_storage *sa)
{
	socklen_t len = sizeof *sa;

	memset(sa, 0, sizeof *sa);
	return getsockname(fd, (struct sockaddr *)sa, &len) == 0;
}

/* Who has bound it listens, so that its file is its own until then. */
static bool
add(struct kept_sockets *k, int fd, bool ours)
{
	struct kept_socket *s = &k->list[k->n];
	struct sockaddr_storage sa;

	if (k->n == KEPT_SOCKETS)
		return false;
	*s = (struct kept_socket){ .fd = fd, .ours = ours };
	if (ours && address_of(fd, &sa))
		socket_file_note(&s->file, (struct sockaddr *)&sa);
	k->n++;
	return true;
}

void
keeper_sockets_close(struct kept_sockets *k)
{
	while (k->n > 0)
		close(k->list[--k->n].fd);
}

void
keeper_sockets_move(struct kept_sockets *to, struct kept_sockets *from)
{
	keeper_sockets_close(to);
	memcpy(to->list, from->list, from->n * sizeof *from->list);
	to->n = from->n;
	from->n = 0;
}

void
keeper_sockets_remove(const struct kept_sockets *k)
{
	struct sockaddr_storage sa;
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->list[i].file.is && address_of(k->list[i].fd, &sa))
			socket_file_remove(&k->list[i].file,
			    (struct sockaddr *)&sa);
}

static intmax_t
number(const char *name)
{
	const char *text = getenv(name);

	return text != NULL ? strtoimax(text, NULL, 10) : 0;
}

void
keeper_sockets_inherit(struct kept_sockets *k)
{
	intmax_t i, n = number("LISTEN_FDS");

	if (number("LISTEN_PID") != (intmax_t)getpid())
		n = 0;
	for (i = 0; i < n && i < KEPT_SOCKETS; i++) {
		if (fcntl(FIRST + (int)i, F_SETFD, FD_CLOEXEC) == -1)
			continue;
		(void)add(k, FIRST + (int)i, false);
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

/* Those that are not wanted are closed.  A byte of each says whose. */
static void
take_fds(struct kept_sockets *k, const int *fds, size_t n, const char *text)
{
	bool wanted = text[0] == KEPT_FIRST || text[0] == KEPT_MORE;
	size_t i, left = text[0] != '\0' ? strlen(text + 1) : 0;

	if (text[0] == KEPT_FIRST)
		keeper_sockets_close(k);
	for (i = 0; i < n; i++)
		if (!wanted || !add(k, fds[i], i < left &&
		    text[1 + i] == KEPT_OURS))
			close(fds[i]);
}

ssize_t
keeper_sockets_take(struct kept_sockets *k, int channel, char *text,
    size_t size)
{
	int fds[KEPT_MOST];
	size_t nfds = KEPT_MOST;
	ssize_t n = passing_take(channel, text, size - 1, fds, &nfds);

	if (n <= 0)
		return n;
	text[n] = '\0';
	take_fds(k, fds, nfds, text);
	return n;
}

static bool
put_number(const char *name, intmax_t n)
{
	char text[32];

	snprintf(text, sizeof text, "%jd", n);
	return setenv(name, text, 1) == 0;
}

/* Out of the way of what is going to have a number below. */
static bool
move_up(int *fd, int above)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, above);

	if (moved != -1)
		*fd = moved;
	return moved != -1;
}

static bool
pass_sockets(struct kept_sockets *k)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		if (!move_up(&k->list[i].fd, FIRST + (int)k->n + 2))
			return false;
	}
	for (i = 0; i < k->n; i++) {
		if (dup2(k->list[i].fd, FIRST + (int)i) == -1)
			return false;
	}
	return put_number("LISTEN_FDS", (intmax_t)k->n) &&
	    put_number("LISTEN_PID", (intmax_t)getpid());
}

/* Which of them are ours. */
static bool
pass_names(const struct kept_sockets *k)
{
	struct text names = { NULL, 0, 0, false };
	bool ok;
	size_t i;

	for (i = 0; i < k->n; i++) {
		text_puts(&names, i > 0 ? ":" : "");
		text_puts(&names, k->list[i].ours ? INHERITED_OWN : "");
	}
	text_put(&names, "", 1);
	ok = !names.failed && setenv("LISTEN_FDNAMES", names.p, 1) == 0;
	text_free(&names);
	return ok;
}

static bool
pass_as(int fd, const char *name, int number)
{
	return fd == -1 ? unsetenv(name) == 0 :
	    dup2(fd, number) != -1 && put_number(name, number);
}

bool
keeper_sockets_pass(struct kept_sockets *k, int channel, int *handover)
{
	int last = FIRST + (int)k->n;

	if ((channel != -1 && !move_up(&channel, last + 2)) ||
	    (*handover != -1 && !move_up(handover, last + 2)))
		return false;
	return pass_sockets(k) && pass_names(k) &&
	    pass_as(channel, KEPT_SOCKET, last) &&
	    pass_as(*handover, STARTER_HANDOVER, last + 1);
}

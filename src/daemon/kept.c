/* SPDX-License-Identifier: ISC */
#include "daemon/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/passing.h"
#include "net/listen.h"

static int fd = -1;
static pid_t keeper;

/* Descriptors that wait to be sent. */
struct batch {
	int	 to;
	int	 fds[KEPT_MOST];
	size_t	 n;
	/* KEPT_FIRST, then KEPT_MORE; and whose they are */
	char	 text[1 + KEPT_MOST];
};

static bool
is_channel(int n)
{
	int type = 0;
	socklen_t len = sizeof type;

	return getsockopt(n, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_SEQPACKET;
}

bool
kept_take(void)
{
	const char *text = getenv(KEPT_SOCKET);
	char *end;
	intmax_t n;

	if (text == NULL)
		return false;
	n = strtoimax(text, &end, 10);
	if (end != text && *end == '\0' && n > STDERR_FILENO && n <= 65535 &&
	    is_channel((int)n)) {
		fd = (int)n;
		keeper = getppid();
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	} else
		log_warn(KEPT_SOCKET ": \"%s\" is no socket of a keeper's",
		    text);
	unsetenv(KEPT_SOCKET);
	return fd != -1;
}

int
kept_fd(void)
{
	return fd;
}

bool
kept_by(pid_t pid)
{
	return fd == -1 || pid == keeper;
}

/* What has not been taken yet is waited for: who takes it does nothing else. */
static bool
send_waiting(const struct batch *b)
{
	struct pollfd out = { .fd = b->to, .events = POLLOUT };

	while (passing_send(b->to, b->text, 1 + b->n, b->fds, b->n) == -1) {
		if (errno != EAGAIN && errno != EINTR)
			return false;
		(void)poll(&out, 1, -1);
	}
	return true;
}

static void
send_batch(struct batch *b)
{
	if (b->n == 0)
		return;
	if (!send_waiting(b))
		log_warn("keeper: cannot hand sockets over: %s",
		    strerror(errno));
	b->text[0] = KEPT_MORE;
	b->n = 0;
}

static void
add(struct batch *b, int listening, bool ours)
{
	if (listening == -1)
		return;
	b->fds[b->n++] = listening;
	b->text[b->n] = ours ? KEPT_OURS : KEPT_THEIRS;
	if (b->n == KEPT_MOST)
		send_batch(b);
}

void
kept_hand_over(const struct listeners *ls)
{
	if (fd != -1)
		kept_send(fd, ls);
}

void
kept_send(int to, const struct listeners *ls)
{
	struct batch b = { .to = to, .text = { KEPT_FIRST } };
	const struct listener *l;
	size_t i;
	unsigned j;

	for (; ls != NULL; ls = ls->also) {
		for (i = 0; i < ls->n; i++) {
			l = &ls->list[i];
			for (j = 0; j < l->nfds; j++)
				add(&b, l->fds[j], l->own || !l->inherited);
		}
	}
	send_batch(&b);
}

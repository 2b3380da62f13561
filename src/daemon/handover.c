/* SPDX-License-Identifier: ISC */
#include "daemon/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"

#define PIECE	65536	/* bytes that are read at once */
#define MS	1000000ULL

union control {
	struct cmsghdr	 header;
	char		 room[CMSG_SPACE(sizeof(int))];
};

void
handover_init(struct handover *h, int fd)
{
	*h = (struct handover){ .fd = fd, .passed = -1 };
	if (fd != -1)
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void
handover_close(struct handover *h)
{
	if (h->fd != -1)
		close(h->fd);
	if (h->passed != -1)
		close(h->passed);
	text_free(&h->in);
	text_free(&h->out);
	*h = (struct handover){ .fd = -1, .passed = -1 };
}

void
handover_say(struct handover *h, const char *word, const char *rest)
{
	text_puts(&h->out, word);
	if (rest != NULL) {
		text_put(&h->out, " ", 1);
		text_put(&h->out, rest, strcspn(rest, "\n"));
	}
	text_put(&h->out, "\n", 1);
}

bool
handover_waits(const struct handover *h)
{
	return !h->ended && h->sent < h->out.len;
}

static void
pass(struct msghdr *message, union control *control, int fd)
{
	memset(control, 0, sizeof *control);
	control->header.cmsg_level = SOL_SOCKET;
	control->header.cmsg_type = SCM_RIGHTS;
	control->header.cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(&control->header), &fd, sizeof fd);
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(sizeof fd);
}

static ssize_t
send_some(struct handover *h, int fd)
{
	struct iovec iov = { .iov_base = h->out.p + h->sent,
		.iov_len = h->out.len - h->sent };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;

	if (fd != -1)
		pass(&message, &control, fd);
	return sendmsg(h->fd, &message, MSG_NOSIGNAL);
}

void
handover_send(struct handover *h, int fd)
{
	ssize_t n;

	/* half of what was meant would be something else */
	h->ended |= h->out.failed;
	while (handover_waits(h)) {
		if ((n = send_some(h, fd)) == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			h->ended |= errno != EAGAIN && errno != ENOBUFS;
			return;
		}
		h->sent += (size_t)n;
		fd = -1;
	}
	if (!h->ended) {
		text_reset(&h->out);
		h->sent = 0;
	}
}

/* The last one that came is kept. */
static void
take_passed(struct handover *h, struct msghdr *message)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);

	if (c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len < CMSG_LEN(sizeof h->passed))
		return;
	if (h->passed != -1)
		close(h->passed);
	memcpy(&h->passed, CMSG_DATA(c), sizeof h->passed);
}

/* What was taken as lines makes room. */
static void
drop_done(struct handover *h)
{
	if (h->done == 0)
		return;
	memmove(h->in.p, h->in.p + h->done, h->in.len - h->done);
	h->in.len -= h->done;
	h->done = 0;
}

void
handover_read(struct handover *h)
{
	union control control;
	struct iovec iov;
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof control };
	ssize_t n;

	drop_done(h);
	if (h->in.len >= HANDOVER_LINE || !text_reserve(&h->in, PIECE)) {
		h->ended = true;
		return;
	}
	iov = (struct iovec){ h->in.p + h->in.len, PIECE };
	n = recvmsg(h->fd, &message, MSG_CMSG_CLOEXEC);
	if (n > 0) {
		h->in.len += (size_t)n;
		take_passed(h, &message);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		h->ended = true;
}

char *
handover_line(struct handover *h)
{
	char *line, *end;

	if (h->done == h->in.len)
		return NULL;
	line = h->in.p + h->done;
	if ((end = memchr(line, '\n', h->in.len - h->done)) == NULL)
		return NULL;
	*end = '\0';
	h->done = (size_t)(end + 1 - h->in.p);
	return line;
}

/* Returns false when the time is over. */
static bool
wait_for(const struct handover *h, short events, uint64_t until)
{
	struct pollfd p = { .fd = h->fd, .events = events };
	uint64_t now = loop_now();

	if (now >= until)
		return false;
	(void)poll(&p, 1, (int)((until - now) / MS) + 1);
	return true;
}

bool
handover_send_all(struct handover *h, int fd, uint64_t until)
{
	size_t before = h->sent;

	handover_send(h, fd);
	while (handover_waits(h)) {
		if (h->sent > before)
			fd = -1;
		if (!wait_for(h, POLLOUT, until))
			return false;
		handover_send(h, fd);
	}
	return !h->ended;
}

char *
handover_wait_line(struct handover *h, uint64_t until)
{
	char *line;

	while ((line = handover_line(h)) == NULL) {
		if (h->ended || !wait_for(h, POLLIN, until))
			return NULL;
		handover_read(h);
	}
	return line;
}

/* SPDX-License-Identifier: ISC */
#include "daemon/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "daemon/passing.h"
#include "net/loop.h"

#define PIECE	65536	/* bytes that are read at once */
#define MS	1000000ULL

void
handover_init(struct handover *h, int fd)
{
	*h = (struct handover){ .fd = fd, .pass = -1,
	    .passed = -1 };
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
	handover_init(h, -1);
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

static ssize_t
send_some(struct handover *h)
{
	ssize_t n = passing_send(h->fd, h->out.p + h->sent,
	    h->out.len - h->sent, &h->pass, h->pass != -1);

	if (n != -1)
		h->pass = -1;
	return n;
}

void
handover_send(struct handover *h)
{
	ssize_t n;

	/* half of what was meant would be something else */
	h->ended |= h->out.failed;
	while (handover_waits(h)) {
		if ((n = send_some(h)) == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			h->ended |= errno != EAGAIN && errno != ENOBUFS;
			return;
		}
		h->sent += (size_t)n;
	}
	if (!h->ended) {
		text_reset(&h->out);
		h->sent = 0;
	}
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
	size_t nfds = 1;
	ssize_t n;
	int fd;

	drop_done(h);
	if (h->in.len >= HANDOVER_LINE || !text_reserve(&h->in, PIECE)) {
		h->ended = true;
		return;
	}
	n = passing_take(h->fd, h->in.p + h->in.len, PIECE, &fd, &nfds);
	if (n > 0)
		h->in.len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		h->ended = true;
	if (nfds == 0)
		return;
	/* the last one that came is kept */
	if (h->passed != -1)
		close(h->passed);
	h->passed = fd;
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
wait_for(const struct handover *h, uint64_t until)
{
	struct pollfd p = { .fd = h->fd, .events = POLLIN };
	uint64_t now = loop_now();

	if (now >= until)
		return false;
	(void)poll(&p, 1, (int)((until - now) / MS) + 1);
	return true;
}

char *
handover_wait_line(struct handover *h, uint64_t until)
{
	char *line;

	while ((line = handover_line(h)) == NULL) {
		if (h->ended || !wait_for(h, until))
			return NULL;
		handover_read(h);
	}
	return line;
}

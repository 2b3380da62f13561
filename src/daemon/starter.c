/* SPDX-License-Identifier: ISC */
#include "daemon/starter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/kept.h"
#include "daemon/launcher.h"
#include "daemon/passing.h"
#include "daemon/starter_words.h"

static int launcher = -1;

void
starter_begin(void)
{
	if (kept_fd() == -1 && (launcher = launcher_begin()) == -1)
		log_warn("no upgrade will be possible: %s", strerror(errno));
}

int
starter_fd(void)
{
	return kept_fd() != -1 ? kept_fd() : launcher;
}

void
starter_close(void)
{
	if (launcher != -1)
		close(launcher);
	launcher = -1;
}

static bool
say(char word)
{
	return send(starter_fd(), &word, 1, MSG_NOSIGNAL) == 1;
}

bool
starter_ask(const struct listeners *ls)
{
	if (starter_fd() == -1)
		return false;
	kept_send(starter_fd(), ls);
	return say(STARTER_START);
}

void
starter_kill(void)
{
	(void)say(STARTER_KILL);
}

void
starter_done(void)
{
	(void)say(STARTER_DONE);
}

enum starter_news
starter_take(struct starter_told *told)
{
	char text[STARTER_TEXT];
	size_t nfds = 1;
	ssize_t n = passing_take(starter_fd(), text, sizeof text - 1,
	    &told->fd, &nfds);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return STARTER_NOTHING;
	if (n <= 0)
		return STARTER_IS_GONE;
	text[n] = '\0';
	told->pid = (pid_t)strtoimax(text + 1, NULL, 10);
	snprintf(told->why, sizeof told->why, "%s", text + 1);
	return text[0] == STARTER_STARTED && nfds == 1 ?
	    STARTER_HAS_STARTED : STARTER_HAS_FAILED;
}

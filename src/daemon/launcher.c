/* SPDX-License-Identifier: ISC */
#include "daemon/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/keeper_sockets.h"
#include "daemon/kept.h"
#include "daemon/next.h"
#include "daemon/notify.h"
#include "daemon/rights.h"
#include "daemon/starter_words.h"

#define CHANNEL	(STDERR_FILENO + 1)

struct launcher {
	struct kept_sockets	 sockets;	/* for the next one */
	sigset_t		 mask;		/* as it was before */
	pid_t			 next;		/* 0: there is none */
};

static void
reap(struct launcher *l)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != l->next)
			continue;
		l->next = 0;
		next_tell_ended(CHANNEL, status);
	}
}

/* It has a copy of what it is to listen at, and nobody else is to. */
static void
start(struct launcher *l)
{
	struct next next = {
		.sockets = &l->sockets,
		.channel = -1,
		.mask = &l->mask,
	};
	pid_t pid = next_start(&next, CHANNEL);

	l->next = pid == -1 ? 0 : pid;
	keeper_sockets_close(&l->sockets);
}

/* Returns false when the other end is gone. */
static bool
take_message(struct launcher *l)
{
	char text[NOTIFY_TEXT];
	ssize_t n;

	n = keeper_sockets_take(&l->sockets, CHANNEL, text, sizeof text);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR;
	if (n > 0 && text[0] == STARTER_START && l->next == 0)
		start(l);
	else if (n > 0 && text[0] == STARTER_KILL && l->next != 0)
		(void)kill(l->next, SIGKILL);
	return n > 0;
}

static int
open_signals(struct launcher *l)
{
	sigset_t all, child;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &l->mask);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
run(void)
{
	struct launcher l = { .next = 0 };
	struct pollfd p[2] = {
		{ .fd = CHANNEL, .events = POLLIN },
		{ .fd = open_signals(&l), .events = POLLIN },
	};
	struct signalfd_siginfo info;
	bool goes_on = p[1].fd != -1;

	while (goes_on) {
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			break;
		if (p[1].revents & POLLIN &&
		    read(p[1].fd, &info, sizeof info) == sizeof info)
			reap(&l);
		if (p[0].revents != 0)
			goes_on = take_message(&l);
	}
	keeper_sockets_close(&l.sockets);
}

/* The child: nothing that it was handed is open in it but the socket. */
static void
become(int channel)
{
	rights_end();
	(void)prctl(PR_SET_NAME, "sluice-launcher");
	if (dup2(channel, CHANNEL) == -1)
		_exit(1);
	close_range(CHANNEL + 1, ~0U, 0);
	(void)fcntl(CHANNEL, F_SETFD, FD_CLOEXEC);
	if (send(CHANNEL, "", 1, MSG_NOSIGNAL) == 1)
		run();
	_exit(0);
}

/*
 * It has closed what was handed over to us: nobody is to wait in a socket that
 * we close later.
 */
static bool
has_begun(int channel)
{
	struct pollfd p = { .fd = channel, .events = POLLIN };
	char byte;

	while (poll(&p, 1, -1) == -1 && errno == EINTR)
		continue;
	errno = ECHILD;
	return recv(channel, &byte, 1, 0) == 1;
}

int
launcher_begin(void)
{
	int ends[2], error;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, ends) == -1)
		return -1;
	if ((pid = fork()) == 0)
		become(ends[1]);
	error = errno;
	close(ends[1]);
	if (pid != -1 && has_begun(ends[0]))
		return ends[0];
	if (pid != -1)
		error = errno;
	close(ends[0]);
	errno = error;
	return -1;
}

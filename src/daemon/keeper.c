/* SPDX-License-Identifier: ISC */
#include "daemon/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "daemon/keeper_sockets.h"
#include "daemon/kept.h"
#include "daemon/notify.h"
#include "daemon/rights.h"
#include "daemon/signals.h"
#include "net/loop.h"

/*
 * States: the workers' process starts (it has a pid, and has handed nothing
 * over); it works; it has died, and is started again at a moment (again_at);
 * it is to end (stopping).  Only one that worked is started again: one that
 * cannot start would not the next time.
 */

#define SECOND	1000000000ULL
#define SOUND	(60 * SECOND)	/* lived that long: it was no repetition */
#define LATER	SECOND		/* before the second start in a row, ... */
#define LATEST	(32 * SECOND)	/* twice as long each time, up to that */

struct keeper {
	char		**argv;
	char		  path[PATH_MAX];	/* of the program */
	const char	 *user;			/* to become; NULL: it is */
	struct kept_sockets sockets;
	sigset_t	  signals;		/* before they were blocked */
	int		  signal_fd;
	int		  channel;		/* to the child */
	pid_t		  pid;			/* 0: there is none */
	bool		  worked;		/* one of them has bound */
	bool		  handed;		/* ... and this one has not */
	bool		  stopping;
	uint64_t	  started_at;		/* ns */
	uint64_t	  again_at;		/* ns; where there is none */
	uint64_t	  wait;			/* ns; before the next start */
	int		  status;		/* to exit with; -1: not yet */
};

/* The child, which is another program soon. */
static void
become(struct keeper *k, int channel)
{
	sigprocmask(SIG_SETMASK, &k->signals, NULL);
	signals_defer();
	if (keeper_sockets_pass(&k->sockets, channel) && notify_inherit())
		execv(k->path, k->argv);
	dprintf(STDERR_FILENO, "keeper: cannot start %s: %s\n", k->path,
	    strerror(errno));
	_exit(1);
}

static void
start(struct keeper *k)
{
	int ends[2];

	k->started_at = loop_now();
	k->handed = k->worked;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, ends) == -1)
		fatal("keeper: %s", strerror(errno));
	if ((k->pid = fork()) == -1)
		fatal("keeper: cannot start a process: %s", strerror(errno));
	if (k->pid == 0)
		become(k, ends[1]);
	close(ends[1]);
	k->channel = ends[0];
}

/* It has bound, so the right to do so is not needed any more. */
static void
give_up(struct keeper *k)
{
	char *cause;

	if (k->user == NULL)
		return;
	if (!rights_begin(k->user, &cause))
		fatal("keeper: %s", cause != NULL ? cause : "out of memory");
	rights_end();
	k->user = NULL;
}

/* Returns whether there was a message. */
static bool
take_message(struct keeper *k)
{
	char text[NOTIFY_TEXT];
	ssize_t n;

	n = keeper_sockets_take(&k->sockets, k->channel, text, sizeof text);
	if (n <= 0)
		return false;
	if (text[0] != KEPT_FIRST && text[0] != KEPT_MORE) {
		notify_pass(text);
		return true;
	}
	k->worked = true;
	give_up(k);
	if (k->stopping)
		keeper_sockets_close(&k->sockets);
	return true;
}

static void
drop_channel(struct keeper *k)
{
	close(k->channel);
	k->channel = -1;
}

/* Who lived for a while is started at once, others later and later. */
static void
plan(struct keeper *k, int sig)
{
	uint64_t now = loop_now();

	if (now - k->started_at >= SOUND)
		k->wait = 0;
	log_error("keeper: the workers' process has died: %s; another starts "
	    "in %u s, with the same sockets", strsignal(sig),
	    (unsigned)(k->wait / SECOND));
	k->again_at = now + k->wait;
	k->wait = k->wait == 0 ? LATER : k->wait >= LATEST ? LATEST :
	    2 * k->wait;
}

static void
ended(struct keeper *k, int status)
{
	k->pid = 0;
	while (take_message(k))
		continue;
	drop_channel(k);
	if (WIFEXITED(status))
		k->status = WEXITSTATUS(status);
	else if (k->stopping || !k->worked)
		k->status = 128 + WTERMSIG(status);
	else
		plan(k, WTERMSIG(status));
}

/* As the first process of a container it has others' children, too. */
static void
reap(struct keeper *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == k->pid)
			ended(k, status);
	}
}

/* Who has bound them removes their files, unless he has died: then we do. */
static void
let_go(struct keeper *k, bool died)
{
	if (k->handed || died)
		keeper_sockets_remove(&k->sockets);
	keeper_sockets_close(&k->sockets);
}

/* Nobody is to wait in a socket that is not accepted from any more. */
static void
stop(struct keeper *k)
{
	k->stopping = true;
	let_go(k, k->pid == 0);
	if (k->pid == 0)
		k->status = 0;
}

static void
take_signal(struct keeper *k)
{
	struct signalfd_siginfo info;
	int sig;

	if (read(k->signal_fd, &info, sizeof info) != sizeof info)
		return;
	sig = (int)info.ssi_signo;
	if (sig == SIGCHLD) {
		reap(k);
		return;
	}
	if (k->pid > 0)
		(void)kill(k->pid, sig);
	if (sig == SIGTERM || sig == SIGINT || sig == SIGQUIT)
		stop(k);
}

static bool
open_signals(struct keeper *k)
{
	static const int list[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGCHLD,
	};
	sigset_t set;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	for (i = 0; i < sizeof list / sizeof list[0]; i++)
		sigaddset(&set, list[i]);
	sigprocmask(SIG_BLOCK, &set, &k->signals);
	k->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return k->signal_fd != -1;
}

static int
time_left(const struct keeper *k)
{
	uint64_t now = loop_now();

	if (k->pid > 0)
		return -1;
	return now >= k->again_at ? 0 :
	    (int)((k->again_at - now + 999999) / 1000000);
}

static void
keep(struct keeper *k)
{
	struct pollfd p[2] = { { .fd = k->signal_fd, .events = POLLIN } };

	while (k->status == -1) {
		p[1] = (struct pollfd){ .fd = k->channel, .events = POLLIN };
		if (poll(p, 2, time_left(k)) == -1 && errno != EINTR)
			fatal("keeper: poll: %s", strerror(errno));
		notify_again();
		if (p[1].revents != 0 && !take_message(k) &&
		    (p[1].revents & POLLHUP) != 0)
			drop_channel(k);
		if (p[0].revents & POLLIN)
			take_signal(k);
		if (k->status == -1 && k->pid == 0 && time_left(k) == 0)
			start(k);
	}
}

int
keeper_run(char **argv, const char *user)
{
	struct keeper k = {
		.argv = argv,
		.user = user,
		.channel = -1,
		.status = -1,
	};
	ssize_t n = readlink("/proc/self/exe", k.path, sizeof k.path - 1);

	if (n == -1)
		fatal("keeper: /proc/self/exe: %s", strerror(errno));
	secret_guard();
	keeper_sockets_inherit(&k.sockets);
	notify_open();
	if (!open_signals(&k))
		fatal("keeper: %s", strerror(errno));
	start(&k);
	keep(&k);
	let_go(&k, false);
	keeper_sockets_free(&k.sockets);
	notify_close();
	return k.status;
}

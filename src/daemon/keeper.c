/* SPDX-License-Identifier: ISC */
#include "daemon/keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "daemon/keeper_sockets.h"
#include "daemon/kept.h"
#include "daemon/next.h"
#include "daemon/notify.h"
#include "daemon/rights.h"
#include "daemon/starter_words.h"
#include "net/loop.h"

/*
 * States: the workers' process starts (it has a pid, and has handed nothing
 * over); it works; it has died, and is started again at a moment (again_at);
 * it is to end (stopping).  Only one that worked is started again: one that
 * cannot start would not the next time.
 *
 * Beside it there may be the next one, which it has asked for: that takes its
 * place when it says so (STARTER_DONE), or has died.  What it does then, and
 * when it ends, is its own affair.
 */

#define SECOND	1000000000ULL
#define SOUND	(60 * SECOND)	/* lived that long: it was no repetition */
#define LATER	SECOND		/* before the second start in a row, ... */
#define LATEST	(32 * SECOND)	/* twice as long each time, up to that */

/* One that is to take over. */
struct heir {
	pid_t		  pid;			/* 0: there is none */
	int		  channel;
	struct kept_sockets sockets;		/* what it listens at */
};

struct keeper {
	const char	 *user;			/* to become; NULL: it is */
	struct kept_sockets sockets;
	sigset_t	  signals;		/* before they were blocked */
	int		  signal_fd;
	int		  channel;		/* to the child */
	pid_t		  pid;			/* 0: there is none */
	struct heir	  heir;
	bool		  worked;		/* one of them has bound */
	bool		  handed;		/* ... and this one has not */
	bool		  stopping;
	uint64_t	  started_at;		/* ns */
	uint64_t	  again_at;		/* ns; where there is none */
	uint64_t	  wait;			/* ns; before the next start */
	int		  status;		/* to exit with; -1: not yet */
};

static bool
open_channel(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, ends) == 0;
}

static void
start(struct keeper *k)
{
	struct next next = { .sockets = &k->sockets, .mask = &k->signals };
	int ends[2];

	k->started_at = loop_now();
	k->handed = k->worked;
	if (!open_channel(ends))
		fatal("keeper: %s", strerror(errno));
	next.channel = ends[1];
	if ((k->pid = fork()) == -1)
		fatal("keeper: cannot start a process: %s", strerror(errno));
	if (k->pid == 0)
		next_become(&next, -1);
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

static void
drop_heir(struct keeper *k)
{
	if (k->heir.channel != -1)
		close(k->heir.channel);
	keeper_sockets_close(&k->heir.sockets);
	k->heir.channel = -1;
	k->heir.pid = 0;
}

/* Where it cannot be started, who asked is told so. */
static void
start_heir(struct keeper *k)
{
	struct next next = { .sockets = &k->sockets, .mask = &k->signals };
	int ends[2] = { -1, -1 };

	if (k->heir.pid != 0 || k->stopping)
		return;
	if (!open_channel(ends))
		log_error("keeper: %s", strerror(errno));
	next.channel = ends[1];
	k->heir.channel = ends[0];
	k->heir.pid = next_start(&next, k->channel);
	if (ends[1] != -1)
		close(ends[1]);
	if (k->heir.pid == -1)
		drop_heir(k);
}

/* The one before ends by itself, and is nobody's concern. */
static void
promote(struct keeper *k)
{
	struct heir *h = &k->heir;

	if (h->pid == 0)
		return;
	if (k->channel != -1)
		close(k->channel);
	k->pid = h->pid;
	k->channel = h->channel;
	k->handed = true;
	k->started_at = loop_now();
	if (h->sockets.n > 0)
		keeper_sockets_move(&k->sockets, &h->sockets);
	h->channel = -1;
	drop_heir(k);
}

/* What it asks for.  Returns false where that is something else. */
static bool
take_word(struct keeper *k, char word)
{
	switch (word) {
	case STARTER_START:
		start_heir(k);
		break;
	case STARTER_KILL:
		if (k->heir.pid != 0)
			(void)kill(k->heir.pid, SIGKILL);
		break;
	case STARTER_DONE:
		promote(k);
		break;
	default:
		return false;
	}
	return true;
}

/* Of the one that is to take over; false at the channel's end. */
static bool
hear_heir(struct keeper *k)
{
	char text[NOTIFY_TEXT];
	ssize_t n;

	n = keeper_sockets_take(&k->heir.sockets, k->heir.channel, text,
	    sizeof text);
	if (n > 0 && text[0] != KEPT_FIRST && text[0] != KEPT_MORE)
		notify_pass(text);
	return n != 0;
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
	if (take_word(k, text[0]))
		return true;
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
	/* it goes on by what it has */
	if (k->heir.pid != 0 && !k->stopping) {
		log_warn("keeper: the workers' process has ended, and the next "
		    "one takes over");
		promote(k);
		return;
	}
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
		else if (pid == k->heir.pid) {
			if (k->channel != -1)
				next_tell_ended(k->channel, status);
			drop_heir(k);
		}
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
	if (sig == SIGTERM || sig == SIGINT || sig == SIGQUIT) {
		if (k->heir.pid > 0)
			(void)kill(k->heir.pid, sig);
		stop(k);
	}
}

static bool
open_signals(struct keeper *k)
{
	static const int list[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1,
		SIGUSR2, SIGCHLD,
	};
	sigset_t set;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);	/* whatever our parent does */
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
	struct pollfd p[3] = { { .fd = k->signal_fd, .events = POLLIN } };

	while (k->status == -1) {
		p[1] = (struct pollfd){ .fd = k->channel, .events = POLLIN };
		p[2] = (struct pollfd){ .fd = k->heir.channel,
		    .events = POLLIN };
		if (poll(p, 3, time_left(k)) == -1 && errno != EINTR)
			fatal("keeper: poll: %s", strerror(errno));
		notify_again();
		if (p[2].revents != 0 && !hear_heir(k)) {
			close(k->heir.channel);
			k->heir.channel = -1;
		}
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
keeper_run(const char *user)
{
	struct keeper k = {
		.user = user,
		.channel = -1,
		.heir = { .channel = -1 },
		.status = -1,
	};

	secret_guard();
	keeper_sockets_inherit(&k.sockets);
	notify_open();
	if (!open_signals(&k))
		fatal("keeper: %s", strerror(errno));
	start(&k);
	keep(&k);
	let_go(&k, false);
	drop_heir(&k);
	keeper_sockets_close(&k.sockets);
	notify_close();
	return k.status;
}

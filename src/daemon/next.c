/* SPDX-License-Identifier: ISC */
#include "daemon/next.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/handover.h"
#include "daemon/notify.h"
#include "daemon/passing.h"
#include "daemon/program.h"
#include "daemon/signals_defer.h"
#include "daemon/starter_words.h"

/* Whom a manager watches is another process now. */
static bool
pass_watchdog(void)
{
	char pid[32];

	snprintf(pid, sizeof pid, "%jd", (intmax_t)getpid());
	return getenv("WATCHDOG_PID") == NULL ||
	    setenv("WATCHDOG_PID", pid, 1) == 0;
}

/*
 * To who waits for it, if anybody does.  Else where the keeper's messages go when
 * nothing has been set up: between fork and exec there is no thread that writes
 * a log.
 */
static void
say_failed(int handover, const char *why)
{
	struct handover h;
	char text[PATH_MAX + 128];

	snprintf(text, sizeof text, "cannot start %s: %s", program_name(),
	    why);
	if (handover == -1) {
		dprintf(STDERR_FILENO, "sluice: %s\n", text);
		return;
	}
	handover_init(&h, handover);
	handover_say(&h, "failed", text);
	handover_send(&h);
}

void
next_become(const struct next *n, int handover)
{
	sigprocmask(SIG_SETMASK, n->mask, NULL);
	signals_defer();
	if (keeper_sockets_pass(n->sockets, n->channel, &handover) &&
	    (n->channel != -1 ? notify_inherit() : pass_watchdog()))
		program_exec();
	say_failed(handover, strerror(errno));
	_exit(1);
}

/* fd: goes with it, or -1. */
static void
tell(int to, char word, const char *text, int fd)
{
	char message[STARTER_TEXT];
	int len = snprintf(message, sizeof message, "%c%s", word, text);

	if ((size_t)len >= sizeof message)
		len = sizeof message - 1;
	(void)passing_send(to, message, (size_t)len, &fd, fd != -1);
}

void
next_tell_ended(int to, int status)
{
	char text[STARTER_TEXT];

	if (WIFEXITED(status))
		snprintf(text, sizeof text, "it has ended with status %d",
		    WEXITSTATUS(status));
	else
		snprintf(text, sizeof text, "it has died: %s",
		    strsignal(WTERMSIG(status)));
	tell(to, STARTER_ENDED, text, -1);
}

static pid_t
fail(int to)
{
	char text[STARTER_TEXT];

	snprintf(text, sizeof text, "it cannot be started: %s",
	    strerror(errno));
	tell(to, STARTER_ENDED, text, -1);
	return -1;
}

pid_t
next_start(const struct next *n, int to)
{
	char number[32];
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return fail(to);
	if ((pid = fork()) == 0)
		next_become(n, ends[1]);
	if (pid == -1) {
		(void)fail(to);
	} else {
		snprintf(number, sizeof number, "%jd", (intmax_t)pid);
		tell(to, STARTER_STARTED, number, ends[0]);
	}
	close(ends[0]);
	close(ends[1]);
	return pid;
}

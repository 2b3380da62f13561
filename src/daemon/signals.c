/* SPDX-License-Identifier: ISC */
#include "daemon/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/log.h"
#include "daemon/kept.h"
#include "daemon/notify.h"
#include "daemon/load.h"
#include "daemon/reload.h"
#include "daemon/successor.h"
#include "daemon/upgrade.h"
#include "daemon/worker.h"

int
signals_open(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* a file that may not grow is an error */
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void
signals_bury(void)
{
	signal(SIGCHLD, SIG_IGN);
	/* who has ended before that still waits to be asked */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

static void
shut_down(struct reloader *r, const char *why, bool again)
{
	struct workers *workers = r->workers;
	unsigned i;

	if (atomic_load(&workers->draining) && !again)
		return;
	load_log_level(r->conf, false);
	log_info("%s: %s", why, again ? "ending at once" : "draining");
	notify_stopping();
	successor_stop();
	admin_drain(r->admin);
	for (i = 0; i < workers->n; i++) {
		if (again)
			worker_stop(workers->list[i]);
		else
			worker_drain(workers->list[i]);
	}
}

/*
 * Whoever signals all of a group, as a terminal and some service managers do,
 * signals the keeper and us; it is one signal, and the keeper passes it on.
 */
static void
told_to_end(struct reloader *r, struct upgrade *u,
    const struct signalfd_siginfo *info)
{
	static unsigned times;

	if (kept_by((pid_t)info->ssi_pid))
		times++;
	upgrade_stop(u);
	shut_down(r, strsignal((int)info->ssi_signo), times > 1);
}

void
signals_end(struct reloader *r, const char *why)
{
	shut_down(r, why, false);
}

void
signals_take(int fd, struct reloader *r, struct upgrade *u)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof info) != sizeof info)
		return;
	switch (info.ssi_signo) {
	case SIGUSR1:
		reload_logs(r->conf);
		successor_logs();
		upgrade_logs(u);
		break;
	case SIGHUP:
		upgrade_reload(u);
		break;
	case SIGUSR2:
		upgrade_begin(u);
		break;
	default:
		told_to_end(r, u, &info);
		break;
	}
}

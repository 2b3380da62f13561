/* SPDX-License-Identifier: ISC */
#include "daemon/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/log.h"
#include "daemon/notify.h"
#include "daemon/reload.h"
#include "daemon/worker.h"

void
signals_defer(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

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
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
shut_down(struct reloader *r, int sig)
{
	struct workers *workers = r->workers;
	bool again = atomic_load(&workers->draining);
	unsigned i;

	log_info("%s: %s", strsignal(sig), again ? "ending at once" :
	    "draining");
	notify_stopping();
	admin_drain(r->admin);
	for (i = 0; i < workers->n; i++) {
		if (again)
			worker_stop(workers->list[i]);
		else
			worker_drain(workers->list[i]);
	}
}

void
signals_take(int fd, struct reloader *r)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof info) != sizeof info)
		return;
	switch (info.ssi_signo) {
	case SIGUSR1:
		reload_logs(r->conf);
		break;
	case SIGHUP:
		if (!atomic_load(&r->workers->draining))
			reload_conf(r);
		break;
	default:
		shut_down(r, (int)info.ssi_signo);
		break;
	}
}

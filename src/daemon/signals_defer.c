/* SPDX-License-Identifier: ISC */
#include "daemon/signals_defer.h"

#include <signal.h>
#include <stddef.h>

void
signals_defer(void)
{
	sigset_t set;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

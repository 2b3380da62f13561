/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_exec_group.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* It keeps open what others may wait for the end of no longer than us. */
static void
let_go(void)
{
	int fd, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (fd = STDIN_FILENO; null != -1 && fd <= STDERR_FILENO; fd++)
		(void)dup2(null, fd);
}

/* Until our end: for each signal that it is asked for, whether it has one. */
static void
bear_witness(int line)
{
	const struct timespec none = { 0, 0 };
	unsigned char sig, had;
	sigset_t one;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(line, &sig, 1) == 1) {
		sigemptyset(&one);
		sigaddset(&one, sig);
		had = sigtimedwait(&one, NULL, &none) == sig;
		if (write(line, &had, 1) != 1)
			break;
	}
	_exit(0);
}

void
ctl_exec_group_begin(struct ctl_exec_group *g)
{
	int line[2];
	sigset_t all, before;

	g->witness = g->line = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) == -1)
		return;
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	g->witness = fork();
	if (g->witness == 0) {
		close(line[0]);
		let_go();
		bear_witness(line[1]);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	close(line[1]);
	g->line = line[0];
}

bool
ctl_exec_group_had(struct ctl_exec_group *g, int sig)
{
	unsigned char byte = (unsigned char)sig;

	if (g->witness == -1)
		return false;
	/* it may have been stopped with the group, and only we continued */
	(void)kill(g->witness, SIGCONT);
	/*
	 * We may have ours before the kernel has come to the witness.  This
	 * changes nothing, and waits until it is through with the group.
	 */
	(void)setpgid(0, getpgrp());
	return send(g->line, &byte, 1, MSG_NOSIGNAL) == 1 &&
	    read(g->line, &byte, 1) == 1 && byte == 1;
}

void
ctl_exec_group_end(struct ctl_exec_group *g)
{
	if (g->line != -1)
		close(g->line);
	if (g->witness == -1)
		return;
	(void)kill(g->witness, SIGCONT);
	(void)waitpid(g->witness, NULL, 0);
}

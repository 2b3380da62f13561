/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "ctl/ctl_doctor_warden.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ctl/ctl_doctor_process.h"

#define ROUNDS	400		/* of looking whether they are gone */
#define SIGNALED 128		/* and the signal, as shells have it */

/* They die in their own time, and a process need not be ours yet. */
static void
let_die(void)
{
	const struct timespec moment = { .tv_nsec = 5000000 };

	(void)nanosleep(&moment, NULL);
}

static bool
is_child(const char *pid)
{
	struct ctl_doctor_process process;

	return ctl_doctor_process(pid, &process) && process.parent == getpid();
}

static void
kill_children(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (isdigit((unsigned char)e->d_name[0]) &&
		    is_child(e->d_name))
			(void)kill((pid_t)strtol(e->d_name, NULL, 10),
			    SIGKILL);
	if (d != NULL)
		closedir(d);
}

/* Whose parent has just ended is a child by then. */
static void
end_all(void)
{
	pid_t pid;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		kill_children();
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			continue;
		if (pid == -1 && errno == ECHILD)
			return;
		let_die();
	}
}

/* Returns whether the program has ended, and how. */
static bool
has_ended(pid_t program, int *status)
{
	bool ended = false;
	pid_t pid;
	int how;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0) {
		if (pid != program)
			continue;
		ended = true;
		*status = WIFEXITED(how) ? WEXITSTATUS(how) : SIGNALED +
		    WTERMSIG(how);
	}
	return ended;
}

/*
 * In a group of its own, so that a signal to that does not end the warden, but
 * in its session.
 */
static void
start(void (*become)(void *), void *arg, pid_t parent)
{
	sigset_t none;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (getppid() == parent)
		become(arg);
	_exit(126);
}

/* Others wait for the end of what we had open. */
static void
let_go(int keep)
{
	if (keep > 0)
		(void)close_range(0, (unsigned)keep - 1, 0);
	(void)close_range(keep < 0 ? 0 : (unsigned)keep + 1, UINT_MAX, 0);
}

static void
be_warden(void (*become)(void *), void *arg, int keep, pid_t parent)
{
	pid_t self, program;
	int status = 126;
	sigset_t heard;
	siginfo_t info;

	(void)setsid();
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(status);
	self = getpid();
	program = fork();
	if (program == 0)
		start(become, arg, self);
	let_go(keep);
	sigemptyset(&heard);
	sigaddset(&heard, SIGCHLD);
	sigaddset(&heard, SIGTERM);
	while (program != -1 && !has_ended(program, &status))
		if (sigwaitinfo(&heard, &info) == SIGTERM)
			break;
	end_all();
	_exit(status);
}

pid_t
ctl_doctor_warden_start(void (*become)(void *), void *arg, int keep)
{
	sigset_t all, before;
	pid_t self = getpid(), warden;

	/* before it is there: none is to be lost */
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	warden = fork();
	if (warden == 0)
		be_warden(become, arg, keep, self);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return warden;
}

void
ctl_doctor_warden_end(pid_t warden)
{
	(void)kill(warden, SIGTERM);
}

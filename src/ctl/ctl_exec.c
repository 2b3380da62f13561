/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/ctl_ask.h"
#include "ctl/ctl_client.h"
#include "ctl/ctl_exec_group.h"
#include "ctl/ctl_exec_own.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_find.h"
#include "ctl/ctl_json.h"
#include "ctl/ctl_trust.h"
#include "ctl/ctl_variables.h"

/*
 * We wait for the program, rather than become it, since what was made for it
 * is to be taken away again.  So what is sent to us is passed on, and we end as
 * it has ended.
 */

/* Passed on; what a terminal sends the program gets by itself. */
static const int passed[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH,
	SIGCONT,
};

struct run {
	const struct ctl	*ctl;
	struct ctl_exec_own	 own;
	struct ctl_place	 place;		/* of the daemon */
	struct ctl_variables	 variables;
	sigset_t		 before;	/* what was blocked */
	sigset_t		 heard;
	struct ctl_exec_group	 group;
	pid_t			 program;
};

/* The program */

static void
set_environment(const struct run *r)
{
	unsigned i;

	for (i = 0; i < r->variables.n; i++)
		(void)setenv(r->variables.list[i].name,
		    r->variables.list[i].value, 1);
	(void)setenv("SLUICE_SOCKET", r->place.path, 1);
}

/*
 * Tells why it cannot be run by a pipe that a program closes.  Only what nobody
 * can pass on ends us first; whoever sends us that means the program.
 */
static void
become_program(const struct run *r, char *const *args, int told, pid_t parent)
{
	int error;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	set_environment(r);
	(void)sigprocmask(SIG_SETMASK, &r->before, NULL);
	if (getppid() == parent && args[0] != NULL)
		execvp(args[0], args);
	error = errno;
	(void)!write(told, &error, sizeof error);
	_exit(CTL_EXEC_CANNOT);
}

/* Returns CTL_DONE, or the exit status, having said why. */
static int
start(struct run *r, char *const *args)
{
	int told[2], error = 0;
	pid_t self = getpid();

	if (pipe2(told, O_CLOEXEC) == -1 || (r->program = fork()) == -1) {
		(void)ctl_fail(r->ctl, CTL_FAILED, "%s", strerror(errno));
		return CTL_EXEC_OURS;
	}
	if (r->program == 0)
		become_program(r, args, told[1], self);
	close(told[1]);
	(void)!read(told[0], &error, sizeof error);
	close(told[0]);
	if (error == 0)
		return CTL_DONE;
	(void)waitpid(r->program, NULL, 0);
	(void)ctl_fail(r->ctl, CTL_FAILED, "%s: %s", args[0],
	    strerror(error));
	return error == ENOENT ? CTL_EXEC_ABSENT : CTL_EXEC_CANNOT;
}

static void
block_signals(struct run *r)
{
	size_t i;

	sigemptyset(&r->heard);
	sigaddset(&r->heard, SIGCHLD);
	for (i = 0; i < sizeof passed / sizeof passed[0]; i++)
		sigaddset(&r->heard, passed[i]);
	(void)sigprocmask(SIG_BLOCK, &r->heard, &r->before);
}

/*
 * Returns whether it has ended, and how.  Where it has stopped so do we, or a
 * shell would wait for us: who continues us continues it.  Others are waited
 * for, too: as a container's first process we are left all of its orphans.
 */
static bool
has_ended(const struct run *r, int *status)
{
	pid_t pid;

	while ((pid = waitpid(-1, status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != r->program)
			continue;
		if (!WIFSTOPPED(*status))
			return true;
		(void)raise(SIGSTOP);
	}
	return false;
}

/* SIGCONT may come twice, since that changes nothing. */
static void
pass_on(struct run *r, int sig)
{
	if (sig == SIGCONT || !ctl_exec_group_had(&r->group, sig))
		(void)kill(r->program, sig);
}

/* Until the program has ended.  Returns how, as wait(2) has it. */
static int
wait_for_program(struct run *r)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (sigwaitinfo(&r->heard, &info) == -1)
			continue;
		if (info.si_signo == SIGCHLD) {
			if (has_ended(r, &status))
				return status;
		} else if (info.si_code <= 0) {
			pass_on(r, info.si_signo);
		}
	}
}

/* Ends as it has, for whoever waits for us: by the same signal, if by one. */
static int
end_as(const struct run *r, int status)
{
	const struct rlimit none = { 0, 0 };
	sigset_t one;
	int sig;

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	sig = WTERMSIG(status);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(sig, SIG_DFL);
	(void)kill(getpid(), sig);
	sigemptyset(&one);
	sigaddset(&one, sig);
	(void)sigprocmask(SIG_SETMASK, &r->before, NULL);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	return CTL_EXEC_SIGNAL + sig;
}

/* What it is told */

static void
warn(const struct ctl *c, const struct ctl_client *client)
{
	const char *direct = ctl_variables_direct();

	ctl_client_warn(c, client);
	if (direct != NULL)
		ctl_note(c, "NO_PROXY is %s: to those it goes without sluice",
		    direct);
}

/* Finds the daemon, and makes what the program is told of it. */
static int
prepare(struct run *r)
{
	struct ctl_daemon daemon = { .ctl = r->ctl, .place = r->place };
	struct ctl_client client;
	int status = ctl_client_get(&daemon, &client);

	if (status == CTL_DONE)
		status = ctl_trust_write(r->ctl, &client, r->own.dir);
	if (status == CTL_DONE) {
		ctl_variables_make(&r->variables, &client, r->own.dir);
		if (r->variables.failed)
			status = ctl_fail(r->ctl, CTL_FAILED,
			    "out of memory");
	}
	if (status == CTL_DONE)
		warn(r->ctl, &client);
	ctl_client_done(&client);
	return status;
}

/*
 * Says so where nothing has come, and only we could have been asked: the
 * program may have gone direct.  Its last request may not have been counted
 * yet, but has a connection then.
 */
static void
look_back(const struct run *r, const char *program)
{
	struct ctl_daemon daemon = { .ctl = r->ctl, .place = r->place };
	struct ctl_answer a = { .status = 0 };

	if (r->own.place.path[0] == '\0')
		return;
	ctl_ask_quietly(&daemon, "GET", "/v1/status", NULL, &a);
	if (a.status == 200 && ctl_integer(a.json, "requests") == 0 &&
	    ctl_integer(a.json, "connections") == 0)
		ctl_note(r->ctl, "nothing has come from %s: if it has asked "
		    "for anything, it went without sluice", program);
	ctl_answer_done(&a);
}

static int
run_with(struct run *r, char *const *args)
{
	int status;

	if (prepare(r) != CTL_DONE) {
		ctl_variables_free(&r->variables);
		ctl_exec_own_end(&r->own);
		return CTL_EXEC_OURS;
	}
	block_signals(r);
	status = start(r, args);
	ctl_variables_free(&r->variables);
	if (status == CTL_DONE) {
		ctl_exec_group_begin(&r->group);
		status = wait_for_program(r);
		ctl_exec_group_end(&r->group);
	} else {
		status = status << 8;	/* as wait(2) has it */
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) < CTL_EXEC_OURS)
		look_back(r, args[0]);
	ctl_exec_own_end(&r->own);
	return end_as(r, status);
}

/* Finds a daemon, or starts one. */
static int
find(struct run *r)
{
	const struct ctl *c = r->ctl;
	struct stat st;
	bool there;
	int status;

	/* it is read here, and by the daemon again */
	if (c->file != NULL && stat(c->file, &st) == 0 &&
	    !S_ISREG(st.st_mode))
		return ctl_fail(c, CTL_FAILED, "%s: expected a regular file",
		    c->file);
	there = ctl_find_any(c);
	status = there ? ctl_find(c, &r->place) : CTL_DONE;

	if (status == CTL_DONE)
		status = ctl_exec_own_begin(c, !there, c->file, &r->own);
	if (status == CTL_DONE && !there)
		r->place = r->own.place;
	return status;
}

int
ctl_exec(struct ctl *c)
{
	struct run r = { .ctl = c };
	char **args = calloc((size_t)c->nargs + 1, sizeof *args);
	unsigned i;
	int status;

	if (args == NULL) {
		(void)ctl_fail(c, CTL_FAILED, "out of memory");
		return CTL_EXEC_OURS;
	}
	/* where it is ignored no child is ever told of */
	(void)signal(SIGCHLD, SIG_DFL);
	for (i = 0; i < c->nargs; i++)
		args[i] = (char *)(uintptr_t)c->args[i];
	status = find(&r) == CTL_DONE ? run_with(&r, args) :
	    CTL_EXEC_OURS;
	free(args);
	return status;
}

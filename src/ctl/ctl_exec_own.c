/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_exec_own.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf/conf_preset.h"
#include "ctl/ctl_doctor_reap.h"
#include "ctl/ctl_fail.h"
#include "ctl/ctl_runtime.h"
#include "ctl/ctl_trust.h"

#define PATIENCE	20000	/* ms in which a daemon is ready */
#define DRAIN		2000	/* ms that it gets to end */

static const char configuration[] =
"# Made by sluice exec, which was given no other.\n"
"workers: 1\n";
static const char with_presets[] =
"defaults:\n"
"  preset: auto\n";

/* The process beside it */

struct attendant {
	char		 dir[CTL_EXEC_DIR];
	const char	*file;
	int		 line;		/* its end is when all is over */
	int		 notify;	/* where the daemon says that it is ready */
	int		 children;	/* signalfd of SIGCHLD */
	pid_t		 daemon;	/* 0: none, or no more */
	bool		 told;		/* how the start went */
};

static void
path_in(char path[PATH_MAX], const char *dir, const char *name)
{
	(void)snprintf(path, PATH_MAX, "%s/%s", dir, name);
}

/* Says on the line that the daemon is ready ('r'), or has not come up. */
static void
tell(struct attendant *a, char how)
{
	if (!a->told)
		(void)!write(a->line, &how, 1);
	a->told = true;
}

/* Datagrams to a path, as sd_notify(3) has them. */
static int
open_notify(const char *dir)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	int n = snprintf(at.sun_path, sizeof at.sun_path, "%s/notify", dir);

	if (fd != -1 && n > 0 && (size_t)n < sizeof at.sun_path &&
	    bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
	    setenv("NOTIFY_SOCKET", at.sun_path, 1) == 0)
		return fd;
	if (fd != -1)
		close(fd);
	return -1;
}

/*
 * In the child: it is not to outlive its parent, whatever kills that.  With a
 * keeper, since the port must stay ours when the daemon dies: another user could
 * take it, and what the program sends.  That one starts what its name leads to.
 */
static void
become_daemon(const struct attendant *a, pid_t parent)
{
	char path[PATH_MAX], *self = realpath("/proc/self/exe", NULL);
	sigset_t none;

	path_in(path, a->dir, "sluice.yaml");
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (getppid() == parent)
		execl("/proc/self/exe", self != NULL ? self : "sluice",
		    "--keeper", "-c", a->file != NULL ? a->file : path,
		    "--private", a->dir, (char *)NULL);
	_exit(127);
}

static bool
start_daemon(struct attendant *a)
{
	pid_t self = getpid();

	if ((a->notify = open_notify(a->dir)) == -1)
		return false;
	a->daemon = fork();
	if (a->daemon == 0)
		become_daemon(a, self);
	return a->daemon != -1;
}

static void
hear(struct attendant *a)
{
	char text[512];
	ssize_t n;

	while ((n = recv(a->notify, text, sizeof text - 1, 0)) > 0) {
		text[n] = '\0';
		if (strstr(text, "READY=1") != NULL)
			tell(a, 'r');
	}
}

/* Returns whether the daemon is gone. */
static bool
reap(struct attendant *a)
{
	struct signalfd_siginfo info;
	int status;

	(void)!read(a->children, &info, sizeof info);
	if (a->daemon == 0 || waitpid(a->daemon, &status, WNOHANG) !=
	    a->daemon)
		return a->daemon == 0;
	a->daemon = 0;
	if (a->told)
		dprintf(STDERR_FILENO, "sluice exec: its proxy has ended, by "
		    "%s %d\n", WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) :
		    WEXITSTATUS(status));
	tell(a, 'e');
	return true;
}

/* Until the line ends. */
static void
attend(struct attendant *a)
{
	struct pollfd p[3] = {
		{ .fd = a->line, .events = POLLIN },
		{ .fd = a->notify, .events = POLLIN },
		{ .fd = a->children, .events = POLLIN },
	};

	for (;;) {
		if (poll(p, 3, a->told ? -1 : PATIENCE) == 0)
			tell(a, 'l');
		/* nothing is ever said there, but its end */
		if (p[0].revents != 0)
			return;
		if (p[1].revents != 0)
			hear(a);
		if (p[2].revents != 0)
			(void)reap(a);
	}
}

static void
end_daemon(struct attendant *a)
{
	struct pollfd p = { .fd = a->children, .events = POLLIN };

	a->told = true;
	if (a->daemon == 0)
		return;
	(void)kill(a->daemon, SIGTERM);
	while (poll(&p, 1, DRAIN) > 0) {
		a->told = false;
		if (reap(a))
			return;
	}
	(void)kill(a->daemon, SIGKILL);
	(void)waitpid(a->daemon, NULL, 0);
}

static void
remove_all(const char *dir)
{
	static const char *const files[] = {
		"notify", "admin.sock", "sluice.yaml",
	};
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		path_in(path, dir, files[i]);
		(void)unlink(path);
	}
	path_in(path, dir, CTL_EXEC_PROBES);
	ctl_doctor_reap_dir(path);
	ctl_trust_remove(dir);
}

/*
 * A session of its own, since what a terminal sends to the command is not for
 * it; and none of the descriptors whose end others wait for.
 */
static void
stand_aside(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)setsid();
	if (null != -1) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
	}
}

static int
make_dir(const struct ctl *c, char dir[CTL_EXEC_DIR])
{
	char base[PATH_MAX];
	int status = ctl_runtime(c, base);

	if (status != CTL_DONE)
		return status;
	if (snprintf(dir, CTL_EXEC_DIR, "%s/exec-XXXXXX", base) >=
	    CTL_EXEC_DIR)
		return ctl_fail(c, CTL_FAILED, "%s: the path is too long",
		    base);
	if (mkdtemp(dir) != NULL)
		return CTL_DONE;
	return ctl_fail(c, CTL_FAILED, "%s: %s", dir, strerror(errno));
}

static int
make_configuration(const struct ctl *c, const char *dir)
{
	char path[PATH_MAX];
	FILE *f;
	bool ok;

	path_in(path, dir, "sluice.yaml");
	f = fopen(path, "we");
	ok = f != NULL && fputs(configuration, f) >= 0 &&
	    (access(conf_preset_dir(), R_OK) == -1 ||
	    fputs(with_presets, f) >= 0);
	ok = (f == NULL || fclose(f) == 0) && ok;
	return ok ? CTL_DONE : ctl_fail(c, CTL_FAILED, "%s: %s", path,
	    strerror(errno));
}

/*
 * Makes the directory: nobody else would take it away again, should whoever
 * has started us be killed at this moment.  Tells its name on the line.
 */
static void
furnish(const struct ctl *c, bool wanted, struct attendant *a)
{
	char dir[CTL_EXEC_DIR] = "";
	int status = make_dir(c, dir);

	if (status == CTL_DONE && wanted && a->file == NULL &&
	    (status = make_configuration(c, dir)) != CTL_DONE)
		remove_all(dir);
	if (status != CTL_DONE)
		_exit(status);
	memcpy(a->dir, dir, sizeof dir);
	(void)!write(a->line, dir, sizeof dir);
}

static void
be_attendant(const struct ctl *c, bool wanted, const char *file, int line)
{
	struct attendant a = {
		.file = file, .line = line, .notify = -1,
	};
	sigset_t all;

	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	stand_aside();
	furnish(c, wanted, &a);
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	a.children = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (!wanted)
		tell(&a, 'r');
	else if (a.children == -1 || !start_daemon(&a))
		tell(&a, 'e');
	attend(&a);
	end_daemon(&a);
	remove_all(a.dir);
	_exit(0);
}

/* The other end */

/* Which directory it has made; or why none, which it has said. */
static int
hear_dir(const struct ctl *c, struct ctl_exec_own *own)
{
	int status;

	if (recv(own->line, own->dir, sizeof own->dir, MSG_WAITALL) ==
	    sizeof own->dir)
		return CTL_DONE;
	close(own->line);
	if (waitpid(own->attendant, &status, 0) == own->attendant &&
	    WIFEXITED(status) && WEXITSTATUS(status) != CTL_DONE)
		return WEXITSTATUS(status);
	return ctl_fail(c, CTL_FAILED, "the process beside it was killed");
}

static int
engage(const struct ctl *c, bool wanted, const char *file,
    struct ctl_exec_own *own)
{
	int line[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) == -1)
		return ctl_fail(c, CTL_FAILED, "socketpair: %s",
		    strerror(errno));
	own->attendant = fork();
	if (own->attendant == 0) {
		close(line[0]);
		be_attendant(c, wanted, file, line[1]);
	}
	close(line[1]);
	own->line = line[0];
	if (own->attendant != -1)
		return hear_dir(c, own);
	close(line[0]);
	return ctl_fail(c, CTL_FAILED, "fork: %s", strerror(errno));
}

/* How the start went; the daemon has said on standard error what is wrong. */
static int
hear_start(const struct ctl *c, const struct ctl_exec_own *own)
{
	char how = 'e';

	(void)!read(own->line, &how, 1);
	if (how == 'r')
		return CTL_DONE;
	if (how == 'l')
		return ctl_fail(c, CTL_TIMED_OUT, "its own sluice was not "
		    "ready within %d s", PATIENCE / 1000);
	return ctl_fail(c, CTL_FAILED, "its own sluice did not start");
}

int
ctl_exec_own_begin(const struct ctl *c, bool wanted, const char *file,
    struct ctl_exec_own *own)
{
	int status = engage(c, wanted, file, own);

	own->place.path[0] = '\0';
	if (status != CTL_DONE)
		return status;
	if (wanted)
		(void)snprintf(own->place.path, sizeof own->place.path,
		    "%s/admin.sock", own->dir);
	status = hear_start(c, own);
	if (status != CTL_DONE)
		ctl_exec_own_end(own);
	return status;
}

void
ctl_exec_own_end(struct ctl_exec_own *own)
{
	close(own->line);
	while (waitpid(own->attendant, NULL, 0) == -1 && errno == EINTR)
		continue;
	/* it may have been killed itself */
	remove_all(own->dir);
}

/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_reap.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	400		/* of looking whether they are gone */

static unsigned long long begun;	/* when programs were none yet */

/* They die in their own time; nothing tells of somebody else's children. */
static void
let_die(void)
{
	const struct timespec moment = { .tv_nsec = 5000000 };

	(void)nanosleep(&moment, NULL);
}

/* Now, as /proc has when a process started. */
static unsigned long long
ticks_now(void)
{
	unsigned long long hz = (unsigned long long)sysconf(_SC_CLK_TCK);
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (unsigned long long)now.tv_sec * hz +
	    (unsigned long long)now.tv_nsec / (1000000000 / hz);
}

void
ctl_doctor_reap_begin(void)
{
	begun = ticks_now();
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void
ctl_doctor_reap_group(pid_t group)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		(void)kill(-group, SIGKILL);
		while (waitpid(-group, NULL, WNOHANG) > 0)
			continue;
		if (kill(-group, 0) == -1 && errno == ESRCH)
			return;
		let_die();
	}
}

/*
 * Returns whether that is a child of ours that a program has left.  A shell
 * that became this process leaves it children, too, and their orphans come here
 * by now: those are older, or of our session, which no program is in that is
 * tried.
 */
static bool
is_left(const char *pid)
{
	char path[64], text[512], *end;
	unsigned long long start;
	int parent, session;
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	/* behind its name, which may have anything in it */
	end = strrchr(text, ')');
	return end != NULL && sscanf(end, ") %*c %d %*d %d %*d %*d %*u %*u "
	    "%*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &parent,
	    &session, &start) == 3 && parent == getpid() &&
	    session != getsid(0) && start > begun;
}

/* Returns whether there was one. */
static bool
end_children(pid_t but)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool found = false;
	pid_t pid;

	while (d != NULL && (e = readdir(d)) != NULL) {
		pid = isdigit((unsigned char)e->d_name[0]) ?
		    (pid_t)strtol(e->d_name, NULL, 10) : 0;
		if (pid <= 0 || pid == but || !is_left(e->d_name))
			continue;
		found = true;
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	if (d != NULL)
		closedir(d);
	return found;
}

/* Whose parent has just ended is a child by then. */
void
ctl_doctor_reap_rest(pid_t but)
{
	int i;

	for (i = 0; i < ROUNDS && end_children(but); i++)
		continue;
}

static int
remove_cb(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	(void)remove(path);
	return 0;
}

/* What a package manager has unpacked may not let itself be removed. */
static int
open_up_cb(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)at;
	if (type == FTW_D && (st->st_mode & 0700) != 0700)
		(void)chmod(path, 0700);
	return 0;
}

void
ctl_doctor_reap_dir(const char *path)
{
	(void)nftw(path, open_up_cb, 16, FTW_PHYS);
	(void)nftw(path, remove_cb, 16, FTW_PHYS | FTW_DEPTH);
}

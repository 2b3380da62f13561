/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_mark.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS	400		/* of looking whether they are gone */
#define READ	(256 * 1024)	/* bytes of an environment */

/* The end of a word before it is looked for, too: it is whole, or not there. */
static bool
has_mark(const char *pid, const char *mark, size_t len, char *text)
{
	char path[64];
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	text[0] = '\0';
	n = 1 + fread(text + 1, 1, READ - 1, f);
	fclose(f);
	return memmem(text, n, mark, len) != NULL;
}

/* Returns whether there was one. */
static bool
end_marked(const char *mark, size_t len, char *text)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool found = false;
	pid_t pid;

	while (d != NULL && (e = readdir(d)) != NULL) {
		pid = isdigit((unsigned char)e->d_name[0]) ?
		    (pid_t)strtol(e->d_name, NULL, 10) : 0;
		if (pid <= 0 || pid == getpid() ||
		    !has_mark(e->d_name, mark, len, text))
			continue;
		found = true;
		(void)kill(pid, SIGKILL);
	}
	if (d != NULL)
		closedir(d);
	return found;
}

/* One that has just been started by another is found the next time. */
void
ctl_doctor_mark_end(const char *dir)
{
	const struct timespec moment = { .tv_nsec = 5000000 };
	char mark[PATH_MAX + 64] = "", *text = malloc(READ);
	int i, n;

	n = snprintf(mark + 1, sizeof mark - 1, CTL_DOCTOR_MARK "=%s", dir);
	for (i = 0; text != NULL && n > 0 && (size_t)n + 2 <= sizeof mark &&
	    i < ROUNDS && end_marked(mark, (size_t)n + 2, text); i++)
		(void)nanosleep(&moment, NULL);
	free(text);
}

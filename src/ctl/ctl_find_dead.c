/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_find_dead.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define OLD	60	/* seconds: one that starts listens by then */

static bool
is_refused(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	bool refused = false;

	if (fd == -1)
		return false;
	if (strlen(path) < sizeof at.sun_path) {
		memcpy(at.sun_path, path, strlen(path) + 1);
		refused = connect(fd, (struct sockaddr *)&at, sizeof at) ==
		    -1 && errno == ECONNREFUSED;
	}
	close(fd);
	return refused;
}

/*
 * Whether a process has it, by the kernel's list (proc(5)): it may not listen
 * yet.  Where the list cannot be read one may.
 */
static bool
is_bound(const char *path)
{
	FILE *f = fopen("/proc/net/unix", "re");
	char line[512], *name;
	bool is = false;

	if (f == NULL)
		return true;
	while (!is && fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		name = strchr(line, '/');
		is = name != NULL && strcmp(name, path) == 0;
	}
	fclose(f);
	return is;
}

bool
ctl_find_dead(const char *path)
{
	struct stat st, now;

	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    st.st_uid == geteuid() && st.st_mtime < time(NULL) - OLD &&
	    is_refused(path) && !is_bound(path) &&
	    lstat(path, &now) == 0 && now.st_ino == st.st_ino &&
	    unlink(path) == 0;
}

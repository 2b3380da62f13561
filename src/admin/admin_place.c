/* SPDX-License-Identifier: ISC */
#include "admin/admin_place.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own_dir.h"

static bool
put(char path[ADMIN_PLACE], const char *dir, size_t n, const char *name)
{
	int len = snprintf(path, ADMIN_PLACE, "%.*s/%s", (int)n, dir, name);

	return len > 0 && len < ADMIN_PLACE;
}

/* Named for the port, since one user may have several daemons. */
static void
name_by_port(char name[32], uint16_t port)
{
	if (port != 0)
		snprintf(name, 32, "admin-%u.sock", (unsigned)port);
	else
		snprintf(name, 32, "admin.sock");
}

/* There may be no XDG_RUNTIME_DIR: in containers, by su(1) and cron(8). */
static size_t
of_user(const char *name, char paths[ADMIN_PLACES][ADMIN_PLACE])
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char own[ADMIN_PLACE], other[OWN_DIR];
	size_t n = 0;

	if (dir != NULL && dir[0] == '/' &&
	    put(own, dir, strlen(dir), "sluice")) {
		(void)mkdir(own, 0700);
		n += put(paths[n], own, strlen(own), name);
	}
	own_dir_name(other);
	if (own_dir_have(other) == 0)
		n += put(paths[n], other, strlen(other), name);
	return n;
}

size_t
admin_places(uint16_t port, char paths[ADMIN_PLACES][ADMIN_PLACE])
{
	const char *dir = getenv("RUNTIME_DIRECTORY");	/* systemd's */
	char name[32];

	name_by_port(name, port);
	if (dir != NULL && dir[0] == '/')
		return put(paths[0], dir, strcspn(dir, ":"), "admin.sock");
	dir = "/run/sluice";
	(void)mkdir(dir, 0755);
	if (faccessat(AT_FDCWD, dir, W_OK, AT_EACCESS) == 0)
		return (size_t)put(paths[0], dir, strlen(dir), "admin.sock") +
		    put(paths[1], dir, strlen(dir), name);
	return of_user(name, paths);
}

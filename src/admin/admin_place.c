/* SPDX-License-Identifier: ISC */
#include "admin/admin_place.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

size_t
admin_places(uint16_t port, char paths[ADMIN_PLACES][ADMIN_PLACE])
{
	const char *dir = getenv("RUNTIME_DIRECTORY");	/* systemd's */
	char name[32], own[ADMIN_PLACE];

	name_by_port(name, port);
	if (dir != NULL && dir[0] == '/')
		return put(paths[0], dir, strcspn(dir, ":"), "admin.sock");
	dir = "/run/sluice";
	(void)mkdir(dir, 0755);
	if (faccessat(AT_FDCWD, dir, W_OK, AT_EACCESS) == 0)
		return (size_t)put(paths[0], dir, strlen(dir), "admin.sock") +
		    put(paths[1], dir, strlen(dir), name);
	dir = getenv("XDG_RUNTIME_DIR");
	if (dir == NULL || dir[0] != '/' ||
	    !put(own, dir, strlen(dir), "sluice"))
		return 0;
	(void)mkdir(own, 0700);
	return put(paths[0], own, strlen(own), name);
}

/* SPDX-License-Identifier: ISC */
#include "net/resolve_system.h"

#include <string.h>

#define FILE_OF_SYSTEM	"/etc/resolv.conf"	/* which c-ares reads */

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool
resolve_system_changed(struct resolve_system *s)
{
	struct stat before = s->seen;

	if (stat(FILE_OF_SYSTEM, &s->seen) == -1)
		memset(&s->seen, 0, sizeof s->seen);
	return !is_same(&before, &s->seen);
}

/* SPDX-License-Identifier: ISC */
#include "base/own_dir.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void
own_dir_name(char dir[OWN_DIR])
{
	snprintf(dir, OWN_DIR, "/tmp/sluice-%lu", (unsigned long)geteuid());
}

bool
own_dir_is(const char *dir)
{
	struct stat st;

	return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int
own_dir_have(const char *dir)
{
	if (mkdir(dir, 0755) == -1 && errno != EEXIST)
		return errno;
	return own_dir_is(dir) ? 0 : EEXIST;
}

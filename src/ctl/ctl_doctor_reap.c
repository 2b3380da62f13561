/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_doctor_reap.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

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

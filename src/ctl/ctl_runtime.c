/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl_fail.h"

bool
ctl_runtime_is_own(const char *dir)
{
	struct stat st;

	return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Returns 0, or why not: EEXIST where it is another's. */
static int
have(const char *dir)
{
	if (mkdir(dir, 0755) == -1 && errno != EEXIST)
		return errno;
	return ctl_runtime_is_own(dir) ? 0 : EEXIST;
}

/*
 * /run/sluice is a daemon's, whose user root is not to trust.  One in /tmp may
 * have been put there by somebody else before.
 */
int
ctl_runtime(const struct ctl *c, char dir[PATH_MAX])
{
	const char *own = getenv("XDG_RUNTIME_DIR");
	int error;

	if (geteuid() == 0)
		snprintf(dir, PATH_MAX, "/run/sluice-root");
	else if (own != NULL && own[0] == '/')
		snprintf(dir, PATH_MAX, "%s/sluice", own);
	else
		dir[0] = '\0';
	if (dir[0] != '\0' && have(dir) == 0)
		return CTL_DONE;
	snprintf(dir, PATH_MAX, "/tmp/sluice-%lu", (unsigned long)geteuid());
	if ((error = have(dir)) == 0)
		return CTL_DONE;
	if (error != EEXIST)
		return ctl_fail(c, CTL_FAILED, "%s: %s", dir,
		    strerror(error));
	return ctl_fail(c, CTL_FAILED, "%s: expected a directory of one's own "
	    "that others cannot write to", dir);
}

/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl_fail.h"

/*
 * /run/sluice is a daemon's, whose user root is not to trust.  That in /tmp must
 * be the user's, or another one could have put it there before.
 */
int
ctl_runtime(const struct ctl *c, char dir[PATH_MAX])
{
	const char *own = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (geteuid() == 0)
		snprintf(dir, PATH_MAX, "/run/sluice-root");
	else if (own != NULL && own[0] == '/')
		snprintf(dir, PATH_MAX, "%s/sluice", own);
	else
		snprintf(dir, PATH_MAX, "/tmp/sluice-%lu",
		    (unsigned long)geteuid());
	if (mkdir(dir, 0755) == -1 && errno != EEXIST)
		return ctl_fail(c, CTL_FAILED, "%s: %s", dir,
		    strerror(errno));
	if (lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & S_IWOTH) == 0)
		return CTL_DONE;
	return ctl_fail(c, CTL_FAILED, "%s: expected a directory of one's "
	    "own that others cannot write to", dir);
}

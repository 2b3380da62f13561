/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own_dir.h"
#include "ctl/ctl_fail.h"

/*
 * /run/sluice is a daemon's, whose user root is not to trust.
 */
int
ctl_runtime(const struct ctl *c, char dir[PATH_MAX])
{
	const char *own = getenv("XDG_RUNTIME_DIR");
	char other[OWN_DIR];
	int error;

	if (geteuid() == 0)
		snprintf(dir, PATH_MAX, "/run/sluice-root");
	else if (own != NULL && own[0] == '/')
		snprintf(dir, PATH_MAX, "%s/sluice", own);
	else
		dir[0] = '\0';
	if (dir[0] != '\0' && own_dir_have(dir) == 0)
		return CTL_DONE;
	own_dir_name(other);
	snprintf(dir, PATH_MAX, "%s", other);
	if ((error = own_dir_have(dir)) == 0)
		return CTL_DONE;
	if (error != EEXIST)
		return ctl_fail(c, CTL_FAILED, "%s: %s", dir,
		    strerror(error));
	return ctl_fail(c, CTL_FAILED, "%s: expected a directory of one's own "
	    "that others cannot write to", dir);
}

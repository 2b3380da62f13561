/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_daemon_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl_fail.h"
#include "ctl/ctl_json.h"

int
ctl_daemon_file(const struct ctl_daemon *d, char *path, size_t size, char **name)
{
	json_t *status = NULL;
	const char *given;
	int error = ctl_ask(d, "GET", "/v1/status", NULL, &status);

	if (error != CTL_DONE)
		return error;
	given = ctl_string(ctl_member(status, "configuration"), "path", NULL);
	if (given == NULL) {
		json_decref(status);
		return ctl_fail(d->ctl, CTL_FAILED, "the daemon has no file");
	}
	snprintf(path, size, "/proc/%lld/cwd/%s", ctl_integer(status, "pid"),
	    given);
	if (given[0] == '/' || access(path, R_OK) != 0)
		snprintf(path, size, "%s", given);
	*name = strdup(given);
	json_decref(status);
	return *name != NULL ? CTL_DONE : ctl_fail(d->ctl, CTL_FAILED,
	    "out of memory");
}

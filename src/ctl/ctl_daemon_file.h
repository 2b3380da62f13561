/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DAEMON_FILE_H
#define SLUICE_CTL_DAEMON_FILE_H

#include "ctl/ctl_ask.h"

/*
 * Finds the configuration of a daemon, whose path may be one of its own
 * directory's: its name, to be freed, and how it is reached here.  Returns
 * CTL_DONE, or the exit status, having said why.
 */
int		 ctl_daemon_file(const struct ctl_daemon *, char *path,
		    size_t size, char **name);

#endif

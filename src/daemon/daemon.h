/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DAEMON_H
#define SLUICE_DAEMON_H

/*
 * Runs sluice by the configuration in that file until it is told to end, as who
 * it is by rights_begin().  Returns the process's exit status.
 */
int		 daemon_run(const char *path);

#endif

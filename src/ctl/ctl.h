/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_H
#define SLUICE_CTL_H

/*
 * The program's commands: they talk to a running daemon on its control socket,
 * or look at a configuration alone.
 */

enum ctl_exit {
	CTL_DONE = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
	CTL_NOT_REACHABLE = 3,
	CTL_NO_HOST = 4,
	CTL_WRONG_CONF = 5,
	CTL_TIMED_OUT = 6,
};

/*
 * Runs the command that argv[1] names.  Returns the process's exit status; -1
 * where it is none of its own: then the program goes on as the daemon.
 */
int		 ctl_run(int argc, char **argv);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_EXIT_H
#define SLUICE_CTL_EXIT_H

/* The exit statuses of commands. */
enum ctl_exit {
	CTL_DONE = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
	CTL_NOT_REACHABLE = 3,
	CTL_NO_HOST = 4,
	CTL_WRONG_CONF = 5,
	CTL_TIMED_OUT = 6,
};

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_EXEC_H
#define SLUICE_CTL_EXEC_H

#include "ctl/ctl_command.h"

/* "sluice exec": a program that uses the daemon, or one of its own. */
int		 ctl_exec(struct ctl *);

/* Exit statuses, as env(1) and timeout(1) have them. */
#define CTL_EXEC_OURS		125	/* sluice itself has failed */
#define CTL_EXEC_CANNOT		126	/* the program cannot be run */
#define CTL_EXEC_ABSENT		127	/* there is none */
#define CTL_EXEC_SIGNAL		128	/* and the signal that has ended it */

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SANDBOX_H
#define SLUICE_SANDBOX_H

#include <stdbool.h>

/*
 * A filter of system calls (seccomp): from then on all threads of the process,
 * and those to come, have those that a proxy needs which has started and bound
 * its addresses; reloads, log files and new threads included.  All others fail
 * with ENOSYS, or EPERM for what would start a program or reach into another
 * process.  It cannot be taken off.
 */

/*
 * Returns false with *why, not to be freed, where there is no such filter: the
 * process goes on without.
 */
bool		 sandbox_enter(const char **why)
		    __attribute__((warn_unused_result));

#endif

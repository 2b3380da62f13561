/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_PROCESS_H
#define SLUICE_CTL_DOCTOR_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct ctl_doctor_process {
	pid_t	parent;
	pid_t	session;
};

/*
 * Takes what the kernel tells of the process with that number, a name in
 * /proc.  Returns false where there is none, or it may not be looked at.
 */
bool		 ctl_doctor_process(const char *pid,
		    struct ctl_doctor_process *process)
		    __attribute__((warn_unused_result));

#endif

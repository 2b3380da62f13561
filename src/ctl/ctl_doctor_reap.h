/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_REAP_H
#define SLUICE_CTL_DOCTOR_REAP_H

#include <sys/types.h>

/*
 * Programs that are tried leave nothing behind: neither processes, however they
 * have made off, nor files.
 */

/* Makes this process the parent of what they start and leave. */
void		 ctl_doctor_reap_begin(void);
/* Ends a group of processes, and returns when there is none of it. */
void		 ctl_doctor_reap_group(pid_t);
/*
 * Ends the children that they have left, but one that is none of theirs; and
 * none that this process was started with.
 */
void		 ctl_doctor_reap_rest(pid_t but);
/* Removes a directory with all in it. */
void		 ctl_doctor_reap_dir(const char *);

#endif

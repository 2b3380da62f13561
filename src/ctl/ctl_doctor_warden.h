/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_WARDEN_H
#define SLUICE_CTL_DOCTOR_WARDEN_H

#include <sys/types.h>

/*
 * A process beside us that is the parent of one program that is tried, and of
 * all that this starts and leaves, however that makes off: in a session of its
 * own, without its environment, with a parent that has ended.  It ends all of
 * it when the program ends, when it is told to, and when we are killed.
 */

/*
 * Starts both.  become is called in the program's process, which it replaces
 * or ends; its session has the warden's number.  keep is the one descriptor
 * that the warden keeps open until nothing is left.  Returns the warden, or
 * -1 with errno; it is a child of ours that ends as the program did: with its
 * status, or with 128 and its signal.
 */
pid_t		 ctl_doctor_warden_start(void (*become)(void *), void *,
		    int keep);
/* Tells it to end all of it.  It is to be waited for. */
void		 ctl_doctor_warden_end(pid_t);

#endif

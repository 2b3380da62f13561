/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_EXEC_GROUP_H
#define SLUICE_CTL_EXEC_GROUP_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Whether a signal was for our whole process group, in which the program is,
 * too: passed on, it would come to that a second time, and to many programs a
 * second one means to end at once.  No field of a signal tells, but a process
 * of the group does that does nothing but wait for signals.
 */
struct ctl_exec_group {
	pid_t	 witness;	/* -1: there is none */
	int	 line;		/* to it; whose end is its end */
};

/*
 * Begins to look, from here on.  Where that cannot be had nothing is ever told
 * to have been for the group.
 */
void		 ctl_exec_group_begin(struct ctl_exec_group *);
/*
 * Returns whether the signal, which has come to us, has come to the group, too.
 * Each that has is told of once.
 */
bool		 ctl_exec_group_had(struct ctl_exec_group *, int sig);
/* Ends the witness, and returns when it is gone. */
void		 ctl_exec_group_end(struct ctl_exec_group *);

#endif

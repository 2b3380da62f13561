/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_NEXT_H
#define SLUICE_NEXT_H

#include <signal.h>
#include <sys/types.h>

#include "daemon/keeper_sockets.h"

/*
 * This program, started again: by a keeper, or by the launcher of a process that
 * may start none itself.
 */

/* What the process gets.  mask: the signals that are blocked in it. */
struct next {
	struct kept_sockets *sockets;
	int			 channel;	/* its end of a keeper's; -1 */
	const sigset_t		*mask;
};

/* In a child: becomes that, with a handover's end, or -1. */
void		 next_become(const struct next *, int handover)
		    __attribute__((noreturn));

/*
 * Starts it to take over from the process at the other end of a socket, who is
 * told that it was started, or why it was not (starter_words.h).  Returns its
 * number, or -1.
 */
pid_t		 next_start(const struct next *, int tell);

/* Tells that it has ended, with that status of waitpid(). */
void		 next_tell_ended(int tell, int status);

#endif

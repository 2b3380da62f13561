/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_EXEC_OWN_H
#define SLUICE_CTL_EXEC_OWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "ctl/ctl_command.h"
#include "ctl/ctl_find.h"

/* Bytes of the directory's name, below which there is to be a socket. */
#define CTL_EXEC_DIR	((int)(CTL_SOCKET - sizeof "/admin.sock"))

#define CTL_EXEC_PROBES	"probes"	/* a directory, where there is one */

/*
 * What a run of "sluice exec" has of its own: a directory, and a daemon where
 * none runs.  A process beside it takes both away when it ends, in whichever
 * way, since one that was killed cannot.
 */
struct ctl_exec_own {
	char			 dir[CTL_EXEC_DIR];
	struct ctl_place	 place;		/* of the daemon; or "" */
	pid_t			 attendant;
	int			 line;		/* to that; what it sees end */
};

/*
 * Makes the directory, and has a daemon started there where one is wanted, of
 * that configuration (NULL: one that knows the presets and nothing else);
 * returns when that one takes requests.  Returns CTL_DONE, or the exit status,
 * having said why: nothing is left then.
 */
int		 ctl_exec_own_begin(const struct ctl *, bool wanted,
		    const char *file, struct ctl_exec_own *);
/* Ends all of it, and returns when nothing is left. */
void		 ctl_exec_own_end(struct ctl_exec_own *);

#endif

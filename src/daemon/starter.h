/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STARTER_H
#define SLUICE_STARTER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Who starts this program again for a process that may start none any more (it
 * has no right to, sandbox.h): its keeper, or a launcher that was made before.
 * From the main thread.
 */

struct listeners;

/*
 * Makes a launcher where there is no keeper; logs where that cannot be.  After
 * what was handed over was taken, of which it is to have nothing, and before the
 * environment has lost what the next process is to find there.
 */
void		 starter_begin(void);
/* Returns what to watch: it has news, or an end; -1: there is nobody. */
int		 starter_fd(void);
void		 starter_close(void);

/* Returns whether it was asked to start the program again, with these. */
bool		 starter_ask(const struct listeners *)
		    __attribute__((warn_unused_result));
/* That process is to be killed. */
void		 starter_kill(void);
/* That process has taken over. */
void		 starter_done(void);

enum starter_news {
	STARTER_NOTHING,
	STARTER_IS_GONE,	/* nobody starts anything any more */
	STARTER_HAS_STARTED,	/* pid, and a socket to it, the caller's */
	STARTER_HAS_FAILED,	/* it has ended, or was not started: why */
};

struct starter_told {
	pid_t	 pid;
	int	 fd;
	char	 why[128];
};

enum starter_news starter_take(struct starter_told *);

#endif

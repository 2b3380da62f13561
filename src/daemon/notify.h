/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_NOTIFY_H
#define SLUICE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define NOTIFY_TEXT	256	/* bytes of what is said at once, with its end */

/*
 * What a service manager is told, by the protocol of sd_notify(3): datagrams to
 * the socket that NOTIFY_SOCKET names, or messages to our keeper, who sends
 * them there (kept.h): a manager believes only whom it has started.  There is
 * one for a process; from the main thread.  Nothing here waits: a state that is
 * not taken now is sent again by notify_again(), anything else is forgotten.
 */

/*
 * Reads what the environment says (NOTIFY_SOCKET, WATCHDOG_USEC and
 * WATCHDOG_PID), and takes it away from there: children are not to speak for
 * us.  Where a socket cannot be used that is logged.
 */
void		 notify_open(void);
void		 notify_close(void);

/*
 * For a keeper: what its child says goes the keeper's way.  notify_inherit()
 * puts back into the environment what the child is to find there, and returns
 * false without memory; notify_pass() sends what came from it.
 */
bool		 notify_inherit(void) __attribute__((warn_unused_result));
void		 notify_pass(const char *text);

/* Returns whether anybody is to be told. */
bool		 notify_wanted(void);
/* Returns within what time (ns) notify_alive() is expected; 0: it is not. */
uint64_t	 notify_watchdog(void);

/* States.  Stopping is the last: after that none is told. */
void		 notify_ready(void);
void		 notify_reloading(void);
void		 notify_stopping(void);
/*
 * Another process is the service from now on, and speaks for it; we do not any
 * more.
 */
void		 notify_leave(pid_t);
/* Sends a state that nobody took. */
void		 notify_again(void);

/* A line for people. */
void		 notify_status(const char *, ...)
		    __attribute__((format(printf, 1, 2)));
void		 notify_alive(void);
/* What goes on now (a stop) takes for ns more, at most. */
void		 notify_extend(uint64_t ns);

#endif

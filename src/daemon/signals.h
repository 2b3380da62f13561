/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SIGNALS_H
#define SLUICE_SIGNALS_H

/* Signals, blocked in all threads and read by the main one. */

struct reloader;

/*
 * Has those wait that are for a daemon that runs and would end one that starts
 * (SIGHUP, SIGUSR1); those that end it may do so at once.
 */
void		 signals_defer(void);
/*
 * Blocks all that are read, for the threads to come, too.  Returns a descriptor
 * that does not block, or -1 with errno.
 */
int		 signals_open(void);
/*
 * Does what the next signal that has come asks for, if there is one: SIGHUP a
 * reload, SIGUSR1 new log files, SIGTERM and SIGINT an end, at once the second
 * time.
 */
void		 signals_take(int fd, struct reloader *);

/* Begins to end, since there is nobody who would see us fail. */
void		 signals_keeper_gone(struct reloader *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SIGNALS_H
#define SLUICE_SIGNALS_H

/* Signals, blocked in all threads and read by the main one. */

struct reloader;
struct upgrade;

/*
 * Blocks all that are read, for the threads to come, too.  Returns a descriptor
 * that does not block, or -1 with errno.
 */
int		 signals_open(void);
/*
 * Does what the next signal that has come asks for, if there is one: SIGHUP a
 * reload, SIGUSR1 new log files, SIGUSR2 an upgrade, SIGTERM and SIGINT an end,
 * at once the second time.
 */
void		 signals_take(int fd, struct reloader *, struct upgrade *);

/*
 * Has nothing be left of a child that ends: a launcher that was killed, or an
 * orphan that is the child of a container's first process.  From when no more
 * are started.
 */
void		 signals_bury(void);

/* Begins to end, as SIGTERM has it, and says why. */
void		 signals_end(struct reloader *, const char *why);

#endif

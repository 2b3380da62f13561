/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RELOAD_H
#define SLUICE_RELOAD_H

/* What SIGHUP and SIGUSR1 ask for, on the main thread. */

struct conf;
struct hosts;
struct workers;

/*
 * Reads the file of the current configuration again, and puts what it has in
 * that one's place, for all threads.  Where anything is wrong with it, that is
 * logged, and all stays as it is.
 */
void		 reload(struct conf **current, struct hosts *,
		    struct workers *);

/* Opens the log files anew; one that cannot be opened stays as it was. */
void		 reload_logs(const struct conf *);

#endif

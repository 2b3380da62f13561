/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LOAD_H
#define SLUICE_LOAD_H

#include <stdbool.h>

/*
 * A configuration with all that it names.  A start, a reload and --test say the
 * same of a file, because it is said here.
 */

struct conf;

/*
 * From now on all that are read are for a daemon that a program has to itself
 * (conf_private.h), with its socket in that directory, which stays the
 * caller's.
 */
void		 load_privately(const char *dir);
/* Returns whether that is so. */
bool		 load_is_private(void);

/*
 * Reads it; again: it was read before, and need not be there as a pipe.
 * Returns NULL with *cause, to be freed, or NULL for want of memory.
 */
struct conf	*load_conf(const char *path, bool again, char **cause);

/*
 * Sets the level of the log that it has.  What a program's own daemon says of
 * its start and its end, while it does not run, is nobody's interest.
 */
void		 load_log_level(const struct conf *, bool runs);

/* Says line by line what is no error in it, but may not be meant. */
void		 load_warnings(const struct conf *,
		    void (*line)(const char *, void *), void *arg);
/* A line of those, logged. */
void		 load_log_warning_cb(const char *line, void *);

/*
 * Gives its rules the numbers of their counters, before other threads see it,
 * and notes that it is in force from now on; from the main thread.
 */
void		 load_series(struct conf *);

/*
 * Opens the files that it has logs go to, anew.  Returns false with *cause
 * where one of them stays as it was.
 */
bool		 load_open_logs(const struct conf *, char **cause);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ACCESS_H
#define SLUICE_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "exchange/access_line.h"

/*
 * The access log: one line for each exchange that ended, as text or JSON. Each
 * thread collects lines and hands them over when its events at hand are done;
 * a thread writes them, and nobody else ever waits for that (log_sink.h).
 */

struct access_log;
struct loop;

/*
 * Opens the log file that the configuration names, for all workers.  Returns
 * false with *cause set (to be freed) when that is not possible: the one that
 * was open stays.  Called again to reopen; from the main thread.
 */
bool		 access_open(const struct conf *, char **cause)
		    __attribute__((warn_unused_result));
/*
 * Returns whether access_open() would open it, as far as one can tell, and does
 * not open it; *cause is set as there.
 */
bool		 access_test(const struct conf *, char **cause)
		    __attribute__((warn_unused_result));
/* Writes what is left, as long as somebody takes it; workers have ended. */
void		 access_close(void);

/*
 * A thread's, by a configuration that stays until access_reload().  Returns
 * NULL without memory.
 */
struct access_log *access_new(struct loop *, const struct conf *);
void		 access_reload(struct access_log *, const struct conf *);
/* Writes what is left. */
void		 access_free(struct access_log *);

/* Returns whether lines are written at all: making one is not free. */
bool		 access_enabled(const struct access_log *);
void		 access_write(struct access_log *, const struct access_line *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LOG_H
#define SLUICE_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/log_level.h"

/*
 * Diagnostics: one line each on standard error or in a file, with time and
 * level.  Safe from any thread, and never waits (log_sink.h).  What comes from
 * a peer is escaped; no credential is ever passed here.
 */

/* Lines below that level are not written from now on; info to begin with. */
void	 log_set_level(enum log_level);
/* Returns whether lines of that level are written. */
int	 log_enabled(enum log_level);

/* Log one line, without its end: at that level, or at the one they name. */
void	 log_at(enum log_level, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
/*
 * The same for what its caller tells as an event of its own: lines at warn and
 * above are told as warnings by themselves (events.h).
 */
void	 log_told(enum log_level, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
void	 log_error(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_info(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_debug(const char *, ...) __attribute__((format(printf, 1, 2)));

/*
 * From now on lines go to that file, or where path is NULL to standard error
 * again; called again it opens the file anew.  Returns false, with *cause (to
 * be freed, or NULL), when it cannot: lines then go where they went before.
 */
bool	 log_open(const char *path, char **cause)
	    __attribute__((warn_unused_result));
/* Waits until all lines are written, as long as somebody takes them. */
void	 log_flush(void);

/*
 * Logs at error level and exits with 1.  Where lines go to a file, standard
 * error gets this one, too: whoever started the process looks there.
 */
void	 fatal(const char *, ...) __attribute__((format(printf, 1, 2)))
	    __attribute__((noreturn));

#endif

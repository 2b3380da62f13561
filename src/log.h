/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LOG_H
#define SLUICE_LOG_H

#include <stdarg.h>

/*
 * Diagnostics: one line each on standard error, with time and level.  Safe
 * from any thread.  What comes from a peer is escaped; no credential is ever
 * passed here.
 */

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

void	 log_set_level(enum log_level);
int	 log_enabled(enum log_level);
void	 log_error(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_info(const char *, ...) __attribute__((format(printf, 1, 2)));
void	 log_debug(const char *, ...) __attribute__((format(printf, 1, 2)));
/* Logs at error level and exits with 1. */
void	 fatal(const char *, ...) __attribute__((format(printf, 1, 2)))
	    __attribute__((noreturn));

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_WARNINGS_H
#define SLUICE_CONF_WARNINGS_H

#include "conf/conf.h"

/*
 * What is no error, but may well not be what was meant.  Each is one line
 * ("FILE:LINE:COLUMN: KEY: ..."), given to line() with arg.
 */
void		 conf_warnings(const struct conf *,
		    void (*line)(const char *, void *), void *arg);

/* Such a line about a place in the file (or none) and a key. */
void		 conf_warn(const struct conf *, struct place,
		    void (*line)(const char *, void *), void *arg,
		    const char *fmt, ...)
		    __attribute__((format(printf, 5, 6)));

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_LOAD_H
#define SLUICE_CONF_LOAD_H

#include "conf/conf.h"

/* A configuration out of a file. */

/*
 * Reads and validates a file, or what comes through a pipe within 10 s.  NULL
 * on any error, with *cause set to one line without line end
 * ("FILE:LINE:COLUMN: KEY: expected ..., did you mean ...?"), to be freed by
 * the caller.  The reference is the caller's.
 */
struct conf	*conf_load(const char *path, char **cause)
		    __attribute__((warn_unused_result));

/* The same for a reload: a file only, and so without waiting for anybody. */
struct conf	*conf_load_again(const char *path, char **cause)
		    __attribute__((warn_unused_result));

/*
 * What is in the file, to be freed; *size is in bytes.  NULL with *cause as by
 * conf_load().
 */
char		*conf_load_text(const char *path, size_t *size,
		    char **cause) __attribute__((warn_unused_result));

#endif

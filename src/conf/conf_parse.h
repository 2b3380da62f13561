/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_PARSE_H
#define SLUICE_CONF_PARSE_H

#include "conf/conf.h"

/* A configuration out of text. */

/*
 * Reads and validates it; name stands for the file in errors.  NULL on any
 * error, with *cause set as by conf_load().  The reference is the caller's.
 */
struct conf	*conf_parse(const char *name, const char *text, size_t len,
		    char **cause) __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_PARENT_H
#define SLUICE_CONF_PARENT_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf_walk.h"

/* The parent, of all hosts or of a rule's: its keys, and its password. */

/*
 * A URL, a mapping or direct, into a struct parent * that the configuration
 * owns.
 */
conf_reader	 conf_parent_read;
/* The URL, into a struct parent. */
conf_reader	 conf_parent_url;

/* As text for people; no user is ever in it. */
void		 conf_parent_print(FILE *, const struct conf_option *,
		    const void *field);

/*
 * Reads the passwords of all parents.  Returns false with *cause, to be freed,
 * or NULL without memory, where a file cannot be read or holds no password.
 */
bool		 conf_parent_load(struct conf *, char **cause)
		    __attribute__((warn_unused_result));

/* Says in a line each when others can read such a file. */
void		 conf_parent_warnings(const struct conf *,
		    void (*line)(const char *, void *), void *arg);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_USERS_H
#define SLUICE_CONF_USERS_H

#include <stdbool.h>

#include "conf/conf.h"

/* Who may use the proxy, by name and password. */

/*
 * Reads the file that access.users names, if it does, into the configuration.
 * Returns false with *cause set (to be freed) when it cannot be read or is no
 * such file, or a rule needs one and there is none; *cause is NULL when memory
 * ran out.
 */
bool		 conf_users_load(struct conf *, char **cause)
		    __attribute__((warn_unused_result));

/* Tells one line where others can read the file, and where it has nobody. */
void		 conf_users_warnings(const struct conf *,
		    void (*line)(const char *, void *), void *arg);

#endif

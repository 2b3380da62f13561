/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_STORE_H
#define SLUICE_CONF_STORE_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf_walk.h"

/* The store in which proxies share budgets: its keys, and its passwords. */

/* The mapping; its keys are read into the same struct. */
conf_reader	 conf_store_read;
/* The URL, into a struct store; none of it is ever in an error. */
conf_reader	 conf_store_url;
/* Addresses of sentinels, the same. */
conf_reader	 conf_store_sentinels;

/* As text for people, without user and password. */
void		 conf_store_print(FILE *, const struct conf_option *,
		    const void *field);

/*
 * Reads its passwords.  Returns false with *cause, to be freed, or NULL without
 * memory, where a file cannot be read or holds no password.
 */
bool		 conf_store_load(struct conf *, char **cause)
		    __attribute__((warn_unused_result));

/* Says in a line each when others can read a password. */
void		 conf_store_warnings(const struct conf *,
		    void (*line)(const char *, void *), void *arg);

#endif

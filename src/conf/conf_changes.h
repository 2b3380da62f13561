/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_CHANGES_H
#define SLUICE_CONF_CHANGES_H

#include "conf/conf.h"
#include "conf/conf_option.h"

/* What a new configuration changes only at a restart. */

/*
 * Calls line() with a text for each key that differs between the two but only
 * takes effect at a restart ("workers: 1 -> 4 takes effect at a restart").
 */
void		 conf_changes(const struct conf *old, const struct conf *new,
		    void (*line)(const char *, void *), void *arg);

/*
 * The value that an option of struct conf has, as text for people, to be
 * freed; empty for a mapping and for any other option.
 * NULL without memory.
 */
char		*conf_option_text(const struct conf_option *,
		    const struct conf *);

#endif

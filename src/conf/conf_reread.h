/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_REREAD_H
#define SLUICE_CONF_REREAD_H

#include "conf/conf.h"

/* In what a configuration differs from the one that it takes the place of. */

/* How many of what. */
struct conf_reread {
	size_t	 came;		/* rules of hosts: */
	size_t	 went;
	size_t	 changed;
	size_t	 options;	/* values elsewhere */
	size_t	 files;		/* with secrets, of the same names */
};

/*
 * Calls line() with a text for each value that differs in the two files
 * ("hosts.api.test.capacity: 5 -> 6"), as `sluice diff` words it, but for those
 * that take effect at a restart only (conf_changes.h); and counts, these with
 * them.  Of files with passwords, users or a token that changed it is told that
 * they did.  Of a configuration that is out of no file nothing is told.
 */
void		 conf_reread(const struct conf *old, const struct conf *new,
		    void (*line)(const char *, void *), void *arg,
		    struct conf_reread *);

/*
 * Puts into buf, and returns, how many these are: "3 rules changed, 1 new, 2
 * gone, 4 other options changed, 1 file changed"; "nothing changed".
 */
#define CONF_REREAD	192
const char	*conf_reread_text(char buf[CONF_REREAD],
		    const struct conf_reread *);

#endif

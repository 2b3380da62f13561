/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_DIFF_H
#define SLUICE_CONF_DIFF_H

#include "conf/conf_yaml.h"

/*
 * In what two configurations differ, by what they say; how they are laid out,
 * comments and the order of keys do not count.
 */

#define CONF_DIFF_PATH	1024	/* bytes of a path, with its end */
#define CONF_DIFF_TEXT	256	/* bytes of a value, with its end */

/* A value that differs; was or is: NULL where it is not there. */
typedef void	 conf_diff_told(const char *path, const char *was,
		    const char *is, void *);

/*
 * Calls fn for each value that differs, by a path such as
 * "hosts.api.example.com.rates[0].capacity".  What only one of the two has is
 * told once, as a whole, and cut where it is long.
 */
void		 conf_diff(const struct conf_node *was,
		    const struct conf_node *is, conf_diff_told *, void *arg);

#endif

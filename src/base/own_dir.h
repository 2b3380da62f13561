/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_OWN_DIR_H
#define SLUICE_OWN_DIR_H

#include <stdbool.h>

#define OWN_DIR	40	/* bytes of the path, with its end */

/*
 * The directory that a user has where nobody has made one: /tmp/sluice-UID.
 * Somebody else may have put one there before.
 */
void		 own_dir_name(char dir[OWN_DIR]);

/*
 * Whether it is a directory of the user's own, and nobody else may write there:
 * what is in it would be whoever's that may.
 */
bool		 own_dir_is(const char *dir);

/*
 * Finds, or makes, such a one.  Returns 0, or why not, a number of errno's:
 * EEXIST where it is another's.
 */
int		 own_dir_have(const char *dir)
		    __attribute__((warn_unused_result));

#endif

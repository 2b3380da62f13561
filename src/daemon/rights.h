/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RIGHTS_H
#define SLUICE_RIGHTS_H

#include <stdbool.h>

/*
 * As whom the process runs.  Started by root, it becomes another user before it
 * reads anything, so that what it finds and makes is found and may be changed
 * again by that user, in reloads, too.  Only to bind its addresses it is root
 * for a moment; then root is given up for good.  From the main thread, while
 * the process starts.
 */

/*
 * To be called first.  No program that is started from here on gains rights by
 * its file.  Becomes the user, NAME or NAME:GROUP, by names or numbers (NULL:
 * stays who it is), with the groups that the user has; a GROUP that is named is
 * the only one.  Returns false with *cause, to be freed: then the process is
 * to end.
 */
bool		 rights_begin(const char *user, char **cause)
		    __attribute__((warn_unused_result));

/*
 * Around the binding of addresses.  Files that are made in between belong to
 * the user, too.
 */
void		 rights_bind_begin(void);
void		 rights_bind_end(void);

/*
 * Gives up what root has, in all threads, and tries in vain to have it again.
 * Ends the process where that is not so.
 */
void		 rights_end(void);

#endif

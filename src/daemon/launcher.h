/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LAUNCHER_H
#define SLUICE_LAUNCHER_H

/*
 * A process that is made before this one gives up the right to start any, and
 * does nothing but start this program again where that asks it to, by the words
 * of starter_words.h; as the same user, and without root.  It ends when we do.
 */

/* Makes it.  Returns a socket to it; -1, with errno, where that cannot be. */
int		 launcher_begin(void);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_FIND_DEAD_H
#define SLUICE_CTL_FIND_DEAD_H

#include <stdbool.h>

/*
 * Takes a socket away that a daemon of this user's has left which was killed.
 * Returns false, and leaves it, where there is any doubt: it is another user's,
 * new, or some process still has it.
 */
bool		 ctl_find_dead(const char *path);

#endif

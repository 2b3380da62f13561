/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_FIND_H
#define SLUICE_CTL_FIND_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/ctl_command.h"

/*
 * Which daemon is meant: the first of these that is said decides.
 *
 *	--socket PATH
 *	-c FILE: the socket that this configuration has
 *	SLUICE_SOCKET
 *	the only one that answers of those in the default places
 */

#define CTL_SOCKET	108	/* bytes of a socket's path, with its end */

/* Where a daemon is. */
struct ctl_place {
	char		 path[CTL_SOCKET];
};

/*
 * Finds it.  Returns CTL_DONE; or else the exit status, having said what was
 * looked for where, or among which one has to choose.
 */
int		 ctl_find(const struct ctl *, struct ctl_place *);
/*
 * Returns whether it has to be found: one is said, or answers in a default
 * place, or is that of a configuration and answers.  Says only where one is
 * there that may not be asked.
 */
bool		 ctl_find_any(const struct ctl *);

#endif

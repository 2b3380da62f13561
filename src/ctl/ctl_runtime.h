/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_RUNTIME_H
#define SLUICE_CTL_RUNTIME_H

#include <limits.h>
#include <stdbool.h>

#include "ctl/ctl_command.h"

/*
 * Whether it is a directory of the user's own, and nobody else may write there:
 * what is in it would be whoever's that may.
 */
bool		 ctl_runtime_is_own(const char *dir);

/*
 * Finds, or makes, such a one that is there as long as the machine runs:
 * /run/sluice-root for root, $XDG_RUNTIME_DIR/sluice, or /tmp/sluice-UID where
 * that cannot be had.  Returns CTL_DONE, or the exit status, having said why.
 */
int		 ctl_runtime(const struct ctl *, char dir[PATH_MAX]);

#endif

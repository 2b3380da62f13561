/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_RUNTIME_H
#define SLUICE_CTL_RUNTIME_H

#include <limits.h>

#include "ctl/ctl_command.h"

/*
 * Finds, or makes, the directory of a user's own that is there as long as the
 * machine runs: /run/sluice for root, $XDG_RUNTIME_DIR/sluice, or one in /tmp.
 * Returns CTL_DONE, or the exit status, having said why.
 */
int		 ctl_runtime(const struct ctl *, char dir[PATH_MAX]);

#endif

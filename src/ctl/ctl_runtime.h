/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_RUNTIME_H
#define SLUICE_CTL_RUNTIME_H

#include <limits.h>

#include "ctl/ctl_command.h"

/*
 * Finds, or makes, a directory of the user's own (base/own_dir.h) that is there
 * as long as the machine runs:
 * /run/sluice-root for root, $XDG_RUNTIME_DIR/sluice, or /tmp/sluice-UID where
 * that cannot be had.  Returns CTL_DONE, or the exit status, having said why.
 */
int		 ctl_runtime(const struct ctl *, char dir[PATH_MAX]);

#endif

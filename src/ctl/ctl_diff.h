/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DIFF_H
#define SLUICE_CTL_DIFF_H

#include "ctl/ctl_command.h"

/*
 * sluice diff [FILE]: in what another configuration differs from the one that
 * the daemon was given; or that one, as it is now, from the limits that hold.
 */
int		 ctl_diff(struct ctl *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_CHECK_H
#define SLUICE_CTL_CHECK_H

#include "ctl/ctl_command.h"

/*
 * sluice check FILE [URL]: whether a configuration is good, without a daemon;
 * and what it says of a request, as far as an idle host can tell.
 */
int		 ctl_check(struct ctl *);

#endif

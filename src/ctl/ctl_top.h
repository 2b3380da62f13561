/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_TOP_H
#define SLUICE_CTL_TOP_H

#include "ctl/ctl_command.h"

/*
 * sluice top: the hosts as they change, the worst first; where standard output
 * is no terminal, once.
 */
int		 ctl_top(struct ctl *);

#endif

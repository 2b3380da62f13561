/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_ENV_H
#define SLUICE_CTL_ENV_H

#include "ctl/ctl_command.h"

/* "sluice env": the variables that have programs use the daemon. */
int		 ctl_env(struct ctl *);

#endif

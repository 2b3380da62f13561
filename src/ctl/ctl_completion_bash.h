/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_COMPLETION_BASH_H
#define SLUICE_CTL_COMPLETION_BASH_H

#include <stdio.h>

#include "ctl/ctl_command.h"

/* Prints the completion of the run's commands for bash. */
void		 ctl_completion_bash(FILE *, const struct ctl *);

#endif

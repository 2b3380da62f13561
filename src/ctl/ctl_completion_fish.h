/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_COMPLETION_FISH_H
#define SLUICE_CTL_COMPLETION_FISH_H

#include <stdio.h>

#include "ctl/ctl_command.h"

/* Prints the completion of the run's commands for fish. */
void		 ctl_completion_fish(FILE *, const struct ctl *);

#endif

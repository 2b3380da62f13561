/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_COMPLETION_ZSH_H
#define SLUICE_CTL_COMPLETION_ZSH_H

#include <stdio.h>

#include "ctl/ctl_command.h"

/* Prints the completion of the run's commands for zsh. */
void		 ctl_completion_zsh(FILE *, const struct ctl *);

#endif

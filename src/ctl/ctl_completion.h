/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_COMPLETION_H
#define SLUICE_CTL_COMPLETION_H

#include "ctl/ctl_command.h"

/*
 * sluice completion bash|zsh|fish: prints what has that shell complete the
 * commands.  All of it comes from the table of commands; hosts come from the
 * daemon, when they are asked for.
 */
int		 ctl_completion(struct ctl *);

#endif

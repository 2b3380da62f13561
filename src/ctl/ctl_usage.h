/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_USAGE_H
#define SLUICE_CTL_USAGE_H

#include <stdio.h>

#include "ctl/ctl_command.h"

/* Help, out of the table of commands. */

/* Prints the help of a command, with its options and those of each. */
void		 ctl_usage_command(FILE *, const struct ctl_command *,
		    const struct ctl_option *common);
/* Lists the commands, a line each. */
void		 ctl_usage_commands(FILE *, const struct ctl_command *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_H
#define SLUICE_CTL_H

#include <stdio.h>

#include "ctl/ctl_exit.h"
#include "ctl/ctl_loader.h"

/*
 * The program's commands: they talk to a running daemon on its control socket,
 * or look at a configuration alone.
 */

struct ctl_command;
struct ctl_option;

/*
 * Runs the command that is the first operand of the command line.  Returns the
 * process's exit status; -1 where there is none: then the program goes on as
 * the daemon.
 */
int		 ctl_run(const struct ctl_loader *, int argc, char **argv);

/*
 * The table of commands, and the options that each of them has; both are ended
 * by one without a name.
 */
const struct ctl_command *ctl_commands(void);
const struct ctl_option *ctl_options(void);

/* Lists the commands, a line each, for the program's own help. */
void		 ctl_print_commands(FILE *);

#endif

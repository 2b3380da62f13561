/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_ARGS_H
#define SLUICE_CTL_ARGS_H

#include "ctl/ctl_command.h"

/* The command line, by the table of commands. */

/*
 * Finds the first operand, behind options of each command.  Returns its index;
 * 0 where there is none, or an option before it is not one of those.
 */
int		 ctl_args_operand(const struct ctl_option *common, int argc,
		    char *const *argv);

/* Whether --json is among them, so that all errors are to be told as such. */
bool		 ctl_args_json(int argc, char *const *argv);

/*
 * Takes the rest of the command line into the run, whose commands, common
 * options and command are set; at: the command's index.  Returns CTL_DONE, or
 * CTL_USAGE, having said what is wrong.  ctl_args_free() in either case.
 */
int		 ctl_args_parse(struct ctl *, int at, int argc,
		    char *const *argv);
void		 ctl_args_free(struct ctl *);

/* Returns what was given for an option, the last time; or NULL. */
const char	*ctl_arg(const struct ctl *, const char *name);
/* Whether a flag was given. */
bool		 ctl_arg_is(const struct ctl *, const char *name);
/* Returns an operand, or NULL. */
const char	*ctl_operand(const struct ctl *, unsigned);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_COMPLETION_CASE_H
#define SLUICE_CTL_COMPLETION_CASE_H

#include <stdio.h>

#include "ctl/ctl_command.h"

/*
 * The branches of a shell's case that bash and zsh have alike.  What is offered
 * in one is the shell's own; it ends the branch.
 */
typedef void	 ctl_completion_offer(FILE *, enum ctl_kind,
		    const char *choices);

/*
 * Prints, for a word of command:option, a branch for each option that has a
 * value, false for any other, and the end of the function.  Without an offer
 * the branches only tell that it has one.
 */
void		 ctl_completion_values(FILE *, const struct ctl *,
		    ctl_completion_offer *);
/* Prints the same for a word of command:number, the operand's from 0. */
void		 ctl_completion_operands(FILE *, const struct ctl *,
		    ctl_completion_offer *);

#endif

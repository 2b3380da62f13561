/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_completion.h"

#include <stdio.h>
#include <string.h>

#include "ctl/ctl_args.h"
#include "ctl/ctl_completion_bash.h"
#include "ctl/ctl_completion_fish.h"
#include "ctl/ctl_completion_zsh.h"

int
ctl_completion(struct ctl *c)
{
	const char *shell = ctl_operand(c, 0);

	if (strcmp(shell, "bash") == 0)
		ctl_completion_bash(stdout, c);
	else if (strcmp(shell, "zsh") == 0)
		ctl_completion_zsh(stdout, c);
	else
		ctl_completion_fish(stdout, c);
	return CTL_DONE;
}

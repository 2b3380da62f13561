/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_OUT_H
#define SLUICE_CTL_OUT_H

#include <jansson.h>

#include "ctl/ctl_command.h"

/*
 * Ends a command: prints the answer, whose reference it takes, as JSON or by
 * that function, where status is CTL_DONE.  Returns the exit status.
 */
int		 ctl_out(const struct ctl *, int status, json_t *answer,
		    void (*print)(const struct ctl *, const json_t *));

#endif

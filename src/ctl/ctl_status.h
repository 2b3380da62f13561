/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_STATUS_H
#define SLUICE_CTL_STATUS_H

#include <jansson.h>

#include "ctl/ctl_command.h"

/* sluice status: how the process stands. */
int		 ctl_status(struct ctl *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_SHOW_H
#define SLUICE_CTL_SHOW_H

#include "ctl/ctl_command.h"

/* sluice show HOST: one throttle, with all that is known of it. */
int		 ctl_show(struct ctl *);

#endif

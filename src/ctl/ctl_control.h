/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_CONTROL_H
#define SLUICE_CTL_CONTROL_H

#include "ctl/ctl_command.h"

/* What changes a host until further notice; each says what was, and what is. */

int		 ctl_pause(struct ctl *);
int		 ctl_resume(struct ctl *);
int		 ctl_drain(struct ctl *);
int		 ctl_forget(struct ctl *);
int		 ctl_set(struct ctl *);
int		 ctl_unset(struct ctl *);

/* sluice overrides: what operators have set. */
int		 ctl_overrides(struct ctl *);

#endif

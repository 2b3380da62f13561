/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_EVENTS_H
#define SLUICE_CTL_EVENTS_H

#include "ctl/ctl_command.h"

/* sluice events: what happened, or with --follow what happens. */
int		 ctl_events(struct ctl *);

#endif

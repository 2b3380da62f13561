/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_HOSTS_H
#define SLUICE_CTL_HOSTS_H

#include <jansson.h>

#include "ctl/ctl_command.h"

/* sluice hosts: the throttles, the worst first. */
int		 ctl_hosts(struct ctl *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_QUEUE_H
#define SLUICE_CTL_QUEUE_H

#include "ctl/ctl_command.h"

/* sluice queue HOST: who waits there, the next first. */
int		 ctl_queue(struct ctl *);

#endif

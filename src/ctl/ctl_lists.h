/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_LISTS_H
#define SLUICE_CTL_LISTS_H

#include "ctl/ctl_command.h"

/* sluice exchanges [HOST]: the requests that ended last. */
int		 ctl_exchanges(struct ctl *);
/* sluice suggest [HOST]: limits that fit what was seen. */
int		 ctl_suggest(struct ctl *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_PROCESS_H
#define SLUICE_CTL_PROCESS_H

#include "ctl/ctl_command.h"

/* What the daemon as a whole is told. */

/* sluice reload: reads the configuration again, and says what came of it. */
int		 ctl_reload(struct ctl *);
/* sluice upgrade: has another process take over, and says how that ended. */
int		 ctl_upgrade(struct ctl *);
/* sluice log [LEVEL]: what is logged, or is to be. */
int		 ctl_log(struct ctl *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_PRESETS_H
#define SLUICE_CTL_PRESETS_H

#include "ctl/ctl_command.h"

/* "sluice presets": what is known of which hosts; "show": all of one. */
int		 ctl_presets(struct ctl *);

#endif

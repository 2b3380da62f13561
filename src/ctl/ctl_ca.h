/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_CA_H
#define SLUICE_CTL_CA_H

#include "ctl/ctl_command.h"

/* The CA for hosts whose HTTPS is intercepted: made, and extended. */
int		 ctl_ca(struct ctl *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_H
#define SLUICE_CTL_DOCTOR_H

#include "ctl/ctl_command.h"

/* Tells what is wrong, and how it is mended. */
int		 ctl_doctor(struct ctl *);

#endif

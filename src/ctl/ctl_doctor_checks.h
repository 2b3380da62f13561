/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_CHECKS_H
#define SLUICE_CTL_DOCTOR_CHECKS_H

#include "ctl/ctl_doctor_findings.h"

/* What operators get wrong: of the daemon, its files and its machine. */

/*
 * Checks all of it.  Returns whether what programs are told leads to the daemon
 * or nowhere, so that they may be tried; not to another proxy.
 */
bool		 ctl_doctor_check(struct ctl_doctor_findings *,
		    const struct ctl_doctor_subject *);

#endif

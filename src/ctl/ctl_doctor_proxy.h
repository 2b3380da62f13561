/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_PROXY_H
#define SLUICE_CTL_DOCTOR_PROXY_H

#include "ctl/ctl_doctor_findings.h"

/* What programs get for a variable; "" where that is nothing. */
const char	*ctl_doctor_proxy_value(const struct ctl_doctor_subject *,
		    const char *name);
/*
 * Checks the variables that name a proxy, and files that they name and that may
 * have one.  Returns false where one of them names another proxy, or it cannot
 * be told which.
 */
bool		 ctl_doctor_proxy(struct ctl_doctor_findings *,
		    const struct ctl_doctor_subject *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_TOLD_H
#define SLUICE_CTL_DOCTOR_TOLD_H

#include "ctl/ctl_doctor_findings.h"

/*
 * Checks what programs are told by variables: the proxy, whom they ask without
 * it, whom they trust.  Returns whether no other proxy is named.
 */
bool		 ctl_doctor_check_told(struct ctl_doctor_findings *,
		    const struct ctl_doctor_subject *);

#endif

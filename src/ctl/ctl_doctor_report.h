/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_REPORT_H
#define SLUICE_CTL_DOCTOR_REPORT_H

#include "ctl/ctl_doctor_findings.h"
#include "ctl/ctl_doctor_try.h"

/* What was found, for people and as JSON. */

struct ctl_doctor_report {
	const struct ctl_doctor_findings *findings;
	const struct ctl_doctor_try	 *tried;	/* its rows may be none */
	const struct ctl_client		 *client;
	struct ctl_advice_files		 files;
};

/* Whether a client has something that is to be mended. */
bool		 ctl_doctor_report_bad(const struct ctl_doctor_try *);

/* Print it.  Returns CTL_DONE, or the exit status, having said why. */
int		 ctl_doctor_report(const struct ctl *,
		    const struct ctl_doctor_report *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_FINDINGS_H
#define SLUICE_CTL_DOCTOR_FINDINGS_H

#include <stdbool.h>

#include <jansson.h>

#include "ctl/ctl_client.h"
#include "ctl/ctl_variables.h"

/* What is found about a daemon, and about what programs are told of it. */

struct conf;

enum ctl_doctor_level {
	CTL_DOCTOR_OK,
	CTL_DOCTOR_NOTE,	/* may be meant */
	CTL_DOCTOR_BAD,
};

struct ctl_doctor_findings {
	json_t	*list;		/* {"level", "about", "says"}; own */
	bool	 bad;		/* there is one that is */
};

void		 ctl_doctor_find(struct ctl_doctor_findings *,
		    enum ctl_doctor_level, const char *about,
		    const char *says, ...)
		    __attribute__((format(printf, 4, 5)));

struct ctl_doctor_subject {
	const struct ctl_daemon	*daemon;
	const json_t		*status;	/* /v1/status */
	const struct ctl_client	*client;
	const struct conf	*conf;		/* its file; NULL: unreadable */
	const char		*path;		/* of that, as it is reached */
	/* What programs get beside the environment; NULL: nothing. */
	const struct ctl_variables *variables;
};

#endif

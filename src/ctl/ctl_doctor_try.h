/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_DOCTOR_TRY_H
#define SLUICE_CTL_DOCTOR_TRY_H

#include "ctl/ctl_ask.h"
#include "ctl/ctl_doctor_probe.h"

/* Each client that is there, tried in each way that the daemon has. */

enum ctl_doctor_mode {
	CTL_DOCTOR_PLAIN,	/* http:// */
	CTL_DOCTOR_TUNNEL,	/* https://, passed on as it is */
	CTL_DOCTOR_UPSTREAM,	/* http:// to a host that is asked by TLS */
	CTL_DOCTOR_INTERCEPT,	/* https://, seen */
	CTL_DOCTOR_MODES,
};

enum ctl_doctor_verdict {
	CTL_DOCTOR_UNTRIED,
	CTL_DOCTOR_GOES,	/* by the daemon */
	CTL_DOCTOR_BY_TUNNEL,	/* ... in a tunnel, though it is http:// */
	CTL_DOCTOR_UNKNOWN,	/* the daemon cannot tell, line has why */
	CTL_DOCTOR_BYPASSES,
	CTL_DOCTOR_REFUSED,	/* goes by the daemon, that refuses it */
	CTL_DOCTOR_DISTRUSTS,	/* goes by the daemon, whose CA it knows not */
	CTL_DOCTOR_FAILS,	/* came nowhere */
	CTL_DOCTOR_LATE,	/* came nowhere in time */
};

struct ctl_doctor_cell {
	enum ctl_doctor_verdict	 verdict;
	char			 line[CTL_DOCTOR_TEXT];	/* what it said */
};

struct ctl_doctor_row {
	const struct ctl_doctor_client *client;
	char			 program[PATH_MAX];
	bool			 absent;	/* a module is not there */
	struct ctl_doctor_cell	 cells[CTL_DOCTOR_MODES];
};

struct ctl_doctor_try {
	const struct ctl_daemon	*daemon;
	const struct ctl_client	*client;	/* what that says of itself */
	const char		*dir;
	int			 line;	/* see ctl_doctor_probe.h */
	const struct ctl_variables *variables;	/* or NULL */
	/* A host of each mode; "" for the first two, NULL: it has none. */
	const char		*hosts[CTL_DOCTOR_MODES];
	uint64_t		 patience;	/* ns for one */
	const volatile int	*stop;
	struct ctl_doctor_row	*rows;		/* own */
	unsigned		 nrows;
};

/*
 * Finds the clients and tries them, several at a time.  Those that bypass the
 * daemon are not asked for hosts that are elsewhere.  Returns CTL_DONE, or the
 * exit status, having said why.  ctl_doctor_try_free() in either case.
 */
int		 ctl_doctor_try(struct ctl_doctor_try *);
void		 ctl_doctor_try_free(struct ctl_doctor_try *);

#endif

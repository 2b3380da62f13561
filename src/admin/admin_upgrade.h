/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_UPGRADE_H
#define SLUICE_ADMIN_UPGRADE_H

#include <sys/types.h>

#include <bsd/sys/queue.h>

/* An upgrade that is asked for by the API, and done by the main thread. */

struct admin_request;

enum admin_upgraded {
	ADMIN_UPGRADED,
	ADMIN_UPGRADE_REFUSED,	/* none begins */
	ADMIN_UPGRADE_WRONG,	/* the new process: the configuration is */
	ADMIN_UPGRADE_FAILED,	/* there is none, or it does not come up */
	ADMIN_UPGRADE_LATE,	/* it does not do so in time */
};

/* One that was asked for, and what came of it. */
struct admin_upgrade {
	STAILQ_ENTRY(admin_upgrade) entry;	/* the main thread's */
	/*
	 * Called from the main thread, once, with the outcome.  The text is the
	 * asker's from then on.
	 */
	void		(*done)(struct admin_upgrade *);
	enum admin_upgraded outcome;
	pid_t		 pid;		/* who has taken over */
	char		*error;		/* why not; or NULL */
};

void		 admin_upgrade_post(struct admin_request *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_UPGRADE_H
#define SLUICE_ADMIN_UPGRADE_H

#include <stdbool.h>
#include <sys/types.h>

#include <bsd/sys/queue.h>

/* An upgrade that is asked for by the API, and done by the main thread. */

struct admin_request;

/* One that was asked for, and what came of it. */
struct admin_upgrade {
	STAILQ_ENTRY(admin_upgrade) entry;	/* the main thread's */
	/*
	 * Called from the main thread, once, with the outcome.  The text is the
	 * asker's from then on.
	 */
	void		(*done)(struct admin_upgrade *);
	bool		 ok;
	pid_t		 pid;		/* who has taken over */
	char		*error;		/* or NULL */
};

void		 admin_upgrade_post(struct admin_request *);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_RELOAD_H
#define SLUICE_ADMIN_RELOAD_H

#include <stdbool.h>

#include <bsd/sys/queue.h>

#include "conf/conf_reread.h"

/* A reload that is asked for by the API, and done by the main thread. */

struct admin_request;

/* One that was asked for, and what came of it. */
struct admin_reload {
	STAILQ_ENTRY(admin_reload) entry;	/* the main thread's */
	/*
	 * Called from the main thread, once, with the outcome.  Texts, and
	 * lists that NULL ends, are the asker's from then on.
	 */
	void		(*done)(struct admin_reload *);
	bool		 ok;
	char		*error;		/* of the file; or NULL */
	char		**warnings;	/* or NULL */
	char		**changes;	/* the first ones; or NULL */
	char		says[CONF_REREAD]; /* how many there are, in words */
};

void		 admin_reload_post(struct admin_request *);

#endif

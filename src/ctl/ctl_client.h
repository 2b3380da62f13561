/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_CLIENT_H
#define SLUICE_CTL_CLIENT_H

#include <stdbool.h>

#include <jansson.h>

#include "ctl/ctl_ask.h"

/* What a program has to know to be a client of a daemon (/v1/client). */
struct ctl_client {
	json_t		*answer;	/* has the texts below; own reference */
	const char	*proxy;		/* a URL */
	const char	*trust;		/* PEM; NULL: no HTTPS is intercepted */
	bool		 users;		/* it needs a name and a password */
	char		 host[64];	/* of the URL */
	char		 port[8];
};

/*
 * Asks a daemon.  Returns CTL_DONE, or the exit status, having said why;
 * ctl_client_done() in either case.
 */
int		 ctl_client_get(const struct ctl_daemon *,
		    struct ctl_client *);
void		 ctl_client_done(struct ctl_client *);
/* Says what it takes beside what variables can say. */
void		 ctl_client_warn(const struct ctl *,
		    const struct ctl_client *);

#endif

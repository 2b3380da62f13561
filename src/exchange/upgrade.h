/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPGRADE_H
#define SLUICE_UPGRADE_H

#include <stdbool.h>

#include "conf/conf.h"
#include "http/http1.h"

/*
 * What of an Upgrade is passed on (RFC 9110 7.8): the protocols that the host's
 * rule names, where the request offers them whole.  Behind a 101 nobody counts
 * requests.  Pure.
 */

/* Zeroed to start with. */
struct upgrade {
	/* "websocket, chat", owned; or NULL: nothing is offered. */
	char			*offer;
	bool			 failed;	/* out of memory */
	/* What is not passed on, the first of it; of the head.  Or empty. */
	struct http1_str	 dropped;
};

/* What a request's head offers, by that rule. */
void		 upgrade_read(struct upgrade *, const struct http1_head *,
		    const struct rule *);

/*
 * Returns whether a 101 is for nothing but what was offered (NULL: nothing
 * was).
 */
bool		 upgrade_was_offered(const char *offer,
		    const struct http1_head *response);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_EXPLAIN_H
#define SLUICE_HOSTS_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/events.h"
#include "hosts/hosts.h"
#include "throttle/throttle_why.h"

/*
 * Why a request waits, or would: what throttle_why.h says, worded for people.
 * The same words stand in a refusal, in an explanation, on the dashboard.
 */

struct hosts_reason {
	char		 name[HOSTS_BUDGET];	/* "30 per 1m of /search" */
	char		 says[EVENTS_TEXT];	/* "its turn comes in 2.1 s" */
	uint64_t	 at;			/* ns; THROTTLE_NEVER */
	bool		 decides;
};

struct hosts_explanation {
	char		 key[EVENTS_HOST];
	struct throttle_why why;
	struct hosts_reason reasons[THROTTLE_REASONS + 1]; /* the turn last */
	unsigned	 n;
	char		 part[EVENTS_TEXT];	/* or "" */
	bool		 refused;		/* it could not start in time */
	bool		 drained;
	char		 says[EVENTS_TEXT];	/* all of it in a sentence */
};

/*
 * Explains what would become of a claim now, by that configuration's rule for
 * the name; nothing is taken, and no entry made.
 */
void		 hosts_explain(struct hosts *, struct conf *,
		    const struct rule *, const struct http1_host *name,
		    const struct claim *, const struct claim_source *,
		    uint64_t now, struct hosts_explanation *);

#endif

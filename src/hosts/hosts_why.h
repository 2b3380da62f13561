/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_WHY_H
#define SLUICE_HOSTS_WHY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/events.h"
#include "hosts/host_types.h"
#include "throttle/throttle_why.h"

/*
 * Why a request waits, would wait, or was refused: what throttle_why.h tells,
 * kept with a host's lock held, and worded for people without it.
 */

struct hosts_reason {
	char		 name[HOSTS_BUDGET];	/* "30 per 1m of /search" */
	char		 says[EVENTS_TEXT];	/* "lets it go in 2.1 s" */
	uint64_t	 at;			/* ns; THROTTLE_NEVER */
	bool		 decides;
};

struct hosts_explanation {
	char		 key[EVENTS_HOST];	/* or "" */
	struct throttle_why why;
	struct throttle_place place;		/* where has_place */
	bool		 has_place;
	struct hosts_reason reasons[THROTTLE_REASONS + 1]; /* the turn last */
	unsigned	 n;
	char		 part[EVENTS_TEXT];	/* or "" */
	uint64_t	 now;			/* ns: when that was so */
	bool		 late;			/* it could not start in time */
	bool		 drained;
	char		 says[EVENTS_TEXT];	/* all of it in a sentence */
};

/* What is kept of it. */
struct hosts_why {
	struct throttle_why	 why;
	struct throttle_place	 place;
	bool			 has_place;
	struct conf		*conf;		/* own reference */
	const struct rule	*rule;		/* of conf */
	unsigned		 part;		/* or THROTTLE_WHOLE */
	char			 named[THROTTLE_NAME];	/* or "" */
	/* What paused the whole, the part, the named one. */
	enum stats_cause	 causes[THROTTLE_OF_NAMED + 1];
	uint64_t		 now;		/* ns */
	bool			 late;
	bool			 drained;
};

/*
 * Keeps, with the host's lock held, why a waiter waits; or would, if it is not
 * in the queue.  Its place is looked for where that is asked for.
 */
void		 hosts_why_take(struct hosts_why *, struct host *,
		    const struct throttle_waiter *, bool place, uint64_t now);
/* Gives back the reference. */
void		 hosts_why_done(struct hosts_why *);

/* Keeps the same of a refusal with the ticket, if there is memory for it. */
void		 hosts_why_refused(struct host *, struct ticket *, bool late,
		    uint64_t now);
/* Drops what is kept with a ticket. */
void		 hosts_why_drop(struct ticket *);

/* Words it; the key is left empty. */
void		 hosts_why_say(const struct hosts_why *,
		    struct hosts_explanation *);

#endif

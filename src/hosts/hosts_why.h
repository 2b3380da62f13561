/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_WHY_H
#define SLUICE_HOSTS_WHY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/events.h"
#include "hosts/host_types.h"
#include "throttle/throttle_place.h"
#include "throttle/throttle_why.h"

/*
 * Why a request waits, would wait, or was refused: what throttle_why.h tells,
 * kept with a host's lock held, and worded for people without it.
 */

#define HOSTS_SAYS	288	/* bytes of a sentence, with its end */

struct hosts_reason {
	char		 name[HOSTS_BUDGET];	/* "30 per 1m of /search" */
	char		 says[EVENTS_TEXT];	/* "lets it go in 2.1 s" */
	uint64_t	 at;			/* ns; THROTTLE_NEVER */
	bool		 decides;
};

/* What becomes of it. */
enum hosts_decision {
	HOSTS_DECIDE_GO,
	HOSTS_DECIDE_WAIT,
	HOSTS_DECIDE_REFUSE,
	HOSTS_DECIDE_OBSERVE,		/* it goes: limits are only observed */
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
	enum hosts_decision decision;
	uint64_t	 starts;		/* ns; THROTTLE_NEVER: that
						   depends on others */
	bool		 certain;		/* if nothing new comes */
	char		 says[HOSTS_SAYS];	/* all of it in a sentence */
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
	/* What paused the whole, the part, the named one; not the total. */
	enum stats_cause	 causes[THROTTLE_WHOSE];
	uint64_t		 now;		/* ns */
	bool			 late;		/* it could not start in time */
	bool			 drained;	/* no newcomer is let in */
	bool			 observed;	/* by limits that do not hold */
};

/*
 * Keeps, with the host's lock held, why a waiter waits; or would, if it is not
 * in the queue.  Its place is looked for where that is asked for.
 */
void		 hosts_why_take(struct hosts_why *, struct host *,
		    const struct throttle_waiter *, bool place, uint64_t now);
/*
 * The same of one that its host lets go, but would not if the limits held that
 * are only observed, whose throttle that is.
 */
void		 hosts_why_observe(struct hosts_why *, struct host *,
		    struct throttle *, const struct throttle_waiter *,
		    uint64_t now);
/* Gives back the reference. */
void		 hosts_why_done(struct hosts_why *);

/* Keeps the same of a refusal with the ticket, if there is memory for it. */
void		 hosts_why_refused(struct host *, struct ticket *, bool late,
		    uint64_t now);
/* Drops what is kept with a ticket. */
void		 hosts_why_drop(struct ticket *);

/* Returns the word for what becomes of it, as the API has it. */
const char	*hosts_decision_word(enum hosts_decision);
/* Words it; the key is left empty. */
void		 hosts_why_say(const struct hosts_why *,
		    struct hosts_explanation *);

#endif

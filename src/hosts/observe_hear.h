/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_OBSERVE_HEAR_H
#define SLUICE_OBSERVE_HEAR_H

#include "policy/lesson.h"
#include "throttle/throttle.h"

/*
 * What an answer teaches a shadow (observe.h): the lesson, with the instants
 * that the host named made absolute, because it is heard later there.
 */

struct observe_heard {
	enum budget_verdict	 verdict;
	bool			 partial;
	bool			 paused;	/* until is named */
	bool			 backoff;
	bool			 at_once;
	bool			 again;
	bool			 shaped;	/* left until reset */
	uint64_t		 until;		/* ns */
	uint64_t		 base;		/* ns: see lesson */
	uint64_t		 longest;	/* ns: of a pause */
	uint64_t		 left;		/* requests */
	uint64_t		 reset;		/* ns */
};

/* Keeps what a lesson said at now (ns); longest: of a pause (ns). */
void		 observe_heard(struct observe_heard *, const struct lesson *,
		    uint64_t longest, uint64_t now);

/*
 * Teaches a throttle at now (ns) what was heard, by one that it has admitted.
 * *told is until when (ns) those who cannot wait were refused last.  Returns
 * whether throttle_hopeless() is to be asked.
 */
bool		 observe_hear(struct throttle *, struct throttle_waiter *,
		    const struct observe_heard *, uint64_t *told,
		    uint64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOSTS_SAY_H
#define SLUICE_HOSTS_SAY_H

#include "base/events.h"
#include "hosts/host_types.h"
#include "policy/lesson.h"

/* What people are told of hosts. */

/*
 * What the ticket's throttle is for, for people: its host, with the port where
 * that has a rule of its own, or the pattern whose hosts share it.  Returns
 * buf.
 */
#define HOSTS_LABEL	(HTTP1_HOST + 16)
const char	*hosts_label(char buf[HOSTS_LABEL], const struct ticket *);

/* A limit, as it is named for people. */
struct hosts_limit {
	enum budget_short	 what;
	struct gcra_rate	 rate;		/* when it is one */
	uint32_t		 concurrency;	/* when it is that */
	bool			 manual;	/* when it is an operator's pause */
	const char		*part;		/* whose; or NULL */
	const char		*named;		/* ... by the host; or NULL */
	bool			 total;		/* all credentials' */
	const char		*meter;		/* a named budget's; or NULL */
};

/* Names a limit: "30 per 1m of /search".  Returns buf. */
const char	*hosts_say_limit(char buf[HOSTS_BUDGET],
		    const struct hosts_limit *);

/* Which budget is short, by a report. */
struct hosts_short {
	const struct host		*host;
	const struct budget_limits	*whole;	/* the limits of its whole */
	const struct throttle_report	*report;
	unsigned			 named;	/* or 0 */
	/* What paused the whole and the parts, if that is told; or NULL. */
	const uint8_t			*causes;
};
/* Names it, for people: "10 per 1s of /search". */
void		 hosts_say_short(char buf[HOSTS_BUDGET],
		    const struct hosts_short *);

/* Names the budget that the ticket's report says is short, in its budget. */
void		 hosts_say_budget(const struct host *, struct ticket *);

/*
 * Says what a pause rests on: "after its answer 429 (no time is named)", by the
 * lesson of an answer to the ticket, for so long (ns) as it came to.  Returns
 * buf.
 */
const char	*hosts_say_grounds(char buf[EVENTS_TEXT],
		    const struct ticket *, const struct lesson *,
		    uint64_t pause);

/*
 * Logs and tells that the ticket's host begins to refuse requests, by that
 * answer, or that it no longer does.
 */
void		 hosts_say_crossing(const struct ticket *, enum hosts_answer);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOST_PAUSE_H
#define SLUICE_HOST_PAUSE_H

#include "hosts/host_types.h"

/*
 * A host's pauses: begun and ended here only, so that how many there were, for
 * how long and why is known.  With the host's lock held.
 */

/*
 * Pauses a part (THROTTLE_WHOLE, THROTTLE_NAMED_PART()) until then (ns), which
 * never shortens a pause.  Returns whether it made it longer.
 */
bool		 host_pause(struct host *, unsigned part, uint64_t until,
		    enum stats_cause, uint64_t now);

/* Says why the whole is paused; copied. */
void		 host_pause_say(struct host *, const char *why);

/*
 * Counts the time that it was paused until now, as of the last call, for
 * the present cause.  To be called before the pause changes and the entry goes.
 */
void		 host_pause_settle(struct host *, uint64_t now);

/*
 * Ends all pauses, recovery and shapes: of the whole and of all parts, also
 * those that others have not been told of yet.
 */
void		 host_pause_end(struct host *, uint64_t now);
/*
 * The same, since an operator has ended them at another proxy; one that he has
 * ordered here stays.
 */
void		 host_pause_end_elsewhere(struct host *, uint64_t now);

/* Takes over what is known of another's pauses, which the throttle has. */
void		 host_pause_inherit(struct host *, const struct host *);

/*
 * The host refused, and its throttle, which learns its limits, lets nobody go for
 * now.  Returns until when (ns); 0 where that is nothing new.
 */
uint64_t	 host_pause_estimated(struct host *, uint64_t named,
		    enum stats_cause, uint64_t now);

/* The parts have other numbers now, as throttle_limit() describes it. */
void		 host_pause_moved(struct host *, const unsigned *moved);

/* Somebody was admitted, or a verdict came: may be told for the first time. */
void		 host_pause_admitted(struct host *, uint64_t now);
void		 host_pause_judged(struct host *, uint64_t now);

#endif

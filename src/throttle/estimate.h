/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_H
#define SLUICE_ESTIMATE_H

#include <stddef.h>

#include "throttle/estimate_types.h"

/*
 * The limits of a host that does not tell them, from what it admitted and what
 * it refused.
 *
 * A host that has never refused is not held back: 16 may be on their way to
 * begin with, one more with each success, and with each 50 ms that somebody has
 * waited; from 64 on any number.  One is on its way until the host has counted
 * it, not until its answer has come.  When it
 * refuses, one request at a time asks whether it has opened again.  From an
 * opening to the next is an era, and what is learned of it is how many went,
 * and how long after its first one the host was open again:
 *
 *   everything back at once	a window (estimate_window.h), kept exactly.  One
 *				that goes early now and then tells whether it is
 *				shorter.
 *   a trickle			a bucket (estimate_pace.h).
 *   open as soon as those that were on their way are back
 *				slots (estimate_slots.h).
 *
 * A longer window may lie over a shorter one that is sure, or over a bucket that
 * refusals have told.  A limit that is too low says nothing by itself: one
 * request more is tried after 10, 20, 40 ... full windows, later at most once an
 * hour; where that is allowed two more, and so on.
 *
 * Requests are counted, whatever they cost.  Times are ns of a monotonic clock,
 * which the caller reads and passes in.  Calls nobody; allocates with the first
 * refusal.  Without memory it only asks when the host is open.
 */

#define ESTIMATE_NEVER	BUDGET_NEVER

/* Makes one that knows nothing; probes: whether one more may be tried. */
void		 estimate_init(struct estimate *, bool probes);

/*
 * Makes one that keeps the window that the host names (estimate_told.h), and
 * learns nothing: refusals are not its own.
 */
void		 estimate_init_told(struct estimate *);

/* Makes it know nothing again, but of those that are on their way. */
void		 estimate_renew(struct estimate *);

/*
 * Has one ask now whether the host is open again, where it has refused; a window
 * that the host has named holds nobody any more.
 */
void		 estimate_resume(struct estimate *);

/* Has one ask at that time (ns) at the latest; returns whether that is sooner. */
bool		 estimate_shorten(struct estimate *, uint64_t until);

/* Frees what it owns. */
void		 estimate_clear(struct estimate *);

void		 estimate_tick_windows(struct estimate *, uint64_t now);

/* Lets time pass until now; to be called before the calls below. */
static inline void
estimate_tick(struct estimate *e, uint64_t now)
{
	if (e->windows != NULL)
		estimate_tick_windows(e, now);
}

/*
 * Returns when one more may go (ns): 0 where it may now, ESTIMATE_NEVER where
 * something has to be counted or answered first.
 */
uint64_t	 estimate_due(const struct estimate *, uint64_t now);

/*
 * Returns whether nothing is known against any number of them: those who are
 * early wait for a moment, so that a limit is met by few.  But nobody is to be
 * refused for that: who cannot wait goes, and estimate_open() has so many
 * more go.
 */
bool		 estimate_is_open(const struct estimate *);
void		 estimate_open(struct estimate *, uint32_t more);

/*
 * Returns whether the host has refused for the first time, and others that went
 * before that are to tell so (estimate_share.h).
 */
bool		 estimate_gathers(const struct estimate *);

/*
 * Admits one now, and notes in *mark what it is to tell.  To a pace it is
 * accounted at an instant (ns) that may lie before.
 */
void		 estimate_take(struct estimate *, struct estimate_mark *mark,
		    uint64_t at, uint64_t now);

/* Returns when the next one may go at the earliest, whatever comes (ns). */
uint64_t	 estimate_start(const struct estimate *, uint64_t now);

/*
 * One that was admitted elsewhere, and is taken for one that goes now; counted:
 * the host has counted it.
 */
void		 estimate_hold(struct estimate *, struct estimate_mark *,
		    bool counted, uint64_t now);

/*
 * The host has counted one, at an instant (ns), that was admitted at another (0:
 * that is not known); or it never will.
 */
void		 estimate_counted(struct estimate *, uint64_t sent,
		    uint64_t at);
void		 estimate_dropped(struct estimate *);

/*
 * Says what became of one; once for each.  One that was refused was dropped
 * before, unless it was counted.
 */
void		 estimate_answered(struct estimate *,
		    const struct estimate_mark *, enum budget_verdict,
		    uint64_t now);

/*
 * The host has answered one of this era that nothing is left: as if the next one
 * had been refused.
 */
void		 estimate_emptied(struct estimate *,
		    const struct estimate_mark *, uint64_t now);

/* Returns whether who goes does so by a limit that was kept for some time. */
bool		 estimate_is_known(const struct estimate *);

/* Returns whether it has to know when requests are counted by the host. */
bool		 estimate_needs_counts(const struct estimate *);

/* Returns whether nothing is known that would be lost with it. */
bool		 estimate_is_idle(const struct estimate *, uint64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_H
#define SLUICE_BUDGET_H

#include "throttle/budget_types.h"

/*
 * What may be spent, and when: rates, slots, pause, recovery, shape.  A host
 * has one, and each of its parts that has limits of its own another.
 *
 * Each rate is a GCRA (gcra.h), and a strict one an exact window besides
 * (window.h), whose memory is the caller's.  Costs are in micro cost units
 * (BUDGET_UNIT is a cost of 1), times in ns of a monotonic clock which the
 * caller reads and passes in.
 *
 * Recovery: when a pause is over the budget is half open.  It admits one
 * request, a probe, and waits for its verdict; each success lets one more be
 * on its way at a time, so they double with each round trip, until the
 * configured limits hold again.  Where the host has refused before, they
 * double up to what went through between its last opening and that refusal;
 * then it is one at a time again, and one more with each round trip, so that
 * its limit costs one refusal and not as many as are on their way.  A request
 * counts until its verdict, not until its end; but one that is long in coming
 * (an upload, an answer that hangs) lets another go each BUDGET_PATIENCE, so
 * that nobody closes a host.
 *
 * Backoff, for refusals that name no time: the first pause is a given one, and
 * doubles each time the first probe after it is refused, too.  Any success
 * means that the pause has helped.  How long after the refusal that was is
 * remembered, and the next pause is about that; a little shorter each time,
 * as long as the host admits the probe and as many go through as before.
 *
 * Windows: after such a refusal each rate is a window, too.  No more than its
 * capacity, or its burst where that is more, is on its way or has had a verdict
 * within a period: what a bucket allows beyond that may be what was refused.
 *
 * Shape: what the host says is left until its reset is spread over the time
 * until then, within the configured limits.  Shape counts requests, not cost:
 * hosts do.  When the reset comes the budget is half open: what the host
 * allows now is not known before it has said so.
 *
 * An epoch is the time from one half opening to the next.  What was admitted
 * in an earlier one says nothing of how things stand now.
 *
 * Calls nobody, allocates nothing.  Not thread safe.
 */

/*
 * Makes a budget with full buckets and all slots free; half open where it is
 * still to learn what the host allows.  The windows stay the caller's, as long
 * as the budget; NULL where there are none.
 */
void		 budget_init(struct budget *, const struct budget_limits *,
		    bool learning, struct window *);

/*
 * Sets new limits, with other windows than until now; those may go then.  What
 * was consumed stays consumed (each tat is rescaled; rates pair by equal period
 * first, then in order; a rate without a pair starts full), all else stays.
 */
void		 budget_limit(struct budget *, const struct budget_limits *,
		    bool learning, struct window *, uint64_t now);

/*
 * Takes over what another budget has consumed (per rate paired as above, the
 * larger of the two), its pause (the later), its recovery (the one that is
 * less far) and its shape (the one that leaves less).
 */
void		 budget_inherit(struct budget *, const struct budget *,
		    uint64_t now);

/*
 * Lets time pass until now: ends a shape whose time is over, forgets a half
 * opening that nobody made use of, and waits no longer than BUDGET_PATIENCE
 * for verdicts.  To be called before the calls below.  Returns whether any of
 * these happened, so that somebody may go who could not.
 */
bool		 budget_tick(struct budget *, uint64_t now);

/* Returns whether a slot is free, and a place in recovery and windows. */
bool		 budget_room(const struct budget *);

/*
 * Returns when there may be room although no slot comes back and no verdict
 * (ns): 0 where there is room, later as patience ends or windows move on;
 * BUDGET_NEVER where neither helps.
 */
uint64_t	 budget_opens(const struct budget *);

/*
 * Returns when rates, pause and shape allow a cost, with nobody ahead (ns);
 * BUDGET_NEVER where the host has to count something first.
 */
uint64_t	 budget_due(const struct budget *, uint64_t cost);

/*
 * Returns the same as if the host counted at now all that it has not counted:
 * it is not due before.
 */
uint64_t	 budget_due_at_best(const struct budget *, uint64_t cost,
		    uint64_t now);

/* Returns whether a cost may start now: there is room, and it is due. */
bool		 budget_allows(const struct budget *, uint64_t cost,
		    uint64_t now);

/*
 * Returns the earliest start of a cost that waits behind others: those cost so
 * much ahead, and begin to spend at first (ns), a strict rate not before now.
 */
struct budget_start budget_start(const struct budget *, wide ahead,
		    uint64_t cost, uint64_t first, uint64_t now);

/*
 * Lists what budget_start() looks at, in the same order: each limit that there
 * is now, and when it alone would let such a cost go: not after now where it
 * does so now, BUDGET_NEVER where a slot or a verdict has to come.  Returns how
 * many there are.
 */
unsigned	 budget_reasons(const struct budget *, wide ahead,
		    uint64_t cost, uint64_t first, uint64_t now,
		    struct budget_start all[BUDGET_REASONS]);

/*
 * Admits: pays, takes a slot, waits for a verdict.  The cost is accounted at
 * an instant at (ns) that may lie before now, with strict rates now.  Returns
 * the epoch, which goes with the verdict.
 */
uint32_t	 budget_take(struct budget *, uint64_t cost, uint64_t at,
		    uint64_t now);

/* Says what became of one that was admitted in that epoch; once for each. */
void		 budget_verdict(struct budget *, uint32_t epoch,
		    enum budget_verdict, uint64_t now);

/* Gives back a slot; the verdict was given before. */
void		 budget_release(struct budget *);

/*
 * Takes a slot without admission, for one that moves here; pending when it has
 * no verdict yet, and of that cost (0: the host has counted it).  Returns an
 * epoch that is over, because it was admitted elsewhere and its verdict says
 * nothing of this budget's recovery.
 */
uint32_t	 budget_hold(struct budget *, bool pending,
		    uint64_t cost);

/*
 * Admits nobody before until (ns), and is half open from then on.  Never
 * shortens an earlier pause; one that still lasts and becomes longer belongs to
 * the same epoch.  Returns whether the pause is longer now.
 */
bool		 budget_pause(struct budget *, uint64_t until, uint64_t now);

/*
 * Shortens the pause, and the wait that the shape demands before the next one,
 * to longest (ns) from now.  Returns whether one was longer.
 */
bool		 budget_shorten(struct budget *, uint64_t longest,
		    uint64_t now);

/* Ends a pause, recovery and windows: the configured limits hold at once. */
void		 budget_resume(struct budget *);

/* As budget_resume(), and ends the shape, too. */
void		 budget_open(struct budget *);

/*
 * Makes it as a new one with the same limits: what was spent and learned is
 * gone.  Slots stay, and those who hold them; their verdicts say nothing of it.
 */
void		 budget_renew(struct budget *);

/*
 * Takes the host's word that so many requests are left until its reset (ns).
 * Its count may omit those without a verdict yet, so they are subtracted; what
 * remains may be negative.  The latest report counts; one whose reset is over
 * ends the shape.
 */
void		 budget_shape(struct budget *, uint64_t left, uint64_t reset,
		    uint64_t now);

/* Returns whether it equals a new one, so that nothing is lost with it. */
bool		 budget_idle(const struct budget *, uint64_t now);

#endif

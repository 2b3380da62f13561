/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_ESTIMATE_H
#define SLUICE_THROTTLE_ESTIMATE_H

#include "throttle/estimate.h"
#include "throttle/estimate_save.h"
#include "throttle/throttle_types.h"

/*
 * What a throttle learns of its host's limits (estimate.h), and keeps beside
 * those that it was given.
 */

/*
 * Has it learn as its limits say (estimates, probes, named_window), or not: then
 * what was learned is forgotten.  NULL: it is not to.  Without memory it does
 * not learn.
 */
void		 throttle_estimate(struct throttle *,
		    const struct throttle_limits *);

/*
 * Gives one that has learned nothing yet what another one has; those that are
 * on their way come by throttle_hold().
 */
void		 throttle_estimate_inherit(struct throttle *,
		    const struct throttle *from);

/*
 * Writes what is learned at now (ns) as text to a buffer, and returns that;
 * NULL where nothing is.  What was written gone (ns) ago is taken as of now:
 * returns false where it is damaged, or without memory; nothing has changed
 * then.
 */
const char	*throttle_estimate_save(struct throttle *,
		    char buf[ESTIMATE_SAVED], uint64_t now);
bool		 throttle_estimate_load(struct throttle *, const char *,
		    uint64_t gone, uint64_t now)
		    __attribute__((warn_unused_result));

/*
 * Returns whether an admitted one went to ask for what is not known, or while no
 * limit was known well: that it is refused is not its own fault.
 */
bool		 throttle_asks(const struct throttle_waiter *);

/*
 * Returns what is learned; NULL where nothing is to be, but what the host
 * names.
 */
const struct estimate *throttle_estimated(const struct throttle *);

/*
 * The host refused, and named when it is open again (ns).  Returns until when
 * nobody goes (ns).  The verdict is given before.
 */
uint64_t	 throttle_estimate_named(struct throttle *, uint64_t until,
		    uint64_t now);

/*
 * The same of a named part (its number), which learns by itself what it refuses
 * (throttle_part_refused()): whether it has done so, what the host names for it,
 * and its text.
 */
bool		 throttle_part_is_learned(const struct throttle *,
		    unsigned named);
uint64_t	 throttle_part_named(struct throttle *, unsigned named,
		    uint64_t until, uint64_t now);
const char	*throttle_part_save(struct throttle *, unsigned named,
		    char buf[ESTIMATE_SAVED], uint64_t now);
bool		 throttle_part_load(struct throttle *, unsigned named,
		    const char *, uint64_t gone, uint64_t now)
		    __attribute__((warn_unused_result));

/* Returns until when nobody goes (ns), as far as is known; 0: some may. */
uint64_t	 throttle_estimate_shut(const struct throttle *);

/*
 * Returns whether the host says that nothing is left since all has gone here:
 * then nobody else uses it, and its window is kept exactly.
 */
bool		 throttle_estimate_spent(struct throttle *, uint64_t now);

/*
 * Returns whether the host names a window of that limit, and as much of it is
 * used as has gone from here.
 */
bool		 throttle_estimate_own(struct throttle *, uint64_t limit,
		    uint64_t left, uint64_t now);

/*
 * The host says that it allows n requests in such a window (ns): it is kept,
 * unless limits are neither learned nor kept where they are named.
 */
void		 throttle_estimate_told(struct throttle *, uint64_t n,
		    uint64_t window, uint64_t now);

/*
 * An answer says what is left.  Returns whether that is seen to, without a pause.
 * The verdict is given before.
 */
bool		 throttle_estimate_left(struct throttle *,
		    const struct throttle_waiter *,
		    const struct estimate_room *, bool refused, uint64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOST_OBSERVE_H
#define SLUICE_HOST_OBSERVE_H

#include "hosts/host_types.h"
#include "hosts/observe.h"

/*
 * A host's shadow (observe.h), where its rule only observes or has a candidate:
 * all that happens to a ticket is told to it.  With the host's lock held.
 *
 * Where the rule only observes, the host's own throttle has no limits, and
 * hears of no pauses: the shadow has those.
 */

/* A rule's limits, with those of the whole and a queue's length apart. */
struct throttle_limits host_observe_limits(const struct rule *,
		    const struct budget_limits *whole, uint32_t queue_length);

/* Makes the shadow that a new host's rule asks for; false without memory. */
bool		 host_observe_init(struct host *);
/* Drops it; decisions that are not counted yet are. */
void		 host_observe_drop(struct host *);
/* Returns whether nothing is lost with it. */
bool		 host_observe_is_idle(struct host *, uint64_t now);

/* The ticket asks the host, and is about to be answered. */
void		 host_observe_ask(struct host *, struct ticket *,
		    const struct claim *, uint64_t now);
/*
 * It was admitted, put back, taught something (longest: ns, of a pause; 0: it
 * does not pause), gave its slot back, or leaves.
 */
void		 host_observe_sent(struct host *, struct ticket *,
		    uint64_t now);
void		 host_observe_returned(struct host *, struct ticket *,
		    uint64_t now);
void		 host_observe_learn(struct host *, struct ticket *,
		    const struct lesson *, uint64_t longest, uint64_t now);
void		 host_observe_release_slot(struct host *, struct ticket *,
		    uint64_t now);
void		 host_observe_end(struct host *, struct ticket *,
		    enum observe_end, uint64_t now);

/*
 * Says what would have become of a ticket in its observed_as, if there is
 * memory for it; and drops that.
 */
void		 host_observe_say(struct host *, struct ticket *,
		    uint64_t now);
void		 host_observe_unsay(struct ticket *);
/* Ends what hosts said there, as host_pause_end() does for the host itself. */
void		 host_observe_open(struct host *, uint64_t now);
/* The same, with all that was spent. */
void		 host_observe_renew(struct host *, uint64_t now);

/* Fills in how its shadow stands; false where it has none. */
bool		 host_observe_view(struct host *, uint64_t now,
		    struct observe_view *);

/*
 * Returns the throttle that has the limits of a rule that only observes, with
 * all that was due by now, to be looked at; NULL where limits hold.
 */
struct throttle	*host_observe_shadow(struct host *, uint64_t now);

/* Reloads */

/* Returns the throttle that has what hosts say: the shadow's, or its own. */
struct throttle	*host_observe_heard(struct host *);
/*
 * Returns the shadow under a new rule: the one that is there, or a new one that
 * begins with what the host has consumed; NULL where the rule asks for none.
 * To be called before the host's throttle gets its new limits.
 */
struct observe	*host_observe_make(struct host *, const struct rule *,
		    const unsigned *moved, uint64_t now);
/*
 * Puts it in place when the throttle has its limits, and the host not yet its
 * new rule.  Where limits begin to hold that were only observed, they begin
 * with what was consumed there; where they end to hold, so do pauses.
 */
void		 host_observe_replace(struct host *, const struct rule *,
		    struct observe *, const unsigned *moved, uint64_t now);
/* A new entry takes over what one that stood for it has consumed. */
void		 host_observe_inherit(struct host *to, struct host *from,
		    const unsigned *moved, uint64_t now);
/* A ticket moves to another entry; its part i is moved[i] there. */
void		 host_observe_move(struct host *from, struct host *to,
		    struct ticket *, const unsigned *moved, uint64_t now);

#endif

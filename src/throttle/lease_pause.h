/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_PAUSE_H
#define SLUICE_LEASE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/lease_turn.h"

/*
 * A pause that several proxies share, beside their leases (lease_grant.h).
 * Whoever is refused tells the store until when to pause, by the store's clock;
 * there the latest instant counts, and each answer tells it.  So who has heard
 * nothing of a pause knows with his next lease.
 *
 * When a pause is over, one of them asks the host for all (lease_turn.h): the
 * store says who.  That its request succeeded, or that somebody has ended the
 * pause by order, it tells by the pause that it was.
 *
 * An operator may end all pauses, at any of them.  That is an order of its own,
 * with its instant: it ends what was learned before, wherever, and nothing else.
 *
 * A holder never pauses for longer than its own maximum from when it heard of
 * it, whatever others say.  What it has heard it does not tell again as its
 * own: each round would make it a little later.
 *
 * Times are in ns; those of the store's clock are named so.  Calls nobody,
 * allocates nothing.
 */

#define LEASE_PAUSE_UNIT	1000	/* ns: stores count in these */

/* What a holder knows; zeroed, of no pause. */
struct lease_pause {
	uint64_t	 told;		/* store's: the latest that it heard */
	uint64_t	 said;		/* store's: the latest of its own */
	uint64_t	 mine;		/* own clock: to be told; 0: none */
	uint64_t	 since;		/* own clock: its own was learned then */
	uint64_t	 ends;		/* own clock: the latest of all */
	uint64_t	 opened;	/* store's: one went after that */
	uint64_t	 heard;		/* of that: what an answer came to */
	uint64_t	 heeded;	/* store's: the last order; or 0 */
	uint64_t	 ordered;	/* own clock: one to be told; or 0 */
	uint64_t	 posed;		/* ... that was told last */
};

/* An instant of the store's, and when it was asked for and came (own clock). */
struct lease_clock {
	uint64_t	 theirs;	/* store's; 0: nothing is known */
	uint64_t	 sent;
	uint64_t	 received;
};

/* The holder pauses until then, whoever has said so (own clock). */
void		 lease_pause_learn(struct lease_pause *, uint64_t until,
		    uint64_t now);
/* All pauses were ended here by order, at that instant (own clock). */
void		 lease_pause_order(struct lease_pause *, uint64_t at);

/* It has the turn to ask the host, at now, whether it has paused or not. */
void		 lease_pause_probe(struct lease_pause *, uint64_t now);

/*
 * Returns whether its word is wanted that the host is open: when one goes
 * through that went after the pause, or somebody ends that by order.
 */
bool		 lease_pause_waits(const struct lease_pause *);
/* That is so. */
void		 lease_pause_open(struct lease_pause *);

/* Returns whether there is something to tell, for which to ask at once. */
bool		 lease_pause_has_news(const struct lease_pause *,
		    const struct lease_clock *);

/*
 * Returns what to tell the store now: of a pause nothing where that is no news,
 * or the store's time is not known yet.
 */
struct lease_turn_news lease_pause_tell(struct lease_pause *,
		    const struct lease_clock *, uint64_t now);

/*
 * An answer says which was the last order, and which pause there is (store's).
 * Returns whether the order ends what is waited for here.  Before
 * lease_pause_take().
 */
bool		 lease_pause_heed(struct lease_pause *, uint64_t ordered,
		    uint64_t until, const struct lease_clock *);

/*
 * An answer says which pause there is (store's).  Returns until when (own
 * clock) to pause for that, at most longest (ns) from when it came; 0 where
 * that is nothing new.  A store that knows less than it told has lost it, and
 * is told again.
 */
uint64_t	 lease_pause_take(struct lease_pause *, uint64_t until,
		    const struct lease_clock *, uint64_t longest);

#endif

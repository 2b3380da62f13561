/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_PAUSE_H
#define SLUICE_LEASE_PAUSE_H

#include <stdint.h>

/*
 * A pause that several proxies share, beside their leases (lease_grant.h).
 * Whoever is refused tells the store until when to pause, by the store's clock;
 * there the latest instant counts, and each answer tells it.  So who has heard
 * nothing of a pause knows with his next lease.
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
	uint64_t	 ends;		/* own clock: the latest of all */
};

/* An instant of the store's, and when it was asked for and came (own clock). */
struct lease_clock {
	uint64_t	 theirs;	/* store's; 0: nothing is known */
	uint64_t	 sent;
	uint64_t	 received;
};

/* The holder pauses until then, whoever has said so (own clock). */
void		 lease_pause_learn(struct lease_pause *, uint64_t until);

/*
 * Returns what to tell of a pause (store's): 0 where that is no news, or the
 * store's time is not known yet.
 */
uint64_t	 lease_pause_tell(struct lease_pause *,
		    const struct lease_clock *);

/*
 * An answer says which pause there is (store's).  Returns until when (own
 * clock) to pause for that, at most longest (ns) from when it came; 0 where
 * that is nothing new.  A store that knows less than it told has lost it, and is told
 * again.
 */
uint64_t	 lease_pause_take(struct lease_pause *, uint64_t until,
		    const struct lease_clock *, uint64_t longest);

#endif

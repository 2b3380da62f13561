/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_SLOTS_H
#define SLUICE_LEASE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/lease_turn.h"

/*
 * Slots of concurrency of one budget, for several proxies.  A grantor (a script
 * in a store, an older process) lends each of them a block of slots, and all
 * blocks together are never more than the limit.  A block is good for a time
 * (ttl) and renewed by each question, which is a heartbeat, too.  A proxy whose
 * block has ended, by its own clock and since it sent the question, lets nobody
 * go.  One that is silent has its block taken away when that has ended and, on
 * top of it, what was begun in it has: the grace, which is the total time that
 * an exchange may hold a slot.  Where there is none, what a proxy that is cut
 * off has on its way may be too much.
 *
 * Who wants more than there is gets its part by weight, rounded down.  Slots
 * that are left over go to those who want more in turn, each for a third of the
 * ttl, so that everybody has one in time where there are fewer than proxies.
 *
 * A question says how many slots its holder uses at most from then on, and voids
 * all answers before: so letters may be lost, late, or come out of order.  Those
 * that it has in use of a block that has ended may be others' by now: they are
 * counted, but not lent again for that.
 *
 * Times are in ns; those of the grantor's clock are named so.  Calls nobody,
 * allocates nothing.
 */

/* Asking */

struct lease_slots_question {
	uint64_t		 holder;	/* who; not 0 */
	uint64_t		 number;	/* of it; rises */
	uint32_t		 limit;		/* of all together; not 0 */
	uint32_t		 weight;	/* its share; not 0 */
	uint32_t		 holds;		/* uses no more from now on */
	uint32_t		 good;		/* of them in a block as yet */
	uint32_t		 busy;		/* in use */
	uint32_t		 want;		/* would use */
	uint32_t		 known;		/* peers, as it was told; or 0 */
	uint64_t		 ttl;		/* ns */
	uint64_t		 grace;		/* ns */
	/* Of pauses (lease_pause.h), of a budget whose leases tell none: */
	struct lease_turn_news told;
	uint64_t		 longest;	/* ns: it pauses no longer; 0: never */
	/* It asks no more: what it holds comes back as of one that is silent. */
	bool			 leaves;
};

struct lease_slots_answer {
	uint64_t		 number;	/* of the question */
	uint64_t		 now;		/* grantor's */
	uint32_t		 slots;		/* the block */
	uint32_t		 keeps;		/* of it, when its turn is over */
	uint64_t		 turn_ends;	/* grantor's; 0: it has none */
	uint64_t		 ends;		/* grantor's: the block does */
	/* Grantor's: where it wants more, ask again then; 0: as it is. */
	uint64_t		 again_at;
	uint64_t		 peers;		/* who have blocks, it too */
	uint64_t		 pause;		/* grantor's: the latest; or 0 */
	uint64_t		 ordered;	/* grantor's: the last order; or 0 */
	bool			 probe;		/* for one request, for all */
};

/* Granting */

struct lease_slots_holder {
	uint64_t		 id;		/* 0: nobody */
	uint64_t		 number;	/* of its last question */
	uint32_t		 weight;
	uint32_t		 held;		/* it may use so many */
	uint32_t		 want;
	bool			 content;	/* its part is all it wants */
	bool			 heard;		/* since this run began, again */
	uint64_t		 until;		/* grantor's: its block ends */
	uint64_t		 grace;
	uint64_t		 turn;		/* grantor's: ends; 0: none */
	uint64_t		 since;		/* grantor's: its place in line */
};

struct lease_slots_grantor {
	uint64_t		 run;		/* of the process that keeps it */
	uint64_t		 quarantine;	/* grantor's: none before then */
	uint64_t		 told;		/* grantor's: who lives has, by then */
	uint64_t		 expected;	/* holders from before this run */
	uint64_t		 newest;	/* grantor's: the last instant */
	struct lease_turn	 turn;
	struct lease_slots_holder *holders;	/* the caller's */
	unsigned		 nholders;
};

/*
 * Makes one that has lent nothing, for so many holders at a time, whose places
 * stay the caller's as long as the grantor.
 */
void		 lease_slots_init(struct lease_slots_grantor *,
		    struct lease_slots_holder *, unsigned nholders);

/*
 * Answers.  While there is a pause nobody has a slot for another request, and
 * when it is over one has, until that is known to have succeeded.  Where
 * another run keeps it than before, some blocks may not be known: until all
 * have ended it only renews what a holder says it has; that is for a ttl where
 * all have told by then who were known before, else for the grace, too.
 */
void		 lease_slots_grant(struct lease_slots_grantor *,
		    const struct lease_slots_question *, uint64_t run,
		    uint64_t now, struct lease_slots_answer *);

#endif

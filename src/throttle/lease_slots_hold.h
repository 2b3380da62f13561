/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_SLOTS_HOLD_H
#define SLUICE_LEASE_SLOTS_HOLD_H

#include "throttle/lease_slots.h"

/*
 * Who has a block of slots that several proxies share (lease_slots.h), and what
 * may go in it.  It asks when its block or its turn is to end, when it wants
 * more and more may be had, and when it holds what others want.
 *
 * Times are in ns of the holder's clock.  Calls nobody, allocates nothing.
 */

struct lease_slots_hold {
	uint64_t		 ttl;		/* ns */
	uint64_t		 grace;
	uint64_t		 number;	/* of the last question */
	uint32_t		 slots;		/* the block */
	uint32_t		 keeps;		/* when its turn is over */
	uint32_t		 held;		/* as the grantor may think, */
	uint32_t		 before;	/* ... if it did not hear that */
	uint32_t		 most;		/* wanted since it asked */
	uint32_t		 told;		/* wanted when it asked */
	uint32_t		 peers;		/* with it, as it was told */
	uint64_t		 turn_ends;
	uint64_t		 ends;
	uint64_t		 again;		/* not before then for more */
	uint64_t		 sent;		/* the last question; 0: never */
	bool			 asks;		/* one is under way */
};

/* ttl: how long a block is good; grace: how long one slot may be used. */
void		 lease_slots_hold_init(struct lease_slots_hold *, uint64_t ttl,
		    uint64_t grace);

/* Returns how many slots may be in use now; more may be, from before. */
uint32_t	 lease_slots_hold_block(const struct lease_slots_hold *,
		    uint64_t now);

/*
 * Returns when to ask, where so many are in use and so many wait for one;
 * UINT64_MAX: not before something changes.  Where a question is under way, it
 * is for whoever has sent that to say that it is lost: another one voids it.
 */
uint64_t	 lease_slots_hold_due(struct lease_slots_hold *, uint32_t busy,
		    uint32_t waiting, uint64_t now);

/* It uses no more than are in use: it is to ask, if it holds more. */
void		 lease_slots_hold_yield(struct lease_slots_hold *,
		    uint32_t busy);

/* Asks: fills in all but who, the limit and the weight. */
void		 lease_slots_hold_ask(struct lease_slots_hold *, uint32_t busy,
		    uint32_t waiting, uint64_t now,
		    struct lease_slots_question *);

/* An answer came at received; those to other questions than the last are void. */
void		 lease_slots_hold_answer(struct lease_slots_hold *,
		    const struct lease_slots_answer *, uint64_t received);

/* There will be no answer: it may be asked again. */
void		 lease_slots_hold_lost(struct lease_slots_hold *);

#endif

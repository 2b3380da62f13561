/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_SAVE_H
#define SLUICE_BUDGET_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/budget_types.h"
#include "throttle/window.h"

/*
 * A budget as it outlives the process: what is consumed, in cost, so that other
 * limits rescale it; times as so long from now, because the next process has
 * another clock.  Those who are on their way are gone then: strict rates keep
 * what they occupy.
 */

/* What a strict rate has counted within a slot of its window. */
struct budget_slot {
	uint8_t			 rate;
	uint64_t		 age;		/* ns: its end is so long ago */
	uint64_t		 amount;	/* micro cost units */
};

#define BUDGET_SAVED_SLOTS	(BUDGET_RATES * WINDOW_SLOTS)

struct budget_saved {
	struct budget_limits	 limits;	/* rates; of then */
	uint64_t		 used[BUDGET_RATES];	/* micro cost units */
	/* Of a strict rate: admitted, not counted; and what is a debt. */
	uint64_t		 flying[BUDGET_RATES];
	uint64_t		 leased;	/* may have been spent besides */
	uint64_t		 written;	/* ... if the machine went on */
	uint64_t		 pause;		/* ns left */
	bool			 half_open;
	uint32_t		 failures;	/* these five: budget_types.h */
	uint32_t		 went;
	uint32_t		 abreast;
	uint64_t		 opens;
	uint64_t		 shut;
	uint64_t		 shape;		/* ns left; 0: none */
	int64_t			 shape_left;
	unsigned		 nslots;
	struct budget_slot	 slots[BUDGET_SAVED_SLOTS];
};

/* Fills it in with how a budget stands at now (ns), to which it was ticked. */
void		 budget_save(const struct budget *, uint64_t now,
		    struct budget_saved *);

/*
 * What was leased is what may have been spent where the machine has not stopped
 * since, so that what was written is what was read.
 */
void		 budget_saved_same_boot(struct budget_saved *);

/*
 * Gives a budget what was saved so long (ns) ago, as budget_inherit() has it;
 * what was leased then counts as spent just now.  What is left of a pause is
 * the caller's to order.  What was spent before the clock's 0 counts as spent
 * then, so now has to be more than the longest period.
 */
void		 budget_restore(struct budget *, const struct budget_saved *,
		    uint64_t passed, uint64_t now);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_SLOTS_H
#define SLUICE_BUDGET_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/budget_types.h"

/*
 * A budget's slots of concurrency: all are its own, or a store lends it some
 * (slots_account.h).
 */

struct lease_terms;

static inline bool
budget_slot_free(const struct budget *b)
{
	return b->inflight < b->slots;
}

/* Sets the limit (0: none); what a store has lent of an older one stays. */
void		 budget_slots_limit(struct budget *, uint32_t concurrency);

/* None may be used but those that a store lends, from now on; or all. */
void		 budget_slots_begin(struct budget *);
void		 budget_slots_end(struct budget *);

/* It is not asked any more for those that a store has lent: none may be used. */
void		 budget_slots_leave(struct budget *);

/* Lets time pass: how many may be used changes by it. */
void		 budget_slots_tick(struct budget *, uint64_t now);

/* Returns why none is free. */
enum budget_short budget_slots_short(const struct budget *, uint64_t now);

/* Returns whether the store may think that some are in use. */
bool		 budget_slots_lent(const struct budget *, uint64_t now);

#endif

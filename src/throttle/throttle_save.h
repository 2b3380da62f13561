/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_SAVE_H
#define SLUICE_THROTTLE_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/budget_save.h"
#include "throttle/throttle_why.h"

/* What a throttle remembers, out and in again: a budget at a time. */

/*
 * Fills in how the host's, a part's (or a named one's), the total's or a named
 * budget stands at now (ns), to which the throttle was ticked.  Returns false
 * where there is none of that number, or nothing to be said of it.
 */
bool		 throttle_save(struct throttle *, enum throttle_whose,
		    unsigned n, uint64_t now, struct budget_saved *);

/*
 * Gives one what was saved so long (ns) ago.  Returns false where there is none
 * of that number.
 */
bool		 throttle_restore(struct throttle *, enum throttle_whose,
		    unsigned n, const struct budget_saved *, uint64_t passed,
		    uint64_t now);

/* Returns the number of the named budget of that name; THROTTLE_METERS: none */
unsigned	 throttle_meter_named(const struct throttle *,
		    enum throttle_meters_of, const char *name);

#endif

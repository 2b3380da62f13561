/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_OBSERVE_WANTS_H
#define SLUICE_OBSERVE_WANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/throttle_types.h"

/*
 * What a place in a shadow (observe.h) wants of named budgets: a copy, since the
 * place may outlive its request, and the configuration with their names.
 */
struct observed_wants {
	size_t			 size;		/* of it, in memory */
	bool			 known;		/* what it really used: */
	uint64_t		 used[THROTTLE_METERS];
	struct throttle_wants	 wants;		/* last: with its amounts */
};

/* Returns a copy, to be freed; NULL without memory. */
struct observed_wants *observed_wants_copy(const struct throttle_wants *);

/*
 * Tells what was really used of each (throttle_settle()).  Does nothing where
 * either is NULL.
 */
void		 observed_wants_used(struct observed_wants *,
		    const uint64_t *used);

#endif

/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_METERS_H
#define SLUICE_THROTTLE_METERS_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/budget_types.h"
#include "throttle/throttle_types.h"

/* What the named budgets of a throttle are made of, for throttle_meter*.c. */

struct window;

struct meter {
	char			*name;		/* owned */
	char			*before;	/* a reload; owned; or NULL */
	char			*what;		/* it counts; owned; or NULL */
	/*
	 * Where a throttle's limits have the name, whose owner keeps them as
	 * long as they hold: what is there is that name.  Never read; NULL in a
	 * total, which several limit.
	 */
	const char		*at;
	uint32_t		 serial;	/* stays when it is renamed */
	bool			 settles;
	struct budget		 budget;
};

struct throttle_meters {
	enum throttle_meters_of	 of;
	struct window		*windows;	/* owned; of all; or NULL */
	uint32_t		 serial;	/* the last that was given */
	bool			 counts;	/* one is not settled */
	LIST_HEAD(, throttle_wants) takers;
	unsigned		 n;
	struct meter		 all[];
};

#endif
